// The program itself, killed while it renders a film that is bought, at hosts of every promise: with its submit on the
// way, and with a ticket, and again while it mends. `npm run torture -- --program` does more of it.
import { describe, test } from 'vitest'
import { kinds } from './kinds.ts'
import type { Life } from './lives.ts'
import { openProgram } from './program.ts'

const lives: readonly Life[] = [
  [{ at: 'step', step: 'job.sent', number: 1, when: 'after' }],
  [
    { at: 'step', step: 'job.accepted', number: 2, when: 'after' },
    { at: 'record', number: 2, when: 'after' },
  ],
]
const names = ['hosted-ltx', 'fal', 'wavespeed', 'replicate', 'bytecompute', 'comfyui']

describe('the program, killed: nothing paid is lost or bought twice, and the film is whole', () => {
  test.for(kinds.filter(({ name }) => names.includes(name)))('$name', { timeout: 600_000 }, async (kind, { expect }) => {
    const desk = await openProgram(kind)
    try {
      for (const [number, life] of lives.entries()) {
        const { deaths, wrong, uncertain } = await desk.round(number, life)
        expect(wrong, JSON.stringify(life)).toEqual([])
        expect(deaths.length, 'it had ended before').toBeGreaterThan(0)
        if (kind.settles === 'itself') expect(uncertain).toBe(0)
      }
    } finally {
      await desk.close()
    }
  })
})

// The program itself, killed while it renders a film that is bought from a test host: at its records, one after the
// other. The host's books say whether a clip was lost or bought twice; the film in the end is whole.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { probe } from '../../src/media/probe.ts'
import { start } from '../cli/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { judge, lockOf } from './judge.ts'
import { key } from './kinds.ts'

const folder = mkdtempSync(join(tmpdir(), 'ltx-cli-torture-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const script = (kind: string, base: string): string => `ltx 1
provider host ${kind} { base "${base}"  key env SUITE_KEY }
project "Killed" { size 320x180  fps 24  seed 7  quality fast  on host }
shot one 6s { "a boat leaves the quay" }
shot two 6s { "a boat comes back" }
`

/** Whole lines in all journals of a project. */
function recordsIn(root: string): number {
  try {
    const names = readdirSync(join(root, '.ltx/journal'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ndjson'))
    return names.reduce((sum, name) => sum + readFileSync(join(root, '.ltx/journal', name), 'utf8').split('\n').length - 1, 0)
  } catch {
    return 0
  }
}

const render = (root: string) => start(root, ['render', 'film.ltx'], { env: { SUITE_KEY: key } })

describe('the program, killed', () => {
  // A host that cannot be asked: one that can is given a minute to show a lost submit, which is too long here.
  test('hosted-ltx', { timeout: 600_000 }, async () => {
    const kind = 'hosted-ltx'
    const host = await startHost(kind, { key, looks: 1 })
    const project = async (name: string): Promise<string> => {
      await host.tell({ do: 'forget' })
      const root = mkdtempSync(join(folder, `${kind}-${name}-`))
      writeFileSync(join(root, 'film.ltx'), script(kind, host.base))
      return root
    }
    try {
      const first = await project('first')
      const plain = await render(first).ended
      expect(plain.code, plain.err).toBe(0)
      const undisturbed = lockOf(first, host.ledger())
      const whole = recordsIn(first)
      expect(whole).toBeGreaterThan(8)
      for (const point of [3, 6]) {
        const from = host.ledger().length
        const root = await project(String(point))
        const victim = render(root)
        let ended = false
        void victim.ended.then(() => {
          ended = true
        })
        while (!ended && recordsIn(root) < point) await delay(2)
        victim.process.kill('SIGKILL')
        expect((await victim.ended).signal, `it had ended before record ${point}`).toBe('SIGKILL')
        const again = await render(root).ended
        const uncertain = /uncertain|may have been bought/i.test(again.out + again.err) ? 1 : 0
        expect(
          judge({ root, entries: host.ledger().slice(from), shots: 2, settles: 'person', undisturbed, uncertain }),
          `record ${point}`,
        ).toEqual([])
        if (uncertain > 0) continue
        expect(again.code, again.err).toBe(0)
        const film = readdirSync(join(root, 'out')).find((name) => name.endsWith('.mp4') && !name.includes('.draft'))
        expect((await probe(join(root, 'out', film ?? ''))).frames).toBe(288)
      }
    } finally {
      await host.stop()
    }
  })
})

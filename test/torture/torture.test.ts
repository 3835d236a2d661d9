// 150 runners killed by SIGKILL while they buy from test hosts: at records, at requests, at moments by chance. `npm run
// torture` does the same a thousand times for each kind of host.
import { describe, test } from 'vitest'
import { bundleChild, kinds, openTorture, pointsOf, type Round } from './torture.ts'

const points = 150
const child = bundleChild()

describe('killed at any moment: nothing paid is lost, nothing is bought twice, the lock is that of an undisturbed run', () => {
  test.concurrent.for(kinds.map((kind) => ({ title: kind.name ?? kind.kind, kind })))(
    '$title',
    { timeout: 900_000 },
    async ({ kind }, { expect }) => {
      const desk = await openTorture(kind, child)
      const rounds: Round[] = []
      try {
        for (const [number, point] of pointsOf(desk, Math.ceil(points / kinds.length), 3).entries()) {
          const round = await desk.round(number, point)
          expect(round.wrong, JSON.stringify(point)).toEqual([])
          rounds.push(round)
        }
      } finally {
        await desk.close()
      }
      // Points that lie behind the end of a run kill nobody.
      expect(rounds.filter(({ killed }) => killed).length).toBeGreaterThan(rounds.length * 0.8)
      if (!desk.blind) expect(rounds.every(({ uncertain }) => uncertain === 0)).toBe(true)
    },
  )
})

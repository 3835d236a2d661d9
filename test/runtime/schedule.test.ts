import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openSchedule } from '../../src/runtime/schedule.ts'
import { openMemoryWorld } from './memory-world.ts'
import { planOf, type Sketch } from './rig.ts'

const world = openMemoryWorld()
/** Any graph without circles: a job may need any of those before it. */
const graph = fc
  .array(fc.array(fc.nat(1000), { maxLength: 3 }), { maxLength: 25 })
  .map((rows) =>
    rows.map((needs, at): Sketch => ({ id: `j${at}@1`, needs: at === 0 ? [] : [...new Set(needs.map((need) => `j${need % at}@1`))] })),
  )

describe('any graph, any order, any failures', () => {
  test('each job ends once: made after all it needs, or failed, or blocked by what it needs', () => {
    fc.assert(
      fc.property(graph, fc.infiniteStream(fc.nat(1000)), fc.nat(99), (sketches, dice, percent) => {
        const jobs = planOf(world, sketches).jobs
        const needs = new Map(sketches.map(({ id, needs: list = [] }) => [id, list]))
        const schedule = openSchedule(jobs)
        const { ready, blocked } = schedule.start()
        expect(blocked).toEqual([])
        const waiting = [...ready]
        const ended = new Map<string, string>()
        const roll = (): number => dice.next().value ?? 0
        while (waiting.length > 0) {
          const [job] = waiting.splice(roll() % waiting.length, 1)
          if (job === undefined) break
          expect((needs.get(job.id) ?? []).every((need) => ended.get(need) === 'made')).toBe(true)
          expect(ended.has(job.id)).toBe(false)
          if (roll() % 100 < percent / 3) {
            ended.set(job.id, 'failed')
            for (const { job: stuck, by } of schedule.failed(job.id)) {
              expect([ended.has(stuck.id), by]).toEqual([false, job.id])
              ended.set(stuck.id, 'blocked')
            }
          } else {
            ended.set(job.id, 'made')
            waiting.push(...schedule.made(job.id))
          }
        }
        expect(ended.size).toBe(jobs.length)
        for (const [id, end] of ended) {
          const lost = (needs.get(id) ?? []).some((need) => ended.get(need) !== 'made')
          expect(end === 'blocked').toBe(lost)
        }
      }),
      { numRuns: 500, seed: 5 },
    )
  })
})

test('what is made before the start counts; what needs something left out is blocked from the start', () => {
  const { jobs } = planOf(world, [{ id: 'a@1' }, { id: 'b@1', needs: ['a@1'] }, { id: 'c@1' }, { id: 'd@1', needs: ['c@1'] }, { id: 'e@1', needs: ['d@1'] }]) // biome-ignore format: a small graph
  const schedule = openSchedule(jobs)
  schedule.set('a@1', 'made')
  schedule.set('c@1', 'left')
  const { ready, blocked } = schedule.start()
  expect(ready.map(({ id }) => id)).toEqual(['b@1'])
  expect(blocked.map(({ job, by }) => [job.id, by])).toEqual([['d@1', 'c@1'], ['e@1', 'c@1']]) // biome-ignore format: pairs
})

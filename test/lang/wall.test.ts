// How long a plan takes on the clock: jobs side by side as far as a provider takes them, chains one after the other.
import { expect, it } from 'vitest'
import { wallOf } from '../../src/lang/planning/wall.ts'
import { extend, planOf, program, retake, shot } from './plan-kit.ts'

const jobsOf = (film: Parameters<typeof planOf>[0]) => planOf(film, { paceOf: () => 10 }).plan.jobs.filter((job) => job.provider !== 'cut')
const many = Array.from({ length: 8 }, (_, at) => shot(`s${at}`, 144))

it('shares the work of a provider among its places', () => {
  expect([1, 4, 16].map((places) => wallOf(jobsOf(program(many)), () => places))).toEqual([80, 20, 10])
})

it('lets providers work side by side', () => {
  const film = program(many.map((one, at) => ({ ...one, provider: at < 6 ? 'ltx' : 'gpu' })))
  expect(wallOf(jobsOf(film), () => 1)).toBe(60)
})

it('waits for what a job needs, however many places there are', () => {
  const { jobs } = planOf(program([shot('a', 144, { steps: [extend(48), retake(0, 48)] })]), { paceOf: () => 10 }).plan
  const cut = jobs.filter(({ provider }) => provider === 'cut').reduce((sum, { expected }) => sum + expected, 0)
  const all = wallOf(jobs, () => 16)
  expect(all).toBeGreaterThan(30)
  expect(all).toBeLessThanOrEqual(30 + cut)
})

it('takes no time for nothing', () => expect(wallOf([], () => 1)).toBe(0))

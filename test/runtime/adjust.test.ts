import { describe, expect, test } from 'vitest'
import type { Adjusted, AdjustPolicy, Delivered, Request } from '../../src/lang/plan.ts'
import { adjustedText } from '../../src/report/say.ts'
import { differenceOf, isAsAdjusted, policyOf } from '../../src/runtime/adjust.ts'
import { type Disk, openMemoryWorld } from './memory-world.ts'
import { openHost, planOf, type Rig, runRig } from './rig.ts'

const size = { width: 1920, height: 1080 }
const rate = { num: 50, den: 1 }
const asked: Request = {
  operation: 'text-to-video',
  provider: 'main/1',
  model: 'm',
  size,
  rate,
  frames: 500,
  prompt: '',
  negative: '',
  sound: true,
  segments: [],
  keys: [],
}
const came = (over: Partial<Delivered> = {}): Delivered => ({ frames: 500, size, rate, soundSamples: 480_000, bytes: 9, ...over })
const low = { width: 1280, height: 720 }
const half = { num: 25, den: 1 }

describe('what was asked for', () => {
  const differs = (over: Partial<Delivered>, fit: Parameters<typeof differenceOf>[2] = { ready: false }): string | undefined =>
    differenceOf(came(over), asked, fit)
  test('a frame more or less is none, two are', () => {
    expect(differs({})).toBeUndefined()
    expect(differs({ frames: 501 })).toBeUndefined()
    expect(differs({ frames: 498 })).toBe('498 frames instead of 500')
    expect(differs({ frames: 501 }, { ready: true })).toBe('501 frames instead of 500')
  })
  test('size and rate are told', () => {
    expect(differs({ size: low })).toBe('1280x720 instead of 1920x1080')
    expect(differs({ rate: half, frames: 250 })).toBe('25 frames a second instead of 50')
    expect(differs({ rate: { num: 100, den: 2 } })).toBeUndefined()
  })
  test('an extension may be longer, never shorter', () => {
    const extend = { ...asked, operation: 'extend' } as const
    expect(differenceOf(came({ frames: 900 }), extend, { ready: false })).toBeUndefined()
    expect(differenceOf(came({ frames: 499 }), extend, { ready: false })).toBe('499 frames instead of 500')
  })
  test('a host without exact numbers has its slack, and no more', () => {
    const fit = { ready: false, slack: { side: 32, frames: 8, rate: 'any' } } as const
    expect(differs({ size: { width: 1920, height: 1088 }, frames: 497 }, fit)).toBeUndefined()
    expect(differs({ rate: half, frames: 250 }, fit)).toBeUndefined()
    expect(differs({ rate: half, frames: 150 }, fit)).toBe('150 frames instead of 500')
    expect(differs({ size: { width: 1920, height: 1120 } }, fit)).toBe('1920x1120 instead of 1920x1080')
  })
})

test('a host is held to what it says it made', () => {
  const fit = { ready: false }
  const said: Adjusted = { rate: half, frames: 150 }
  expect(isAsAdjusted(came({ rate: half, frames: 150 }), asked, said, fit)).toBe(true)
  expect(isAsAdjusted(came({ rate: half, frames: 75 }), asked, said, fit)).toBe(false)
  expect(isAsAdjusted(came({ size: low, rate: half, frames: 150 }), asked, said, fit)).toBe(false)
  expect(isAsAdjusted(came({ size: low }), asked, {}, fit)).toBe(true)
})

test('the policy: the script’s word, else refuse where nobody watches', () => {
  expect(policyOf('accept', true)).toBe('accept')
  expect(policyOf(undefined, true)).toBe('refuse')
  expect(policyOf(undefined, false)).toBe('warn')
  expect(policyOf('whatever', false)).toBe('warn')
})

describe('a run against a host that makes less', () => {
  const lowRate = { num: 12, den: 1 }
  function rigOf(adjust: AdjustPolicy | undefined, disk: Disk = new Map()): Rig {
    const world = openMemoryWorld({ disk })
    const host = openHost({ poll: () => ({ state: 'done', adjusted: { rate: lowRate, frames: 24 } }) })
    const made: Delivered = { frames: 24, size: { width: 320, height: 180 }, rate: lowRate, soundSamples: 0, bytes: 4 }
    return {
      world,
      host,
      plan: planOf(world, [{ id: 'a@1', tries: 3 }]),
      check: async () => made,
      ...(adjust === undefined ? {} : { adjust }),
    }
  }
  test.each([['accept'], ['warn'], [undefined]] as const)('%s: takes it, and records both forms', async (adjust) => {
    const { outcome, events } = await runRig(rigOf(adjust))
    expect(outcome).toMatchObject({ reason: 'finished', spent: 100 })
    expect(events.find(({ type }) => type === 'job.adjusted')).toMatchObject({
      asked: { frames: 48, rate: { num: 24, den: 1 } },
      made: { frames: 24, rate: lowRate },
      policy: adjust ?? 'warn',
    })
  })
  test('refuse: keeps it aside, buys no second one, and takes it when the script says so', async () => {
    const disk: Disk = new Map()
    const rig = rigOf('refuse', disk)
    const { outcome } = await runRig(rig)
    expect(outcome).toMatchObject({ reason: 'failed', spent: 100, failures: [{ failure: { kind: 'mismatch', billed: 'yes' } }] })
    expect(outcome.failures[0]?.failure.message).toContain('the host made 320x180, 12 fps, 2s instead of 320x180, 24 fps, 2s')
    expect(outcome.failures[0]?.failure.next).toContain('adjust accept')
    expect([...disk.keys()].filter((path) => path.includes('/aside/mismatch-'))).toHaveLength(1)
    expect(rig.host.ledger).toHaveLength(1)
    const again = await runRig({ ...rig, world: openMemoryWorld({ disk }), adjust: 'accept' })
    expect(again.outcome).toMatchObject({ reason: 'finished', made: ['a@1'] })
    expect(rig.host.ledger).toHaveLength(1)
  })
  test('a host that says it changed something and made what was asked for: nothing is told', async () => {
    const rig = rigOf('refuse')
    const { outcome, events } = await runRig({
      ...rig,
      check: async () => ({ frames: 48, size: { width: 320, height: 180 }, rate: { num: 24, den: 1 }, soundSamples: 96_000, bytes: 4 }),
    })
    expect(outcome.reason).toBe('finished')
    expect(events.some(({ type }) => type === 'job.adjusted')).toBe(false)
  })
})

describe('a clip that came without the sound it was asked for', () => {
  const run = async (adjust: AdjustPolicy | undefined) => {
    const world = openMemoryWorld()
    const mute: Rig['check'] = async () => ({
      frames: 48,
      size: { width: 320, height: 180 },
      rate: { num: 24, den: 1 },
      soundSamples: 0,
      bytes: 40,
    })
    const rig: Rig = {
      world,
      host: openHost(),
      plan: planOf(world, [{ id: 'a@1' }]),
      check: mute,
      ...(adjust === undefined ? {} : { adjust }),
    }
    const { outcome, events } = await runRig(rig)
    return { reason: outcome.reason, told: events.flatMap((event) => (event.type === 'job.adjusted' ? [event] : [])) }
  }
  test.each([
    [undefined, 'warn'],
    ['refuse', 'warn'],
    ['accept', 'accept'],
  ] as const)('is taken and told (%s)', async (adjust, policy) => {
    const { reason, told } = await run(adjust)
    expect(reason).toBe('finished')
    expect(told).toMatchObject([{ job: 'a@1', policy, silent: true }])
    for (const event of told) expect(adjustedText(event)).toBe('came without sound')
  })
})

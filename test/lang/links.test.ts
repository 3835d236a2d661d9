// Steps of a shot whose model goes on from its own state: which file it goes on from, how much of that the film shows, and where
// groups of frames begin. Every frame of the film is shown once, whatever is asked for.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Plan, Request } from '../../src/lang/plan.ts'
import type { Shot, Step } from '../../src/lang/program.ts'
import { extend, image, planOf, program, retake, shot } from './plan-kit.ts'

const plan = (frames: number, steps: readonly Step[], more: Partial<Shot> = {}): Plan =>
  planOf(program([shot('a', frames, { provider: 'gpu', steps, ...more })])).plan
const request = ({ jobs }: Plan, id: string): Request | undefined => jobs.find((job) => job.id === id)?.request
const source = ({ jobs }: Plan, id: string) => jobs.find((job) => job.id === id)?.inputs[0]
const widened = ({ lines }: Plan) => lines[0]?.bridges.filter(({ kind }) => kind === 'widen')

describe('an extend', () => {
  it('is told how many frames of the clip before it the film shows', () => {
    // 97 frames are made for 96, and 48 for 48.
    const made = plan(96, [extend(48), extend(20), extend(16)])
    expect(request(made, 'a@1+1')).toMatchObject({ frames: 48, extend: { at: 'end', stands: 96, context: 72 } })
    expect(request(made, 'a@1+2')).toMatchObject({ frames: 24, extend: { stands: 48, context: 48 } })
    expect(request(made, 'a@1+3')).toMatchObject({ frames: 16, extend: { stands: 20 } })
    expect(source(made, 'a@1+3')).toMatchObject({ id: 'a@1+2' })
  })
  it('is told so by no other provider, whose keys stay as they were', () => {
    const { plan: sold } = planOf(program([shot('a', 144, { steps: [extend(48)] })]))
    expect(request(sold, 'a@1+1')?.extend).toEqual({ at: 'end', context: 144 })
  })
  it('is shown three seconds unless the script says otherwise, and no more than the model bears', () => {
    expect(request(plan(240, [extend(48)]), 'a@1+1')?.extend?.context).toBe(72)
    expect(request(plan(240, [extend(48, { context: 200 })]), 'a@1+1')?.extend?.context).toBe(200)
    expect(request(plan(400, [extend(240, { context: 400 })]), 'a@1+1')?.extend?.context).toBe(480 - 240)
  })
  it('goes on from the whole where a retake has changed what it is shown, and from the link where it has not', () => {
    expect(source(plan(240, [retake(217, 240), extend(48)]), 'a@1+2')).toMatchObject({ id: 'a@1+1:splice' })
    expect(source(plan(240, [retake(1, 25), extend(48)]), 'a@1+2')).toMatchObject({ id: 'a@1' })
    expect(source(plan(240, [retake(1, 25), extend(48, { at: 'start' })]), 'a@1+2')).toMatchObject({ id: 'a@1+1:splice' })
  })
  it('before the start shows what the link before it has made and not shown', () => {
    // 10 of 16 frames: the other 6 stand before them, and are shown by the next extend, which makes 14 of 16.
    const made = plan(96, [extend(10, { at: 'start' }), extend(20, { at: 'start' }), extend(2, { at: 'start' })])
    expect(request(made, 'a@1+1')).toMatchObject({ frames: 16, extend: { at: 'start', stands: 96 } })
    expect(request(made, 'a@1+2')).toMatchObject({ frames: 16, extend: { stands: 16 } })
    expect(request(made, 'a@1+2:join')?.edit?.parts).toEqual([
      { slot: 'part-1', from: 2, frames: 14 },
      { slot: 'part-2', from: 0, frames: 6 },
      { slot: 'part-0', from: 0, frames: 106 },
    ])
    // What is there already is all that is asked for: then the whole is gone on from.
    expect(source(made, 'a@1+3')).toMatchObject({ id: 'a@1+2:join' })
    expect(request(made, 'a@1+3:join')?.edit?.parts).toEqual([
      { slot: 'part-1', from: 6, frames: 2 },
      { slot: 'part-0', from: 0, frames: 126 },
    ])
  })
})

describe('a retake', () => {
  it('takes whole groups of frames, and the plan says so', () => {
    const made = plan(96, [retake(20, 30)])
    expect(request(made, 'a@1+1')).toMatchObject({ frames: 16, retake: { from: 17, to: 33 } })
    expect(request(made, 'a@1+1:splice')?.edit).toMatchObject({ from: 17, to: 33, patchFrom: 0 })
    expect(widened(made)).toEqual([{ kind: 'widen', from: { from: 20, to: 30 }, to: { from: 17, to: 33 } }])
  })
  it('of whole groups is what it says', () => {
    for (const [from, to] of [
      [0, 1],
      [0, 9],
      [1, 9],
      [9, 25],
    ] as const) {
      const made = plan(96, [retake(from, to)])
      expect(request(made, 'a@1+1')?.retake).toMatchObject({ from, to })
      expect(widened(made)).toEqual([])
    }
  })
  it('goes to a group’s edge that is one frame away, inwards too, unless it is short', () => {
    // Two seconds at 24: groups begin at 41 and 49, end before 73.
    expect(request(plan(96, [retake(48, 72)]), 'a@1+1')).toMatchObject({ frames: 24, retake: { from: 49, to: 73 } })
    expect(request(plan(96, [retake(50, 74)]), 'a@1+1')?.retake).toMatchObject({ from: 49, to: 73 })
    expect(request(plan(96, [retake(0, 2)]), 'a@1+1')?.retake).toMatchObject({ from: 0, to: 9 })
    expect(request(plan(96, [retake(48, 50)]), 'a@1+1')?.retake).toMatchObject({ from: 41, to: 57 })
  })
  it('in a link whose first frame begins a group counts from there', () => {
    const made = plan(97, [extend(48), retake(100, 110)])
    expect(request(made, 'a@1+2')?.retake).toMatchObject({ from: 0, to: 16 })
  })
  it('ends where the film does, though a group goes on', () => {
    expect(request(plan(96, [retake(90, 96)]), 'a@1+1')).toMatchObject({ frames: 7, retake: { from: 89, to: 96 } })
  })
  it('of the sound alone knows no groups', () => {
    const made = plan(96, [retake(20, 30, { keep: 'picture' })])
    expect(request(made, 'a@1+1')?.retake).toEqual({ from: 20, to: 30, mode: 'sound' })
    expect(widened(made)).toEqual([])
  })
  it('in a later link counts that link’s groups', () => {
    // The link's frame 0 is frame 92 of the clip before, whose groups begin at 89 and 97: 5 frames on.
    const made = plan(92, [extend(48), retake(100, 110)])
    expect(source(made, 'a@1+2')).toMatchObject({ id: 'a@1+1' })
    expect(request(made, 'a@1+2')?.retake).toMatchObject({ from: 5, to: 21 })
    expect(request(made, 'a@1+2:splice')?.edit).toMatchObject({ from: 97, to: 113 })
  })
  it('of the same stretch again is made in the link, and next to another one in what the film shows', () => {
    const made = plan(240, [retake(100, 120), retake(100, 120), retake(130, 140), retake(200, 208)])
    expect(['a@1+1', 'a@1+2', 'a@1+3', 'a@1+4'].map((id) => source(made, id))).toMatchObject([
      { id: 'a@1' },
      { id: 'a@1' },
      { id: 'a@1+2:splice' },
      { id: 'a@1' },
    ])
  })
  it('across links of a long chain is made in a stretch that the model bears', () => {
    const made = plan(400, [extend(300), retake(380, 420)])
    const window = made.jobs.find(({ id }) => id === 'a@1+2:join')
    const part = (window?.request.edit?.parts as readonly { from: number; frames: number }[] | undefined)?.[0] // as the planner wrote it
    expect(window?.inputs).toMatchObject([{ id: 'a@1+1:join' }])
    expect(part?.frames).toBeLessThanOrEqual(21 * 24)
    const { from = 0, to = 0 } = request(made, 'a@1+2')?.retake ?? {}
    expect((part?.from ?? 0) + from).toBe(377)
    expect((part?.from ?? 0) + to).toBe(425)
    // Its own groups are those of the range.
    expect(from % 8).toBe(1)
  })
})

it('the last picture stands where the film ends, not where the clip does', () => {
  const ends = { from: image('a.png'), to: image('b.png') }
  expect(request(plan(100, [], ends), 'a@1')).toMatchObject({ frames: 105, last: 99 })
  const { plan: sold } = planOf(program([shot('a', 144, ends)]))
  expect(request(sold, 'a@1')).not.toHaveProperty('last')
})

it('one pass or two, by the quality', () => {
  expect(request(plan(96, [], { quality: 'fast' }), 'a@1')).toMatchObject({ stages: 1, size: { width: 1920, height: 1088 } })
  expect(request(plan(96, [], { quality: 'pro' }), 'a@1')).toMatchObject({ stages: 2, size: { width: 1920, height: 1088 } })
})

describe('whatever is asked for', () => {
  const step = fc.oneof(
    fc
      .record({ frames: fc.integer({ min: 1, max: 60 }), at: fc.constantFrom('end', 'start') })
      .map(({ frames, at }) => extend(frames, { at })),
    fc
      .record({ from: fc.integer({ min: 0, max: 80 }), frames: fc.integer({ min: 1, max: 40 }) })
      .map(({ from, frames }) => retake(from, from + frames)),
  )
  it('every part of the film comes from inside a file, and every request is one that a worker takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 90, max: 200 }), fc.array(step, { maxLength: 6 }), (frames, steps) => {
        const made = plan(frames, steps)
        const lengthOf = (id: string): number => {
          const job = made.jobs.find((one) => one.id === id)
          // A conform of a whole clip has its clip's length.
          return job === undefined ? 0 : job.request.frames === 0 ? lengthOf(inputOf(job.inputs[0])) : job.request.frames
        }
        const inputOf = (input: Plan['jobs'][number]['inputs'][number] | undefined): string => (input?.kind === 'job' ? input.id : '')
        for (const { id, operation, request: asked, inputs } of made.jobs) {
          if (operation === 'text-to-video') expect(asked.frames % 8, id).toBe(1)
          if (operation === 'extend') {
            expect(asked.frames % 8, id).toBe(0)
            const { context = 0, stands = 0 } = asked.extend ?? {}
            expect(stands, id).toBeLessThanOrEqual(lengthOf(inputOf(inputs[0])))
            expect(context, id).toBeGreaterThanOrEqual(1)
            expect(context, id).toBeLessThanOrEqual(stands)
          }
          if (operation === 'retake') {
            const { from = 0, to = 0 } = asked.retake ?? {}
            expect(from, id).toBeGreaterThanOrEqual(0)
            expect(to - from, id).toBe(asked.frames)
            expect(to, id).toBeLessThanOrEqual(lengthOf(inputOf(inputs[0])))
          }
          if (operation === 'join') {
            const parts = asked.edit?.parts as readonly { slot: string; from: number; frames: number }[] // as the planner wrote it
            for (const part of parts) {
              expect(part.from, id).toBeGreaterThanOrEqual(0)
              expect(part.from + part.frames, id).toBeLessThanOrEqual(lengthOf(inputOf(inputs.find(({ slot }) => slot === part.slot))))
            }
            expect(
              parts.reduce((sum, part) => sum + part.frames, 0),
              id,
            ).toBe(asked.frames)
          }
          if (operation === 'splice') {
            const { from, to, patchFrom } = asked.edit as { from: number; to: number; patchFrom: number } // as the planner wrote it
            expect(patchFrom + to - from, id).toBeLessThanOrEqual(lengthOf(inputOf(inputs.find(({ slot }) => slot === 'patch'))))
            expect(to, id).toBeLessThanOrEqual(asked.frames)
          }
        }
        const extended = steps.reduce((sum, one) => sum + (one.kind === 'extend' ? one.frames : 0), 0)
        expect(made.cut.frames).toBe(frames + extended)
      }),
      { numRuns: 300 },
    )
  })
})

it('never asks for less or more than a worker takes: nine frames, and as many as there are positions', () => {
  expect(request(plan(1, []), 'a@1')?.frames).toBe(9)
  const fast = { num: 60, den: 1 }
  const long = program([shot('a', 60 * 18, { provider: 'gpu' })])
  const { plan: made } = planOf({ ...long, film: { ...long.film, rate: fast } })
  expect(made.jobs.filter(({ operation }) => operation !== 'conform' && operation !== 'join').map((job) => job.request.frames)).toEqual([
    1025, 56,
  ])
})

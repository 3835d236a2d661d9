import { describe, expect, it } from 'vitest'
import { selectFamily } from '../../src/lang/catalogue.ts'
import { dollars } from '../../src/lang/money.ts'
import type { PlanInput } from '../../src/lang/planning/make-plan.ts'
import type { Step } from '../../src/lang/program.ts'
import { rational } from '../../src/lang/time.ts'
import { falCapabilities } from '../../src/providers/fal/capabilities.ts'
import { hostedLtx } from '../../src/providers/hosted-ltx/capabilities.ts'
import { replicateCapabilities } from '../../src/providers/replicate/capabilities.ts'
import { planText } from '../../src/report/plan-text.ts'
import {
  anything,
  audio,
  bed,
  card,
  extend,
  facts,
  footage,
  image,
  makeAll,
  planOf,
  program,
  retake,
  shot,
  video,
  words,
} from './plan-kit.ts'

describe('what is bought', () => {
  it('buys the shortest length on offer and trims it', () => {
    const { plan } = planOf(program([shot('harbor/open', 4 * 24)]))
    const line = plan.lines[0]
    expect(line?.bought).toEqual(rational(145, 24))
    expect(line?.asked).toEqual(rational(4))
    expect(line?.bridges).toEqual([{ kind: 'trim', fromFrames: 145, toFrames: 96 }])
    expect(line?.price).toBe(dollars(6 * 0.08))
    expect(plan.jobs.map((job) => job.operation)).toEqual(['text-to-video', 'conform'])
  })
  it('takes the fast model for a fast shot and charges for every take', () => {
    const { plan } = planOf(program([shot('harbor/open', 144, { quality: 'fast', takes: 3 })]))
    expect(plan.lines[0]?.model).toBe('ltx-2-3-fast')
    expect(plan.totals.price).toBe(dollars(3 * 6 * 0.06))
    expect(plan.jobs.filter((job) => job.operation === 'text-to-video').map((job) => job.id)).toEqual([
      'harbor/open@1',
      'harbor/open@2',
      'harbor/open@3',
    ])
  })
  it('crops where the host has no such shape, and says so', () => {
    const film = program([shot('open', 144)])
    const { plan } = planOf({ ...film, film: { ...film.film, size: { width: 1080, height: 1080 } } })
    expect(plan.lines[0]?.bridges).toContainEqual({ kind: 'crop', from: { width: 1920, height: 1080 }, to: { width: 1080, height: 1080 } })
  })
  it('takes the largest size that a length is sold at where that of the film is not, prices that one, and shows how it is scaled', () => {
    const heard = (seconds: number) => {
      const film = program([shot('song', undefined, { sync: audio('song.wav') })])
      const sound = facts({ path: 'song.wav', kind: 'audio', seconds: rational(seconds) })
      const { plan } = planOf({ ...film, film: { ...film.film, size: { width: 3840, height: 2160 } } }, { facts: sound })
      return {
        size: plan.jobs[0]?.request.size,
        price: plan.totals.price,
        bridges: plan.lines[0]?.bridges,
        text: planText(plan, { colour: false, width: 120 }),
      }
    }
    const [fourK, fullHd] = [
      { width: 3840, height: 2160 },
      { width: 1920, height: 1080 },
    ]
    expect(heard(8)).toMatchObject({ size: fourK, price: dollars(8 * 0.34), bridges: [] })
    const long = heard(12)
    expect(long).toMatchObject({ size: fullHd, price: dollars(12 * 0.1), bridges: [{ kind: 'scale', from: fullHd, to: fourK }] })
    expect(long.text).toContain('1920x1080')
  })
  it.each([
    ['hosted-ltx', hostedLtx],
    ['fal', falCapabilities],
    ['replicate', replicateCapabilities],
  ])('at %s a fast shot of 12 s in a 4K film is 1080p, the largest that is sold so long', (_name, capabilities) => {
    const film = program([shot('long', 12 * 24, { quality: 'fast' })])
    const at4K = { ...film, film: { ...film.film, size: { width: 3840, height: 2160 } } }
    const { plan } = planOf(at4K, {
      providers: new Map([['ltx', { name: 'ltx', capabilities: selectFamily(capabilities, undefined).capabilities }]]),
    })
    expect(plan.jobs[0]?.request).toMatchObject({ size: { width: 1920, height: 1080 } })
    expect(plan.lines[0]?.bridges).toContainEqual({ kind: 'scale', from: { width: 1920, height: 1080 }, to: { width: 3840, height: 2160 } })
  })
  it('asks an own GPU for sides and frames it can make', () => {
    const { plan } = planOf(program([shot('open', 96, { provider: 'gpu' })]))
    expect(plan.jobs[0]?.request).toMatchObject({ size: { width: 1920, height: 1088 }, frames: 97, seed: 100 })
    expect(plan.lines[0]?.reproducibility).toBe('exact')
  })
  it('sends no seed where a host takes none, and says that the clip can only be kept', () => {
    const { plan } = planOf(program([shot('open', 144)]))
    expect(plan.jobs[0]?.request.seed).toBeUndefined()
    expect(plan.lines[0]?.reproducibility).toBe('keep-bytes')
  })
  it('chains a shot that is longer than one call can be', () => {
    const { plan, codes } = planOf(program([shot('open', 14 * 24)]))
    expect(codes).toEqual([])
    expect(plan.lines[0]?.bridges).toContainEqual({ kind: 'chain', links: 2 })
    expect(plan.jobs.filter((job) => job.provider === 'ltx').map((job) => job.operation)).toEqual(['text-to-video', 'extend'])
    expect(plan.cut.clips[0]?.frames).toBe(14 * 24)
  })
  it('refuses what a provider cannot do before anything is paid', () => {
    expect(
      planOf(
        program([
          shot('open', 144, { keys: [{ frame: 24, image: image('a.png'), strength: 1, span: { path: 'film.ltx', start: 5, end: 6 } }] }),
        ]),
      ).codes,
    ).toEqual(['provider.cannot'])
    expect(planOf(program([shot('open', 30 * 24, { from: image('a.png'), to: image('b.png') })])).codes).toEqual(['provider.cannot'])
  })
  it.each([
    ['an extend', 72, extend(96), ['provider.cannot']],
    ['an extend', 73, extend(96), []],
    ['a retake', 72, retake(0, 48), ['provider.cannot']],
    ['a retake', 73, retake(0, 48), []],
  ])(
    '%s of a clip of %i frames: a host that takes 73 at least is not paid for what it would not go on from',
    (_what, frames, step, codes) => {
      expect(planOf(program([shot('open', frames, { steps: [step] })])).codes).toEqual(codes)
    },
  )
  it('names the keys that are missing, and none when nothing is to be made', () => {
    const film = program([shot('open', 144)])
    expect(planOf(film).plan.missingKeys).toEqual(['LTX_API_KEY'])
    expect(planOf(film, { hasKey: () => true }).plan.missingKeys).toEqual([])
    expect(planOf(film, makeAll(film)).plan.missingKeys).toEqual([])
  })
  it('prices an extend on what is new and what the model is shown, a retake on the whole clip', () => {
    const { plan } = planOf(program([shot('open', 144, { steps: [extend(96, { context: 48 }), retake(24, 72)] })]))
    const price = (operation: string): number | undefined => plan.jobs.find((job) => job.operation === operation)?.price
    expect(price('extend')).toBe(dollars(0.1 * (4 + 2)))
    expect(price('retake')).toBe(dollars(0.1 * 10))
  })
  it('says where a shot made anew costs less than its steps: in one go, or without the retake of the whole', () => {
    const anew = (steps: readonly Step[], made?: readonly Step[]) =>
      planOf(program([shot('open', 144, { steps })]), made === undefined ? {} : makeAll(program([shot('open', 144, { steps: made })]))).plan
        .lines[0]?.anew
    // 6 s and 4 s more with 6 s of context: $0.48 + $1.00, and 10 s in one go $0.80.
    expect(anew([extend(96)])).toEqual({ take: 1, from: 'all', asked: dollars(1.48), price: dollars(0.8) })
    expect(anew([extend(96)], [])).toEqual({ take: 1, from: 'steps', asked: dollars(1), price: dollars(0.8) })
    // A retake is billed on the whole: 6 s at $0.10 against 6 s at $0.08.
    expect(anew([retake(24, 72)], [])).toEqual({ take: 1, from: 'steps', asked: dollars(0.6), price: dollars(0.48) })
    // What is not made yet is no reason to leave a retake out; what is made already is not paid again.
    expect(anew([retake(24, 72)])).toBeUndefined()
    expect(anew([extend(96)], [extend(96)])).toBeUndefined()
    expect(anew([])).toBeUndefined()
    // 18 s are longer than one call.
    expect(anew([extend(288)])).toBeUndefined()
  })
  it('makes up in silence for a sound that is shorter than its host takes, and pays for what comes', () => {
    const film = program([shot('face', undefined, { sync: audio('vo.wav') })])
    const said = facts({ path: 'vo.wav', kind: 'audio', seconds: rational(1) })
    const { plan } = planOf(film, { facts: said })
    expect(plan.lines[0]?.bridges).toContainEqual({ kind: 'silence', fromFrames: 24, toFrames: 48 })
    expect(plan.lines[0]?.bridges).toContainEqual(expect.objectContaining({ kind: 'trim', toFrames: 24 }))
    expect(plan.lines[0]?.price).toBe(dollars(0.1 * 2))
  })
  it('takes the price of the script over the built-in one', () => {
    const film = program([shot('open', 144)])
    const { plan } = planOf(film)
    const ltx = planOf(film).plan.lines[0]
    expect(ltx?.price).toBe(plan.totals.price)
    expect(
      planOf(film, {
        providers: new Map([
          [
            'ltx',
            {
              name: 'ltx',
              capabilities: {
                ...anything,
                kind: 'host',
                offers: [
                  {
                    operation: 'text-to-video',
                    model: 'm',
                    quality: 'pro',
                    sizes: [{ width: 1920, height: 1080 }],
                    rates: [24],
                    seconds: { kind: 'list', seconds: [6] },
                    price: { kind: 'per-second', micros: 1, of: 'output', asOf: '2026-01-01' },
                  },
                ],
              },
              perSecond: dollars(0.5),
            },
          ],
        ]),
      }).plan.totals.price,
    ).toBe(dollars(3))
  })
})

describe('chains and patches', () => {
  const steps = [extend(144), extend(96), retake(240, 288, { keep: 'sound' })]
  it('keeps the frames that were there and joins what is new', () => {
    const { plan } = planOf(program([shot('open', 144, { steps })]), { rung: 'animatic' })
    expect(plan.jobs.map((job) => [job.id, job.operation])).toEqual([
      ['open@1', 'text-to-video'],
      ['open@1+1', 'extend'],
      ['open@1+1:join', 'join'],
      ['open@1+2', 'extend'],
      ['open@1+2:join', 'join'],
      ['open@1+3', 'retake'],
      ['open@1+3:splice', 'splice'],
    ])
    expect(plan.jobs.at(-1)?.request.edit).toMatchObject({ kind: 'splice', from: 240, to: 288, patchFrom: 0, mode: 'picture' })
    expect(plan.cut.clips[0]).toMatchObject({ job: 'open@1+3:splice', frames: 384 })
  })
  it('goes on from the link that carries the state where the provider has one, else from the whole', () => {
    const film = program([shot('open', 144, { steps })])
    const video1 = (rung: 'animatic' | 'final', id: string) => planOf(film, { rung }).plan.jobs.find((job) => job.id === id)?.inputs[0]
    expect(video1('animatic', 'open@1+2')).toMatchObject({ id: 'open@1+1' })
    expect(video1('final', 'open@1+2')).toMatchObject({ id: 'open@1+1:join' })
  })
  it('counts a retake’s frames within the link it lies in', () => {
    const { plan } = planOf(program([shot('open', 144, { steps })]), { rung: 'animatic' })
    const patch = plan.jobs.find((job) => job.operation === 'retake')
    expect(patch?.request.retake).toEqual({ from: 96, to: 144, mode: 'picture' })
    expect(patch?.inputs[0]).toMatchObject({ id: 'open@1+1' })
  })
  it('asks for more than the range where a host sells no less, and splices only the range', () => {
    const { plan } = planOf(program([shot('open', 144, { steps: [retake(60, 72)] })]))
    const patch = plan.jobs.find((job) => job.operation === 'retake')
    expect(patch?.request.retake).toEqual({ from: 42, to: 90, mode: 'both' })
    expect(plan.jobs.at(-1)?.request.edit).toMatchObject({ from: 60, to: 72, patchFrom: 60 })
  })
  it('puts an extend before the start in front', () => {
    const { plan } = planOf(program([shot('open', 144, { steps: [extend(48, { at: 'start' })] })]), { rung: 'animatic' })
    expect(plan.jobs.at(-1)?.request.edit).toMatchObject({
      kind: 'join',
      parts: [
        { slot: 'part-1', from: 0, frames: 48 },
        { slot: 'part-0', from: 0, frames: 144 },
      ],
    })
  })
})

describe('keys', () => {
  it('are moved by nothing but what decides the clip', () => {
    const keysOf = (film: ReturnType<typeof program>) => new Map(planOf(film, makeAll(film)).plan.jobs.map((job) => [job.id, job.key]))
    const first = program([shot('a/one', 144), shot('a/two', 96), card('end', 48)])
    const moved = program([
      card('end', 48),
      shot('a/two', 96, { into: { kind: 'dissolve', frames: 12, span: { path: 'x', start: 1, end: 2 } } }),
      shot('a/one', 144, { span: { path: 'other.ltx', start: 99, end: 120 } }),
    ])
    const [before, after] = [keysOf(first), keysOf(moved)]
    for (const [id, key] of before) expect(after.get(id), id).toBe(key)
    expect([...before.values()].every((key) => key !== undefined)).toBe(true)
  })
  it('change with the bytes of an input, not with its name', () => {
    const film = (path: string) => program([shot('a', 144, { from: image(path) })])
    const key = (path: string, sha256: string) => planOf(film(path), { facts: facts({ path, kind: 'image', sha256 }) }).plan.jobs[0]?.key
    expect(key('x.png', 'aa')).toBe(key('y.png', 'aa'))
    expect(key('x.png', 'aa')).not.toBe(key('x.png', 'bb'))
  })
  it('wait for the bytes of what goes before', () => {
    const film = program([shot('a', 144, { steps: [extend(96)] })])
    expect(planOf(film).plan.jobs.map((job) => job.key !== undefined)).toEqual([true, false, false, false, false])
  })
})

describe('the verdict on a line', () => {
  const film = program([shot('a/one', 144), shot('a/two', 144)])
  it('is new, then keep', () => {
    expect(planOf(film).plan.lines.map((line) => line.change)).toEqual(['new', 'new'])
    const after = planOf(film, makeAll(film)).plan
    expect(after.lines.map((line) => line.change)).toEqual(['keep', 'keep'])
    expect(after.totals).toMatchObject({ price: 0, make: 0 })
  })
  it('says what changed, old to new', () => {
    const edited = program([shot('a/one', 144, { words: words('she runs along the quay') }), shot('a/two', 144)])
    const { plan } = planOf(edited, makeAll(film))
    expect(plan.lines.map((line) => line.change)).toEqual(['change', 'keep'])
    expect(plan.lines[0]?.because[0]).toMatch(/^prompt: .*walks.* → .*runs/)
  })
  it('is a cut again when only free work is left', () => {
    const made = makeAll(film)
    const shorter = program([shot('a/one', 120), shot('a/two', 144)])
    expect(planOf(shorter, made).plan.lines.map((line) => line.change)).toEqual(['recut', 'keep'])
    expect(planOf(shorter, made).plan.totals.price).toBe(0)
  })
  it('is drop for what the script no longer has', () => {
    const { plan } = planOf(program([shot('a/one', 144)]), makeAll(film))
    expect(plan.lines.map((line) => [line.path, line.change])).toEqual([
      ['a/one', 'keep'],
      ['a/two', 'drop'],
    ])
  })
  it('offers a rename where a new shot asks what a lost one asked', () => {
    const named = program([shot('a/first', 144, { provider: 'gpu', seed: 7 })])
    const renamed = program([shot('a/second', 144, { provider: 'gpu', seed: 8 })])
    expect(planOf(renamed, makeAll(named)).plan.renames).toEqual([{ from: 'a/first', to: 'a/second' }])
    const other = program([shot('a/second', 144, { provider: 'gpu', seed: 8, words: words('another thing moves') })])
    expect(planOf(other, makeAll(named)).plan.renames).toEqual([])
  })
})

describe('the timeline', () => {
  it('overlaps what dissolves, and not what fades', () => {
    const into = (kind: 'dissolve' | 'fade', frames: number) => ({ into: { kind, frames, span: { path: 'x', start: 0, end: 1 } } }) as const
    const { plan } = planOf(program([shot('a', 144, into('dissolve', 12)), shot('b', 96, into('fade', 24)), card('end', 48)]))
    expect(plan.cut.clips.map(({ start, frames }) => [start, frames])).toEqual([
      [0, 144],
      [132, 96],
      [228, 48],
    ])
    expect(plan.cut.frames).toBe(276)
  })
  it('gives a synced shot the whole of its sound', () => {
    const { plan } = planOf(program([shot('a', undefined, { sync: audio('vo.wav') })]), {
      rung: 'animatic',
      facts: facts({ path: 'vo.wav', kind: 'audio', seconds: rational(100_001, 48_000) }),
    })
    expect(plan.cut.clips[0]?.frames).toBe(51)
    expect(plan.jobs[0]?.request).toMatchObject({ operation: 'audio-to-video', heard: { from: rational(0), to: rational(51, 24) } })
    expect(plan.cut.clips[0]?.voice).toBe(true)
  })
  it('hears the slice of the bed that plays under a shot', () => {
    const drums = bed('drums', audio('drums.wav'), { start: rational(1) })
    const film = program([shot('a', 96), shot('b', 48, { toBeat: 'drums' })], { beds: [drums] })
    const { plan, codes } = planOf(film, { rung: 'animatic', facts: facts({ path: 'drums.wav', kind: 'audio', seconds: rational(20) }) })
    expect(codes).toEqual([])
    expect(plan.jobs.find((job) => job.path === 'b')?.request.heard).toEqual({ from: rational(5), to: rational(7) })
  })
  it('mutes a shot made to a beat, since the bed itself is heard', () => {
    const film = program([shot('a', 48, { toBeat: 'drums' }), shot('b', 48)], { beds: [bed('drums', audio('d.wav'))] })
    const { plan } = planOf(film, { rung: 'animatic', facts: facts({ path: 'd.wav', kind: 'audio', seconds: rational(20) }) })
    expect(plan.cut.clips.map((clip) => clip.muted)).toEqual([true, false])
  })
  it('says when the bed is too short or elsewhere', () => {
    const plan = (length: number, over: string) =>
      planOf(
        program([shot('a', 96), shot('b', 48, { toBeat: 'drums' })], {
          beds: [bed('drums', audio('d.wav'), { over: { from: over, to: over, span: { path: 'x', start: 0, end: 1 } } })],
        }),
        {
          rung: 'animatic',
          facts: facts({ path: 'd.wav', kind: 'audio', seconds: rational(length) }),
        },
      ).codes
    expect(plan(1, 'b')).toEqual(['film.bed-too-short'])
    expect(plan(20, 'a')).toContain('film.off-bed')
  })
  it('cuts own footage to its range and says when the file is shorter', () => {
    const news = (to: number) =>
      planOf(program([footage('news', video('n.mp4'), { range: { from: rational(2), to: rational(to) } })]), {
        facts: facts({ path: 'n.mp4', kind: 'video', seconds: rational(6) }),
      })
    expect(news(5).plan.cut.clips[0]?.frames).toBe(72)
    expect(news(9).codes).toEqual(['time.past-end'])
  })
  it('shares the time of a shot among its lines by their words', () => {
    const say = [
      { text: 'one two three', span: { path: 'x', start: 0, end: 1 } },
      { who: 'mara', text: 'four', span: { path: 'x', start: 1, end: 2 } },
    ]
    const { plan } = planOf(
      program([card('c', 24), shot('a', 96, { words: words('she talks', { say }) })], {
        captions: { burn: false, span: { path: 'x', start: 0, end: 1 } },
      }),
    )
    expect(plan.cut.captions?.cues).toEqual([
      { from: 24, to: 96, who: '', text: 'one two three' },
      { from: 96, to: 120, who: 'mara', text: 'four' },
    ])
  })
  it('plans ten thousand shots in seconds', () => {
    const many = program(Array.from({ length: 10_000 }, (_, index) => shot(`s/${index}`, 144)))
    expect(planOf(many, { rung: 'animatic' }).plan.jobs).toHaveLength(10_000)
  })
})

describe('the time that is expected', () => {
  const film = program([shot('a', 144, { steps: [extend(96)] })])
  it('is the provider’s own figure, unless earlier jobs like it are known', () => {
    const plain = planOf(film).plan
    const known = planOf(film, { paceOf: (provider, { operation }) => (provider === 'ltx' && operation === 'extend' ? 7 : undefined) }).plan
    const of = (plan: typeof plain) => plan.jobs.filter((job) => job.provider !== 'cut').map(({ expected, timed }) => [expected, timed])
    expect(of(known)).toEqual([of(plain)[0], [7, true]])
    expect(known.lines[0]?.expected).toBeLessThan(plain.lines[0]?.expected ?? 0)
    expect(known.totals.expected).toBeLessThan(plain.totals.expected)
    expect(known.jobs.map(({ key }) => key)).toEqual(plain.jobs.map(({ key }) => key))
  })
  it('is told as seen only where all of it was', () => {
    const look = { colour: false, width: 120 }
    const told = (paceOf: PlanInput['paceOf']) => planText(planOf(film, paceOf === undefined ? {} : { paceOf }).plan, look)
    expect(told(() => 7)).toMatch(/about 30s, as earlier runs took$/m)
    expect(told((_, { operation }) => (operation === 'extend' ? 7 : undefined))).not.toContain('earlier runs')
    expect(told(undefined)).not.toContain('earlier runs')
  })
})

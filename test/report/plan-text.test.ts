// What `ltx plan`, `ltx plan --shot` and `ltx why` print.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Plan, PlanLine } from '../../src/lang/plan.ts'
import { widthOf } from '../../src/report/cell.ts'
import { findItem, noItemText, planShotText } from '../../src/report/plan-shot-text.ts'
import { planText } from '../../src/report/plan-text.ts'
import { bridgeText, secondsText } from '../../src/report/plan-words.ts'
import { whyText } from '../../src/report/why-text.ts'
import { extend, makeAll, planOf, program, retake, shot, words } from '../lang/plan-kit.ts'
import { anyText, harbor, harborPlan, longPlan } from './kit.ts'

const plan = harborPlan()
const look = { colour: false, width: 80 }
const rate = { num: 24, den: 1 }

describe('the table', () => {
  it('says of each shot what happens to it, why, by which bridges and at what price', () => {
    expect(planText(plan, look).split('\n')).toEqual([
      'Harbor Lights  final · 1920x1080 · 24 fps · 36s',
      'ltx  ltx-2-3-pro · keep-bytes: no seed; a clip can be kept, never remade',
      'gpu  ltx-2.3-distilled · exact: the same bytes every time',
      '',
      '          length  made by  asked → bought  seed  takes  price  time',
      'harbor',
      '  + open     12s  ltx      48s → 48.13s              3  $8.64    7m',
      '      trim 1 frame',
      '  ~ sign      4s  ltx      4s → 6.04s                1  $0.48   45s',
      '      prompt: A harbor. The sign is dark. → A harbor. Sign moves.',
      '      trim 6.04s → 4s',
      '  = line      5s  ltx                                1',
      'storm',
      '  + wave      8s  gpu      8s → 8.04s         4      1   free    1m',
      '      trim 1 frame, crop 1920x1088 → 1920x1080',
      '  + news      4s  ltx      4s → 6.04s                1  $0.48   45s',
      '      trim 6.04s → 4s',
      '+ end         3s  card                                           3s',
      '',
      '36s of film · 4 new, 1 changed, 1 kept · $9.60 of the $12.00 budget · about 3m',
      '! the key LTX_API_KEY is not set; to render, type',
      '    export LTX_API_KEY=YOUR_KEY',
      '→ ltx render harbor.ltx',
      '',
    ])
  })
  it('says where a shot made anew costs less', () => {
    const film = program([shot('a/one', 144, { steps: [extend(96)], takes: 2 })])
    expect(planText(planOf(film).plan, look)).toContain('      ! in steps it costs $1.48 a take; in one go, $0.80\n')
    const begun = makeAll(program([shot('a/one', 144)]))
    const text = planText(planOf(program([shot('a/one', 144, { steps: [retake(24, 72)] })]), begun).plan, look)
    expect(text).toContain('      ! its steps cost $0.60; the shot made anew, $0.48\n')
  })
  it('says once what holds for every shot', () => {
    const text = planText(longPlan(3), look)
    expect(text).toContain('every shot: trim 1 frame, crop 1920x1088 → 1920x1080')
    expect(text.match(/crop/g)).toHaveLength(1)
    expect(text).not.toContain('made by')
    expect(text).not.toContain('takes')
  })
  it('names the models where a provider has several', () => {
    const film = program([shot('a/one', 144, { words: words('x') }), shot('a/two', 144, { quality: 'fast', words: words('y') })])
    const text = planText(planOf(film).plan, look)
    expect(text).toMatch(/\+ one .* ltx-2-3-pro /)
    expect(text).toMatch(/\+ two .* ltx-2-3-fast /)
  })
  it('shows what is dropped, and offers a rename with what to type', () => {
    const old = program([shot('harbor/open', 144, { provider: 'gpu', seed: 1 })])
    const now = program([shot('harbor/quay', 144, { provider: 'gpu', seed: 2 }), shot('harbor/new', 144, { words: words('new words') })])
    const renamed = planOf(now, makeAll(old)).plan
    expect(renamed.renames).toEqual([{ from: 'harbor/open', to: 'harbor/quay' }])
    const text = planText(renamed, look)
    expect(text).toContain('no longer in the script (the clips stay in the store)\n- harbor/open')
    expect(text).toContain(
      '? harbor/quay looks like harbor/open under a new name; to keep its clips, type\n    ltx rename film.ltx harbor/open harbor/quay',
    )
  })
  it('says what a film over its budget can do', () => {
    const poor = planOf({ ...harbor, film: { ...harbor.film, budget: 1_000_000 } }).plan
    expect(planText(poor, look)).toMatch(/! \$\d+\.\d\d over the budget/)
    expect(planText(plan, look)).not.toContain('over the budget')
  })
  it('points to the next rung, and its price where that is known', () => {
    const animatic = harborPlan('animatic')
    expect(planText(animatic, look)).toContain('→ ltx render harbor.ltx --animatic\n  the next rung, draft: ltx plan harbor.ltx --draft\n')
    expect(planText(animatic, { ...look, next: { rung: 'draft', price: 3_000_000 } })).toContain(
      'the next rung, draft, costs $3.00: ltx plan',
    )
    expect(planText(plan, look)).not.toContain('next rung')
  })
  it('says that there is nothing to make', () => {
    const { plan: kept } = planOf(harbor, makeAll(harbor))
    expect(planText(kept, look)).toContain('36s of film · 6 kept · nothing to make')
    expect(planText(kept, look)).not.toContain('YOUR_KEY')
  })
  it('calls it cut again where ffmpeg alone has work', () => {
    const before = program([shot('a', 144, { words: words('x') })])
    const known = makeAll(before)
    const shorter = planOf(program([shot('a', 120, { words: words('x') })]), known).plan
    expect(planText(shorter, look)).toMatch(/✂ a +5s.*\n +conform again; nothing is bought/)
  })
  it('gives reasons for everything when asked', () => {
    expect(planText(plan, look)).not.toContain('made before')
    expect(planText(plan, { ...look, verbose: true })).toContain(
      '= line      5s  ltx                                1\n      made before, and the store has it\n',
    )
  })
  it('fits every width; what it leaves out it names, and --verbose says it', () => {
    for (const width of [200, 100, 80, 60, 50, 40]) {
      const table = planText(plan, { ...look, width })
        .split('\n')
        .slice(4, 18)
      expect(Math.max(...table.map(widthOf)), String(width)).toBeLessThanOrEqual(width)
    }
    const narrow = planText(plan, { ...look, width: 50 })
    expect(narrow).toContain('not shown here: seed, takes, time (--verbose)')
    expect(planText(plan, { ...look, width: 50, verbose: true })).toMatch(/\+ wave.*\n(.*\n)*? +seed 4 · takes 1 · time 1m/)
  })
  it('has colour only when asked, and the same text either way', () => {
    expect(planText(plan, look)).not.toContain('\u001b')
    expect(planText(plan, { ...look, colour: true }).replace(/\u001b\[\d+m/g, '')).toBe(planText(plan, look))
  })
  it('prints what a script says without obeying it', () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const evil = `${raw}\u009b2J\u202e\r\n`
        const hostile: Plan = {
          ...plan,
          film: { ...plan.film, title: evil, span: { ...plan.film.span, path: evil } },
          lines: plan.lines.map((line): PlanLine => ({ ...line, path: `a${evil}/${line.path}`, model: evil, because: [evil] })),
          missingKeys: [evil],
          renames: [{ from: evil, to: evil }],
        }
        const path = hostile.lines[0]?.path ?? ''
        for (const text of [
          planText(hostile, look),
          whyText(hostile, path, look),
          planShotText(harbor, hostile, path, look),
          noItemText(hostile, evil),
        ])
          expect(text.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
      }),
      { numRuns: 25 },
    )
  })
  it('prints an empty film and a very long one', () => {
    expect(planText({ ...plan, lines: [], jobs: [] }, look)).toContain('Harbor Lights')
    expect(
      planText(longPlan(2000), look)
        .split('\n')
        .filter((line) => line.includes('  + shot-')),
    ).toHaveLength(2000)
  })
})

describe('bridges and lengths in words', () => {
  it.each([
    [{ kind: 'trim', fromFrames: 145, toFrames: 144 }, 'trim 1 frame'],
    [{ kind: 'trim', fromFrames: 144, toFrames: 96 }, 'trim 6s → 4s'],
    [{ kind: 'chain', links: 2 }, 'chain of 2 links'],
    [{ kind: 'crop', from: { width: 1920, height: 1080 }, to: { width: 1080, height: 1080 } }, 'crop 1920x1080 → 1080x1080'],
    [{ kind: 'rate', from: { num: 50, den: 1 }, to: { num: 24000, den: 1001 } }, 'rate 50 → 23.976 fps'],
  ] as const)('%o', (bridge, text) => expect(bridgeText(bridge, rate)).toBe(text))
  it('rounds lengths to a hundredth', () => {
    expect(secondsText({ num: 1, den: 3 })).toBe('0.33s')
    expect(secondsText({ num: 96, den: 1 })).toBe('1m36s')
  })
})

describe('one shot in full', () => {
  it('shows the merged words, the prompt that is sent, and the jobs of a take', () => {
    const film = program([
      shot('harbor/open', 144, {
        takes: 2,
        words: words('she walks', {
          camera: ['slow push'],
          look: ['fog'],
          sound: ['gulls'],
          say: [{ who: 'mara', text: 'I knew.', span: harbor.film.span }],
          avoid: ['whip pan'],
        }),
        steps: [extend(144, { words: words('she stops') })],
      }),
    ])
    const text = planShotText(film, planOf(film).plan, 'harbor/open', look)
    for (const part of [
      'setting    a harbor',
      'action     she walks',
      'camera     slow push',
      'look       fog',
      'sound      gulls',
      'say        mara: "I knew."',
      'avoid      whip pan',
    ])
      expect(text).toContain(`  ${part}\n`)
    expect(text).toMatch(/prompt {5}A harbor\. She walks\./)
    expect(text).toContain('jobs of take 1 of 2 (the others: the same with the next seeds)')
    expect(text).toContain(
      '  + harbor/open@1+1  extend, 6s 1920x1080, 24 fps, $1.20\n             from harbor/open@1:conform (video)\n             A harbor. She stops.\n',
    )
    expect(text).not.toContain('harbor/open@2')
    expect(Math.max(...text.split('\n').map(widthOf))).toBeLessThanOrEqual(90)
  })
  it('knows when there is no such shot, and what was meant', () => {
    expect(findItem(plan, 'harbor/opne')).toBeUndefined()
    expect(planShotText(harbor, plan, 'harbor/opne', look)).toBe('the film has no shot `harbor/opne`; did you mean `harbor/open`?\n')
    expect(noItemText(plan, 'open')).toBe('the film has no shot `open`; did you mean `harbor/open`?')
    expect(noItemText(plan, 'zzz')).toContain('it has harbor/open, harbor/sign')
  })
})

describe('why', () => {
  it('says what changed and what the key of each job is made of', () => {
    const text = whyText(plan, 'harbor/sign', look)
    expect(text).toContain(
      'harbor/sign has changed: 2 of 2 clips to make\n  because    prompt: A harbor. The sign is dark. → A harbor. Sign moves.\n',
    )
    expect(text).toContain('  request    hosted-ltx/v2, ltx-2-3-pro, 1920x1080, 24 fps, 145 frames\n  prompt     A harbor. Sign moves.\n')
    expect(text).toContain('  key        known when harbor/sign@1 is made\n')
    expect(text).toContain('→ ltx render harbor.ltx --only harbor/sign  makes it')
  })
  it('says under which key a kept clip stands', () => {
    const job = plan.jobs.find(({ id }) => id === 'harbor/line@1')
    const text = whyText(plan, 'harbor/line', look)
    expect(text).toContain('is kept: all 2 of its clips are in the store under the right key')
    expect(text).toContain(`  key        ${job?.key?.slice(0, 12)}\n  clip       ${job?.made?.sha256.slice(0, 12)}\n`)
    expect(text).not.toContain('makes it')
  })
})

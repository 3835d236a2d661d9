// The log of a run, the events as JSON, and which face a run gets.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openJson, quietJson } from '../../src/report/json.ts'
import { openPlain } from '../../src/report/plain.ts'
import { chooseColour, chooseScreen, openScreen } from '../../src/report/screen.ts'
import type { Stamped } from '../../src/runtime/event.ts'
import type { Bare } from './kit.ts'
import { anyText, failure, harborPlan, key, makes, openTape, stamp, started } from './kit.ts'
import { oneOfEach } from './one-of-each.ts'

const plan = harborPlan()
async function log(events: readonly Stamped[], colour = false): Promise<string> {
  const tape = openTape()
  const screen = openPlain(plan, tape, { colour, now: () => 0 })
  for (const event of events) screen.event(event)
  await screen.close()
  return tape.text()
}

describe('the log', () => {
  it('tells a run line by line, with times from its start', async () => {
    const run: readonly Bare[] = [
      started(plan),
      { type: 'job.kept', job: 'harbor/line@1', key, sha256: key },
      { type: 'job.kept', job: 'harbor/line@1:conform', key, sha256: key },
      ...makes('storm/news@1', 480_000),
      ...makes('storm/news@1:conform'),
      { type: 'job.failed', job: 'harbor/sign@1', key, attempt: 1, failure: failure() },
      { type: 'job.blocked', job: 'harbor/sign@1:conform', by: 'harbor/sign@1' },
      { type: 'run.stopped', reason: 'failed', made: 2, kept: 2, failed: 1, blocked: 1, spent: 480_000 },
    ]
    expect((await log(stamp(run, 10_000))).split('\n')).toEqual([
      ' 0:00  run       Harbor Lights (final): 33 jobs, 31 to make, up to $9.60 of $12.00',
      ' 0:40  kept      2 clips made before',
      ' 0:40  start     storm/news@1            on ltx, seed 100, up to $0.48',
      ' 1:00  accepted  storm/news@1            by ltx',
      ' 1:10  working   storm/news@1            sampling 50%',
      ' 1:20  done      storm/news@1            ltx-2-3-pro, $0.48',
      ' 1:30  stored    storm/news@1            6s 1920x1080, 4.1 MB',
      ' 2:40  stored    storm/news@1:conform    6s 1920x1080, 4.1 MB',
      ' 2:50  failed    harbor/sign@1           the words: the host refused these words',
      '                 → say it with other words in harbor.ltx and render again',
      ' 3:00  blocked   harbor/sign@1:conform   needs harbor/sign@1',
      ' 3:10  failed    2 made, 2 kept, 1 failed, 1 blocked, $0.48 spent',
      '✗ Harbor Lights is not finished: 1 of 6 shots failed',
      '  1 shot made · 1 kept · $0.48 spent · in 3:10',
      '  ✗ harbor/sign  the words: the host refused these words',
      '    → say it with other words in harbor.ltx and render again',
      '  go on: ltx render harbor.ltx  (nothing is bought twice)',
      '',
    ])
  })
  it('says at once for how long a connection is tried for', async () => {
    const dead = failure({
      kind: 'network',
      message: 'ComfyUI cannot be reached: connect ECONNREFUSED 127.0.0.1:8188',
      retry: true,
      unreached: true,
    })
    const retry: Bare = {
      type: 'job.retrying',
      job: 'harbor/sign@1',
      key,
      attempt: 1,
      failure: dead,
      waitMs: 5000,
      until: 1_700_000_070_000,
    }
    expect(await log(stamp([started(plan), retry], 10_000))).toContain(
      ' 0:10  again     harbor/sign@1           in 5s, and on for 1:00 at most; the network: ComfyUI cannot be reached: connect ECONNREFUSED 127.0.0.1:8188',
    )
  })
  it('says once how long a host is waited for that may show a lost job later', async () => {
    const at = { job: 'harbor/sign@1', key, attempt: 1 }
    const text = await log(
      stamp([started(plan), { type: 'job.sent', ...at }, { type: 'job.settling', ...at, until: 1_700_000_600_000 }], 10_000),
    )
    expect(text).toMatch(/asking +harbor\/sign@1 +was it taken\? waiting until the host would show it, at most \d+:\d\d/)
  })
  it('ends with the film where there is one', async () => {
    const text = await log(
      stamp([
        started(plan),
        { type: 'cut.made', output: 'out/harbor-lights.mp4', sha256: key, frames: 864, loudness: -14.04 },
        { type: 'run.stopped', reason: 'finished', made: 0, kept: 33, failed: 0, blocked: 0, spent: 0 },
      ]),
    )
    expect(text).toContain(' 0:01  film      out/harbor-lights.mp4\n')
    expect(text).toContain('✓ Harbor Lights is finished  36s, -14.0 LUFS\n')
    expect(text).not.toContain('go on')
  })
  it('says progress in quarters, and not backwards', async () => {
    const progress = (share: number, phase = 'sampling'): Bare => ({ type: 'job.progress', job: 'storm/wave@1', phase, progress: share })
    const text = await log(
      stamp([
        started(plan),
        ...[0, 0.1, 0.26, 0.3, 0.2, 0.51, 0.99, 1].map((share) => progress(share)),
        progress(0.99, 'checking'),
        progress(1, 'over'),
      ]),
    )
    expect(text.match(/(?<=storm\/wave@1 +)(sampling|checking|over).*/g)).toEqual([
      'sampling',
      'sampling 25%',
      'sampling 50%',
      'sampling 75%',
      'checking 75%',
    ])
  })
  it('has a line for every type of event but the silent ones', async () => {
    const words = (await log(oneOfEach())).split('\n').map((line) => line.slice(7, 17).trim())
    for (const word of [
      'run',
      'kept',
      'start',
      'accepted',
      'working',
      'done',
      'stored',
      'again',
      'failed',
      'uncertain',
      'blocked',
      'cancelled',
      'film',
    ])
      expect(words).toContain(word)
  })
  it('is never steered by what a host or a script says', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (raw) => {
        const evil = `${raw}\u009b31m\u001b]8;;x\u0007\u202e\r`
        const text = await log(
          stamp([
            { ...started(plan), film: evil, rung: evil } as Bare,
            { type: 'job.progress', job: 'storm/wave@1', phase: evil, progress: 0.5 },
            { type: 'job.failed', job: 'storm/wave@1', key, attempt: 1, failure: failure({ message: evil, next: evil }) },
            { type: 'cut.made', output: evil, sha256: key, frames: 1 },
          ]),
        )
        // Everything that could move a cursor, but the line ends of the log itself.
        expect(text.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
      }),
      { numRuns: 100 },
    )
  })
})

describe('JSON', () => {
  it('is one event a line, just as it is, and obeyed by no terminal', () => {
    const tape = openTape()
    const screen = openJson(tape)
    const event: Stamped = {
      v: 1,
      n: 3,
      at: 7,
      type: 'job.failed',
      job: 'a',
      key,
      attempt: 1,
      failure: failure({ message: 'a\u009bb\u202e\u001b\n' }),
    }
    screen.event(event)
    screen.stopping()
    expect(tape.writes).toHaveLength(1)
    expect(tape.text()).not.toMatch(/[\u009b\u202e\u001b]/)
    expect(tape.text().endsWith('}\n')).toBe(true)
    expect(JSON.parse(tape.text())).toEqual(event)
  })
  it('loses no text', () => {
    fc.assert(fc.property(anyText, (text) => JSON.parse(quietJson(text)) === text))
  })
})

describe('the face of a run', () => {
  const on = { isTTY: true, env: { TERM: 'xterm' } }
  it.each([
    [on, 'tui'],
    [{ ...on, isTTY: false }, 'plain'],
    [{ ...on, noTui: true }, 'plain'],
    [{ ...on, json: true }, 'json'],
    [{ isTTY: false, json: true, env: {} }, 'json'],
    [{ isTTY: true, env: { TERM: 'dumb' } }, 'plain'],
    [{ isTTY: true, env: { TERM: 'xterm', CI: 'true' } }, 'plain'],
    [{ isTTY: true, env: { TERM: 'xterm', CI: 'false' } }, 'tui'],
    [{ isTTY: true, env: { TERM: 'xterm', NO_COLOR: '1' } }, 'tui'],
  ] as const)('%o is %s', (setting, face) => expect(chooseScreen(setting)).toBe(face))
  it.each([
    [{ isTTY: true, env: {} }, true],
    [{ isTTY: false, env: {} }, false],
    [{ isTTY: true, env: { NO_COLOR: '1' } }, false],
    [{ isTTY: true, env: { NO_COLOR: '' } }, true],
    [{ isTTY: false, env: { FORCE_COLOR: '1' } }, true],
    [{ isTTY: true, env: { FORCE_COLOR: '0' } }, false],
    [{ isTTY: true, env: { TERM: 'dumb' } }, false],
    [{ isTTY: true, noColour: true, env: { FORCE_COLOR: '1' } }, false],
  ] as const)('%o has colour: %s', (setting, colour) => expect(chooseColour(setting)).toBe(colour))
  it('opens each, and each can be closed before anything happened', async () => {
    for (const face of ['tui', 'plain', 'json'] as const) {
      const tape = openTape()
      const screen = await openScreen(face, plan, tape, { colour: false, now: () => 0 })
      await screen.close()
      expect(tape.text().replaceAll('\u001b[?25h', '')).toBe('')
    }
  })
})

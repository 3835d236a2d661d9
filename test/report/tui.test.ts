// The live view: what is on the screen, that it always fits, that it only sends what changed, and that it gives the
// terminal back. ink draws into a terminal of our own that refuses everything that could flicker.
import fc from 'fast-check'
import { render } from 'ink-testing-library'
import { createElement } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { rowWidth } from '../../src/report/row.ts'
import { openTui, Rows } from '../../src/report/tui.ts'
import { openPainter } from '../../src/report/tui-paint.ts'
import { tuiRows } from '../../src/report/tui-rows.ts'
import { windowOf } from '../../src/report/tui-window.ts'
import { emptyView, fold } from '../../src/report/view.ts'
import type { Stamped } from '../../src/runtime/event.ts'
import type { Bare } from './kit.ts'
import { failure, harborPlan, key, longPlan, makes, stamp, started } from './kit.ts'
import { oneOfEach } from './one-of-each.ts'
import { openTerminal } from './terminal.ts'

const plan = harborPlan()
const at = (job: string) => ({ job, key, attempt: 1 })
const run: readonly Bare[] = [
  started(plan),
  { type: 'job.kept', job: 'harbor/line@1', key, sha256: key },
  { type: 'job.kept', job: 'harbor/line@1:conform', key, sha256: key },
  ...makes('storm/wave@1'),
  ...makes('storm/wave@1:conform'),
  { type: 'job.intent', ...at('harbor/open@1'), provider: 'ltx', reserved: 480_000 },
  { type: 'job.accepted', ...at('harbor/open@1'), provider: 'ltx', ticket: {} },
  { type: 'job.progress', job: 'harbor/open@1', phase: 'sampling', progress: 0.5 },
  { type: 'job.intent', ...at('harbor/sign@1'), provider: 'ltx', reserved: 480_000 },
  { type: 'job.failed', ...at('harbor/sign@1'), failure: failure({ billed: 'no' }) },
  { type: 'job.blocked', job: 'harbor/sign@1:conform', by: 'harbor/sign@1' },
  { type: 'job.queued', job: 'storm/news@1' },
]
const events = stamp(run)
const view = () => events.reduce(fold, emptyView(plan))
const now = events.at(-1)?.at ?? 0
const text = (rows: ReturnType<typeof tuiRows>): readonly string[] =>
  rows.map((row) =>
    row
      .map((one) => one.text)
      .join('')
      .trimEnd(),
  )

describe('the rows', () => {
  it('say that no connection can be made, and for how long it is tried', () => {
    const dead = failure({ kind: 'network', message: 'ComfyUI cannot be reached', retry: true, unreached: true })
    const told = stamp([
      started(plan),
      { type: 'job.retrying', ...at('harbor/sign@1'), failure: dead, waitMs: 5000, until: 1_700_000_000_000 + 60_000 },
    ])
    const rowAt = (later: number): string =>
      text(tuiRows(told.reduce(fold, emptyView(plan)), { columns: 100, rows: 24 }, 1_700_000_000_000 + later)).find((row) =>
        row.includes('sign'),
      ) ?? ''
    expect(rowAt(10_000)).toContain('no connection, trying 0:50 more · ComfyUI cannot be')
    expect(rowAt(30_000)).toContain('trying 0:30 more')
  })
  it('count down while a host is asked whether it has taken a job, and say no more of it when it is known', () => {
    const asked: readonly Bare[] = [
      started(plan),
      { type: 'job.intent', ...at('harbor/open@1'), provider: 'ltx', reserved: 480_000 },
      { type: 'job.sent', ...at('harbor/open@1') },
      { type: 'job.settling', ...at('harbor/open@1'), until: 1_700_000_000_000 + 600_000 },
    ]
    const rowOf = (bare: readonly Bare[], later: number): string => {
      const told = stamp(bare)
      const seen = told.reduce(fold, emptyView(plan))
      return text(tuiRows(seen, { columns: 80, rows: 24 }, (told[0]?.at ?? 0) + later)).find((row) => row.includes('open')) ?? ''
    }
    expect(rowOf(asked, 20_000)).toContain('◌ open')
    expect(rowOf(asked, 20_000)).toContain('was it taken? asking, 9:40 at most')
    expect(rowOf(asked, 700_000)).toContain('asking, 0:00 at most')
    expect(rowOf([...asked, { type: 'job.accepted', ...at('harbor/open@1'), provider: 'ltx', ticket: {} }], 20_000)).not.toContain('asking')
  })
  it('show the film, its scenes and shots, what failed and what to do', () => {
    expect(text(tuiRows(view(), { columns: 80, rows: 24 }, now))).toEqual([
      'Harbor Lights                                             final · ltx, gpu · 36s',
      '━━━━━━━━━━━━━──────────────────────────────────────────────────────────────  17%',
      '2 of 6 shots · 1 kept · 1 failed  0:23, about 2m left · $0.00 spent, $11.52 left',
      '',
      'harbor                                                                    1 of 3',
      '  ● open    ──────────   4%  take 1/3 · sampling                    0:06',
      '  ✗ sign    failed: the words                                       0:02',
      '  = line    kept · 5s',
      'storm                                                                     1 of 2',
      '  ✓ wave    8s                                                      0:12',
      '  ○ news    in line',
      '· end',
      '',
      '✗ harbor/sign  the words: the host refused these words',
      '  → say it with other words in harbor.ltx and render again',
      '',
      'ctrl-c stops cleanly; what is made stays made',
    ])
  })
  it('show what matters in 40 by 10', () => {
    const rows = text(tuiRows(view(), { columns: 40, rows: 10 }, now))
    expect(rows).toHaveLength(9)
    expect(rows[0]).toMatch(/^Harbor Lights +final · ltx, gpu · 36s$/)
    expect(rows.some((row) => row.includes('harbor/open'))).toBe(true)
    expect(rows.some((row) => row.startsWith('✗ harbor/sign  the words:'))).toBe(true)
    expect(rows.some((row) => /… \d more:/.test(row))).toBe(true)
  })
  it('show the cut while it is made', () => {
    const cutting = fold(view(), { v: 1, n: 99, at: now, type: 'cut.progress', phase: 'sound', progress: 0.4 })
    expect(text(tuiRows(cutting, { columns: 80, rows: 24 }, now))).toContain('● film  ━━━━━────────  40%  sound')
    expect(text(tuiRows(view(), { columns: 80, rows: 24 }, now)).join()).not.toContain('film')
  })
  it('say that the run is stopping', () => {
    expect(text(tuiRows(view(), { columns: 80, rows: 24 }, now, true)).at(-1)).toBe(
      'stopping: what is out is taken in; ctrl-c once more stops at once',
    )
  })
  it('fit whatever the screen and whatever has happened', () => {
    const plans = [plan, longPlan(30), longPlan(30, 30), longPlan(60, 3)]
    const size = fc.record({ columns: fc.integer({ min: 1, max: 220 }), rows: fc.integer({ min: 1, max: 70 }) })
    fc.assert(
      fc.property(fc.constantFrom(...plans), size, fc.array(fc.nat(), { maxLength: 60 }), fc.boolean(), (film, screen, picks, stopping) => {
        const seen = emptyView(film)
        const kinds = oneOfEach()
        for (const [n, pick] of picks.entries()) {
          const event = kinds[pick % kinds.length]
          const job = film.jobs[pick % film.jobs.length]?.id
          if (event !== undefined && job !== undefined) fold(seen, { ...event, n, ...('job' in event ? { job } : {}) } as Stamped)
        }
        const rows = tuiRows(seen, screen, seen.lastAt + 500, stopping)
        expect(rows.length).toBeLessThanOrEqual(Math.max(1, screen.rows - 1))
        for (const row of rows) expect(rowWidth(row)).toBeLessThanOrEqual(screen.columns)
      }),
      { numRuns: 150 },
    )
  })
  it('stay safe and narrow with wide and hostile names', () => {
    const film = { ...plan, film: { ...plan.film, title: '港の灯り\u001b[2J\u202e' } }
    const rows = tuiRows(emptyView(film), { columns: 30, rows: 24 }, 0)
    expect(text(rows).join('')).not.toMatch(/[\u001b\u202e]/)
    for (const row of rows) expect(rowWidth(row)).toBeLessThanOrEqual(30)
  })
})

describe('the window', () => {
  const film = longPlan(60)
  const busy = (...shots: readonly number[]) =>
    stamp([
      started(film),
      ...shots.map(
        (shot): Bare => ({ type: 'job.intent', ...at(`scene-${Math.floor(shot / 10)}/shot-${shot}@1`), provider: 'gpu', reserved: 0 }),
      ),
    ]).reduce(fold, emptyView(film))
  const shotsIn = (seen: ReturnType<typeof emptyView>, rows: number): readonly string[] =>
    windowOf(seen, rows).flatMap((entry) => (entry.kind === 'shot' ? [entry.shot.name] : []))

  it('shows everything where there is room', () => expect(windowOf(emptyView(film), 66)).toHaveLength(66))
  it('opens the scenes in which something happens, and closes the others', () => {
    const entries = windowOf(busy(23, 41), 14)
    expect(entries.length).toBeLessThanOrEqual(14)
    expect(entries.filter((entry) => entry.kind === 'scene')).toHaveLength(6)
    expect(shotsIn(busy(23, 41), 14)).toEqual(expect.arrayContaining(['shot-23', 'shot-41']))
  })
  it('shows what works and what failed before all else, in film order, and counts the rest', () => {
    const seen = busy(3, 55, 31)
    for (const event of stamp([{ type: 'job.failed', ...at('scene-1/shot-12@1'), failure: failure() }])) fold(seen, event)
    const entries = windowOf(seen, 5)
    expect(shotsIn(seen, 5)).toEqual(['shot-3', 'shot-12', 'shot-31', 'shot-55'])
    expect(entries.at(-1)).toMatchObject({ kind: 'more', count: 56, counts: new Map([['waiting', 56]]) })
  })
  it('never takes more rows than there are', () => {
    for (let rows = 0; rows < 70; rows += 1) expect(windowOf(busy(1, 2, 3, 30, 50), rows).length).toBeLessThanOrEqual(rows)
  })
})

describe('the painter', () => {
  it('sends only the lines that changed, and never clears before it writes', () => {
    const terminal = openTerminal(20, 10)
    const painter = openPainter(terminal)
    painter.paint(['one', 'two', 'three'])
    painter.paint(['one', 'TWO', 'three'])
    expect(terminal.screen()).toEqual(['one', 'TWO', 'three'])
    expect(terminal.writes).toHaveLength(2)
    expect(terminal.writes[1]).not.toMatch(/one|three/)
    painter.paint(['one', 'TWO', 'three'])
    expect(terminal.writes).toHaveLength(2)
  })
  it('grows, shrinks and scrolls without leaving anything behind', () => {
    const blocks = fc.array(fc.array(fc.stringMatching(/^[a-z]{0,18}$/), { maxLength: 7 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(blocks, fc.nat(9), (frames, above) => {
        const terminal = openTerminal(20, 8)
        terminal.write('$ before\n'.repeat(above))
        const painter = openPainter(terminal)
        for (const frame of frames) {
          painter.paint(frame)
          const everything = [...terminal.history(), ...terminal.screen()]
          const expected = [...Array.from({ length: above }, () => '$ before'), ...frame]
          while (expected.at(-1) === '') expected.pop()
          expect(everything).toEqual(expected)
        }
        painter.clear()
        expect([...terminal.history(), ...terminal.screen()]).toEqual(Array.from({ length: above }, () => '$ before'))
      }),
    )
  })
  it('leaves what stood above it when the window is made narrower or wider', () => {
    for (const columns of [12, 40]) {
      const terminal = openTerminal(30, 20)
      terminal.write('$ ltx render\n')
      const painter = openPainter(terminal)
      painter.paint(['a line of thirty columns......', 'short'])
      terminal.resize(columns, 20)
      painter.paint(['narrow', 'short'])
      expect(terminal.screen()).toEqual(['$ ltx render', 'narrow', 'short'])
    }
  })
  it('takes away the `^C` that the terminal echoed below it', () => {
    const terminal = openTerminal(20, 10)
    const painter = openPainter(terminal)
    painter.paint(['one'])
    terminal.write('^C')
    painter.paint(['two'])
    expect(terminal.screen()).toEqual(['two'])
  })
  it('hides the cursor while it paints and shows it again', () => {
    const terminal = openTerminal()
    const painter = openPainter(terminal)
    painter.paint(['one'])
    expect(terminal.cursorShown()).toBe(false)
    painter.showCursor()
    expect(terminal.cursorShown()).toBe(true)
  })
})

describe('the live view', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }))
  afterEach(() => void vi.useRealTimers())
  const open = (columns = 80, rows = 24) => {
    const terminal = openTerminal(columns, rows)
    return { terminal, screen: openTui(plan, terminal, { colour: false, now: () => Date.now() }) }
  }

  it('shows a run, at most ten times a second, and leaves its summary behind', async () => {
    const { terminal, screen } = open()
    terminal.write('$ ltx render harbor.ltx\n')
    const written = terminal.writes.length
    for (const event of events) {
      screen.event(event)
      vi.advanceTimersByTime(10)
    }
    vi.advanceTimersByTime(100)
    const frames = terminal.writes.length - written
    expect(frames).toBeGreaterThan(1)
    expect(frames).toBeLessThanOrEqual((events.length * 10 + 100) / 100 + 1)
    expect(terminal.screen()[0]).toBe('$ ltx render harbor.ltx')
    expect(terminal.screen()[1]).toContain('Harbor Lights')
    expect(terminal.screen().some((line) => line.includes('● open'))).toBe(true)
    screen.event({ v: 1, n: 99, at: now, type: 'run.stopped', reason: 'interrupted', made: 1, kept: 1, failed: 1, blocked: 1, spent: 0 })
    await screen.close()
    expect(terminal.screen().slice(0, 2)).toEqual(['$ ltx render harbor.ltx', '■ Harbor Lights was stopped; what is made stays made'])
    expect(terminal.screen().at(-1)).toContain('go on: ltx render harbor.ltx')
    expect(terminal.cursorShown()).toBe(true)
  })
  it('runs its clocks while nothing happens, and is silent when nothing would change', () => {
    const { terminal, screen } = open()
    for (const event of events) screen.event(event)
    vi.advanceTimersByTime(500)
    const before = terminal.screen().find((line) => line.includes('● open'))
    const writes = terminal.writes.length
    vi.advanceTimersByTime(3000)
    expect(terminal.screen().find((line) => line.includes('● open'))).not.toBe(before)
    expect(terminal.writes.length - writes).toBeLessThanOrEqual(3)
  })
  it('follows the size of the window at once', () => {
    const { terminal, screen } = open()
    for (const event of events) screen.event(event)
    vi.advanceTimersByTime(200)
    terminal.resize(50, 12)
    expect(terminal.screen().length).toBeLessThanOrEqual(11)
    expect(terminal.screen()[0]).toMatch(/^Harbor Lights .* 36s$/)
    terminal.resize(100, 40)
    expect(terminal.screen().at(-1)).toBe('ctrl-c stops cleanly; what is made stays made')
  })
  it('says at once that it is stopping', () => {
    const { terminal, screen } = open()
    for (const event of events) screen.event(event)
    screen.stopping()
    vi.advanceTimersByTime(150)
    expect(terminal.screen().at(-1)).toContain('stopping')
  })
  it('shows the cursor again however the process ends, and hangs on to nothing after it is closed', async () => {
    const before = ['exit', 'SIGTSTP', 'SIGCONT'].map((name) => process.listenerCount(name))
    const { terminal, screen } = open()
    for (const event of events) screen.event(event)
    vi.advanceTimersByTime(200)
    expect(terminal.cursorShown()).toBe(false)
    const exit = process.listeners('exit').at(-1)
    exit?.call(process, 0)
    expect(terminal.cursorShown()).toBe(true)
    await screen.close()
    expect(['exit', 'SIGTSTP', 'SIGCONT'].map((name) => process.listenerCount(name))).toEqual(before)
    expect(vi.getTimerCount()).toBe(0)
  })
})

it('ink draws the rows as they are', () => {
  const rows = tuiRows(view(), { columns: 100, rows: 30 }, now)
  const { lastFrame, unmount } = render(createElement(Rows, { rows, colour: true }))
  // Colours are ink's own affair and depend on the terminal; the text may not move by a column.
  const drawn = (lastFrame() ?? '').replace(/\u001b\[[0-9;]*m/g, '').split('\n')
  expect(drawn.map((line) => line.trimEnd())).toEqual(text(rows))
  unmount()
})

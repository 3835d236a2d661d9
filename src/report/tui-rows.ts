// The live view as rows: header, bar, numbers, shots, failures, footer. Pure: a view, a size and a time give the same
// rows. Never more rows than the screen has, less one for the cursor, and never wider than it.
import { formatMoney } from '../lang/money.ts'
import type { Plan } from '../lang/plan.ts'
import { formatSeconds } from '../lang/time.ts'
import { column, shortenMiddle, widthOf } from './cell.ts'
import type { Piece, Row, Tone } from './row.ts'
import { cutRow, piece, spread } from './row.ts'
import { blockedText, clock, counted, faultOf, jobLabel, oneLine, roughly } from './say.ts'
import { failuresOf, failureText, jobName } from './summary.ts'
import type { Entry } from './tui-window.ts'
import { isSceneDone, windowOf } from './tui-window.ts'
import type { SceneView, ShotView, State, View } from './view.ts'
import { elapsedMs, isActive, leftOf, overall, remainingMs, shotMs, shotProgress } from './view.ts'

export type Size = { readonly columns: number; readonly rows: number }

const glyphs: Readonly<Record<State, Piece>> = {
  waiting: piece('·', 'quiet'),
  queued: piece('○', 'quiet'),
  submitting: piece('◌', 'live'),
  working: piece('●', 'live'),
  retrying: piece('↻', 'warn'),
  downloading: piece('↓', 'live'),
  checking: piece('◐', 'live'),
  stored: piece('✓', 'good'),
  kept: piece('=', 'good'),
  failed: piece('✗', 'bad'),
  blocked: piece('–', 'warn'),
  uncertain: piece('?', 'warn'),
  cancelled: piece('×', 'quiet'),
}

/** `stopping`: the person has asked to stop. */
export function tuiRows(view: View, size: Size, now: number, stopping = false): readonly Row[] {
  // On a very wide screen the eye would lose the line between a name and its figures.
  const width = Math.max(1, Math.min(size.columns, 120))
  const height = Math.max(1, size.rows - 1)
  const roomy = height >= 16
  const gap: readonly Row[] = roomy ? [[]] : []
  const head = [header(view, width), barRow(overall(view), width), numbersRow(view, width, now)]
  const foot = height >= 7 ? [footer(stopping)] : []
  const trouble = failureRows(view, Math.max(2, Math.floor(height / 4)))
  const troubled = trouble.length > 0 ? [...gap, ...trouble] : []
  const cutting = view.cut !== undefined && view.made === undefined ? [cutRowOf(view, width)] : []
  const fixed = head.length + gap.length + troubled.length + cutting.length + foot.length + (foot.length > 0 ? gap.length : 0)
  const entries = windowOf(view, height - fixed)
  const setting = { width, names: nameWidth(view, entries, width), now }
  const body = entries.map((entry) => entryRow(entry, setting))
  const rows = [...head, ...gap, ...body, ...cutting, ...troubled, ...(foot.length > 0 ? gap : []), ...foot]
  return rows.slice(0, height).map((row) => cutRow(row, width))
}

function header(view: View, width: number): Row {
  const { plan } = view
  const providers = [...new Set(view.shots.map((shot) => shot.line.provider))].filter((name) => name !== 'cut' && name !== '')
  const shownProviders = plan.rung === 'animatic' ? [] : [oneLine(providers.join(', '))]
  const right = [plan.rung, ...shownProviders, formatSeconds(plan.totals.seconds)].filter(Boolean).join(' · ')
  return spread([piece(oneLine(plan.film.title), 'strong')], [piece(right, 'quiet')], width)
}

/** A bar as wide as the screen, in half steps. */
function barRow(share: number, width: number): Row {
  const percent = ` ${String(Math.floor(share * 100)).padStart(3)}%`
  return [...bar(share, width - percent.length, 'good'), piece(percent)]
}

export function bar(share: number, width: number, tone: Tone): readonly Piece[] {
  const halves = Math.max(0, Math.min(width * 2, Math.floor(share * width * 2)))
  const full = Math.floor(halves / 2)
  const half = halves % 2 === 1 ? '╸' : ''
  const rest = Math.max(0, width - full - half.length)
  return [piece('━'.repeat(full) + half, tone), piece('─'.repeat(rest), 'quiet')]
}

/** Counts on the left, time and money on the right. In a narrow window the kept go first, then the guess, then the money. */
function numbersRow(view: View, width: number, now: number): Row {
  const { tally } = view
  const bad = tally.failed + tally.uncertain
  const count = `${tally.stored + tally.kept} of ${counted(view.shots.length, 'shot')}`
  const kept = tally.kept > 0 ? ` · ${tally.kept} kept` : ''
  const failed = bad > 0 ? ` · ${bad} failed` : ''
  const remaining = remainingMs(view, now)
  const left = remaining === undefined ? '' : `, about ${roughly(remaining / 1000)} left`
  const time = clock(elapsedMs(view, now))
  const money = moneyText(view)
  const rows = [
    [count + kept, time + left + money],
    [count, time + left + money],
    [count, time + money],
    [count, time],
  ] as const
  const fits = ([start, end]: readonly [string, string]): boolean => widthOf(start + failed + end) + 2 <= width
  const [start, end] = rows.find(fits) ?? [count, '']
  return spread([piece(start), piece(failed, 'bad')], [piece(end)], width)
}

/** ` · $1.44 spent, $10.56 left`; nothing where the film is free. */
function moneyText(view: View): string {
  if (view.spent === 0 && view.reserved === 0 && view.plan.totals.price === 0) return ''
  const left = leftOf(view)
  return ` · ${formatMoney(view.spent)} spent${left === undefined ? '' : `, ${formatMoney(left)} left`}`
}

/** The longest name and the longest path of a film. They never change, and measuring thousands for each frame would show. */
const longest = new WeakMap<Plan, readonly [number, number]>()
function longestOf({ plan, shots }: View): readonly [number, number] {
  const known = longest.get(plan)
  if (known !== undefined) return known
  let [name, path] = [6, 6]
  for (const shot of shots) {
    name = Math.max(name, widthOf(oneLine(shot.name)))
    path = Math.max(path, widthOf(oneLine(shot.line.path)))
  }
  longest.set(plan, [name, path])
  return [name, path]
}

/** One width for all names, shown or not, so that columns stay where they are while the window moves. */
function nameWidth(view: View, entries: readonly Entry[], width: number): number {
  const [name, path] = longestOf(view)
  const full = entries.some((entry) => entry.kind === 'shot' && entry.full)
  return Math.min(full ? path : name, Math.max(8, Math.floor(width * 0.3)))
}

type Setting = { readonly width: number; readonly names: number; readonly now: number }

function entryRow(entry: Entry, setting: Setting): Row {
  switch (entry.kind) {
    case 'scene':
      return sceneRow(entry.scene, setting)
    case 'shot':
      return shotRow(entry.shot, entry.full, setting)
    case 'more':
      return [piece(`  … ${entry.count} more: ${[...entry.counts].map(([state, count]) => `${count} ${state}`).join(', ')}`, 'quiet')]
  }
}

function sceneRow(scene: SceneView, { width }: Setting): Row {
  const done = scene.tally.stored + scene.tally.kept
  const finished = isSceneDone(scene)
  const count = finished
    ? [piece(`${scene.shots.length} `, 'quiet'), piece('✓', 'good')]
    : [piece(`${done} of ${scene.shots.length}`, 'quiet')]
  const untouched = scene.tally.waiting + scene.tally.queued === scene.shots.length
  return spread([piece(oneLine(scene.name), finished || untouched ? 'quiet' : 'strong')], count, width)
}

/** `  ● open   ━━━━━━━───  54%  take 2 of 3 · sampling      0:12   $0.36`. All columns stand where they stand in a scene. */
function shotRow(shot: ShotView, full: boolean, { width, names, now }: Setting): Row {
  const inScene = !full && shot.scene !== ''
  const room = inScene ? names : names + 2
  const name = column(shortenMiddle(oneLine(full ? shot.line.path : shot.name), room), room)
  const quiet = shot.state === 'waiting' || shot.state === 'queued' || shot.state === 'blocked' || shot.state === 'kept'
  const left: Row = [
    piece(inScene ? '  ' : ''),
    glyphs[shot.state],
    piece(` ${name}  `, quiet ? 'quiet' : 'plain'),
    ...(isActive(shot) ? progressPieces(shot, width) : []),
    detail(shot, now),
  ]
  const time = shot.startedAt === undefined ? '' : clock(shotMs(shot, now))
  const money = shot.spent > 0 ? formatMoney(shot.spent) : ''
  const right = `${time.padStart(5)}${width >= 60 ? money.padStart(8) : ''}`
  return spread(left, time === '' ? [] : [piece(right, 'quiet')], width)
}

function progressPieces(shot: ShotView, width: number): readonly Piece[] {
  const share = shotProgress(shot)
  const percent = `${String(Math.floor(share * 100)).padStart(3)}%  `
  if (width < 60) return [piece(percent)]
  const room = Math.max(8, Math.min(20, Math.floor(width / 8)))
  return [...bar(share, room, 'live'), piece(` ${percent}`)]
}

/** The words after a shot's name: what is going on, or what went wrong. */
function detail(shot: ShotView, now: number): Piece {
  const job = shot.current
  const label = job === undefined ? '' : jobLabel(job.job, shot.line.takes)
  const join = (...parts: readonly string[]): string => parts.filter(Boolean).join(' · ')
  switch (shot.state) {
    case 'waiting':
      return piece(shotProgress(shot) > 0 ? 'goes on when its next step can' : '', 'quiet')
    case 'queued':
      return piece('in line', 'quiet')
    case 'submitting':
      return job?.settlesBy === undefined
        ? piece(join(label, 'sending'), 'quiet')
        : piece(`was it taken? asking, ${clock(job.settlesBy - now)} at most`, 'warn')
    case 'working':
      return piece(join(label, oneLine(job?.phase ?? '')), 'quiet')
    case 'downloading':
      return piece(join(label, 'downloading'), 'quiet')
    case 'checking':
      return piece(join(label, 'checking'), 'quiet')
    case 'retrying': {
      // One shot tries for all of its account: when it is whose turn again is not known here.
      const when =
        job?.triesUntil === undefined
          ? `again in ${roughly(Math.max(0, (job?.retryAt ?? now) - now) / 1000)}`
          : `no connection, trying ${clock(job.triesUntil - now)} more`
      return piece(join(when, oneLine(job?.failure?.message ?? '')), 'warn')
    }
    case 'stored':
      return piece(join(shot.line.takes > 1 ? counted(shot.line.takes, 'take') : '', formatSeconds(shot.line.seconds)), 'quiet')
    case 'kept':
      return piece(join('kept', formatSeconds(shot.line.seconds)), 'quiet')
    case 'failed':
    case 'uncertain': {
      const kind = shot.jobs.find((one) => one.state === shot.state)?.failure?.kind
      const word = shot.state === 'failed' ? 'failed' : 'nobody knows whether it was bought'
      return piece(
        shot.state === 'failed' && kind !== undefined ? `${word}: ${faultOf(kind)}` : word,
        shot.state === 'failed' ? 'bad' : 'warn',
      )
    }
    case 'blocked': {
      const cause = shot.jobs.find((one) => one.blockedBy !== undefined)?.blockedBy ?? ''
      return piece(blockedText(shot.line.path, cause), 'quiet')
    }
    case 'cancelled':
      return piece('stopped', 'quiet')
  }
}

/** The newest failures, two rows each: what went wrong, and what to do. */
function failureRows(view: View, room: number): readonly Row[] {
  const failures = failuresOf(view)
  const fitting = Math.max(1, Math.floor(room / 2))
  const chosen =
    failures.length <= fitting ? failures : [...failures.slice(0, 1), ...failures.slice(failures.length - fitting + 1)].slice(0, fitting)
  return chosen.flatMap((job): Row[] => {
    const tone = job.state === 'uncertain' ? 'warn' : 'bad'
    const next = oneLine(job.failure?.next ?? '')
    return [
      [piece(job.state === 'uncertain' ? '? ' : '✗ ', tone), piece(`${jobName(job)}  `, 'strong'), piece(failureText(job), tone)],
      ...(next === '' ? [] : [[piece(`  → ${next}`)]]),
    ]
  })
}

function cutRowOf(view: View, width: number): Row {
  const { phase = '', progress = 0 } = view.cut ?? {}
  const left: Row = [piece('● ', 'live'), piece('film  '), ...bar(progress, Math.max(6, Math.min(20, Math.floor(width / 6))), 'live')]
  return [...left, piece(` ${String(Math.floor(progress * 100)).padStart(3)}%  `), piece(oneLine(phase), 'quiet')]
}

const footer = (stopping: boolean): Row =>
  stopping
    ? [piece('stopping: what is out is taken in; ctrl-c once more stops at once', 'warn')]
    : [piece('ctrl-c stops cleanly; what is made stays made', 'quiet')]

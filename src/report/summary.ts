// The last words of a run, for the live view and the plain log alike: is the film there, what was made, what it cost,
// and for every failure its one line and what to type next.
import { formatMoney } from '../lang/money.ts'
import type { Source } from '../lang/source.ts'
import { formatSeconds, framesToSeconds } from '../lang/time.ts'
import { shellWord } from '../safe-text.ts'
import { renderPlace } from './frame.ts'
import type { Row } from './row.ts'
import { piece } from './row.ts'
import { adjustedText, clock, counted, failureWords, jobLabel, oneLine } from './say.ts'
import type { JobView, View } from './view.ts'
import { elapsedMs } from './view.ts'

/** Failures shown in full; more are counted. */
const shown = 20

/** Uncertain ones first: they may have cost money. Then in film order. */
export function failuresOf(view: View): readonly JobView[] {
  const all = [...view.failures.values()]
  return [...all.filter((job) => job.state === 'uncertain'), ...all.filter((job) => job.state !== 'uncertain')]
}

const blockingText = (job: JobView): string => (job.blocking === 0 ? '' : ` (${counted(job.blocking, 'more shot')} cannot begin)`)

/** `harbor/open`, with what of it where there is more than one clip: `harbor/open, take 2/3 · join`. */
export function jobName({ job, shot }: JobView): string {
  const label = jobLabel(job, shot.line.takes)
  return oneLine(shot.line.path) + (label === '' ? '' : `, ${label}`)
}

/** What went wrong in one line: whose doing, and how they put it. */
export const failureText = (job: JobView): string => (job.failure === undefined ? '' : `${failureWords(job.failure)}${blockingText(job)}`)

function headline(view: View): Row {
  const title = oneLine(view.plan.film.title)
  const { made, stopped } = view
  if (made !== undefined && stopped?.reason !== 'failed') {
    const length = formatSeconds(framesToSeconds(made.frames, view.plan.film.rate))
    const loudness = made.loudness === undefined ? '' : `, ${made.loudness.toFixed(1)} LUFS`
    return [piece('✓ ', 'good'), piece(title, 'strong'), piece(' is finished'), piece(`  ${length}${loudness}`, 'quiet')]
  }
  if (stopped?.reason === 'interrupted')
    return [piece('■ ', 'warn'), piece(title, 'strong'), piece(' was stopped; what is made stays made')]
  const bad = view.tally.failed + view.tally.uncertain
  const wait = view.tally.blocked === 0 ? '' : `, ${counted(view.tally.blocked, 'shot')} could not begin`
  if (bad > 0)
    return [
      piece('✗ ', 'bad'),
      piece(title, 'strong'),
      piece(` is not finished: ${bad} of ${counted(view.shots.length, 'shot')} failed${wait}`),
    ]
  return [piece('■ ', 'warn'), piece(title, 'strong'), piece(' is not finished')]
}

function numbers(view: View, now: number): Row {
  const { tally } = view
  const open = view.reserved + view.unfetched
  const parts = [
    tally.stored > 0 || tally.kept === 0 ? `${counted(tally.stored, 'shot')} made` : '',
    tally.kept > 0 ? `${tally.stored > 0 ? tally.kept : counted(tally.kept, 'shot')} kept` : '',
    view.spent > 0 || view.plan.totals.price > 0 ? `${formatMoney(view.spent)} spent` : '',
    open > 0 ? `up to ${formatMoney(open)} more may have been billed` : '',
    `in ${clock(elapsedMs(view, now))}`,
  ]
  return [piece(`  ${parts.filter(Boolean).join(' · ')}`, 'quiet')]
}

type Sources = ReadonlyMap<string, Source>
export type SummaryOptions = { readonly sources?: Sources; readonly script?: string }

/** The line of the script that asked for it. */
function placeRows({ job }: JobView, sources: Sources | undefined): readonly Row[] {
  if (sources?.has(job.span.path) !== true) return []
  return renderPlace(job.span, sources, { colour: false, width: 100 }).map((line): Row => [piece(`    ${line}`, 'quiet')])
}

/** What it did to the purse, where its line does not say so already. */
function purseRows({ failure, job }: JobView): readonly Row[] {
  if (job.price === 0 || failure?.billed === undefined || failure.billed === 'yes') return []
  return [[piece(`    ${failure.billed === 'no' ? 'it was not billed' : 'it may have been billed'}`, 'quiet')]]
}

/** What to type about it, where it can be said exactly. */
function commandRows(script: string, { failure, job, state }: JobView): readonly Row[] {
  const command = `ltx resolve ${script} ${oneLine(job.path)}`
  if (state === 'uncertain') return [[piece('      ', 'quiet'), piece(`${command} --resubmit | --found ID | --give-up`, 'live')]]
  if (failure?.kind === 'mismatch' && job.price > 0) return [[piece('      ', 'quiet'), piece(`${command} --resubmit | --give-up`, 'live')]]
  if (failure?.kind === 'expired' && !failure.retry && job.price > 0 && failure.billed !== 'no')
    return [[piece('      ', 'quiet'), piece(`${command} --resubmit | --found ID`, 'live')]]
  return []
}

function failureRows(job: JobView, { script, sources }: SummaryOptions & { readonly script: string }): readonly Row[] {
  const uncertain = job.state === 'uncertain'
  const what = failureText(job)
  const next = job.failure === undefined ? '' : oneLine(job.failure.next)
  return [
    [piece(uncertain ? '  ? ' : '  ✗ ', uncertain ? 'warn' : 'bad'), piece(jobName(job), 'strong'), piece(`  ${what}`)],
    ...placeRows(job, sources),
    ...purseRows(job),
    ...(next === '' ? [] : [[piece(`    → ${next}`, 'quiet')]]),
    ...commandRows(script, job),
  ]
}

/** Clips whose host made something else than it was asked for. */
function adjustedRows(view: View): readonly Row[] {
  const all = [...view.adjusted.values()]
  const more = all.length - shown
  return [
    ...all.slice(0, shown).map((event) => {
      const job = view.jobs.get(event.job)
      return [
        piece('  ! ', 'warn'),
        piece(job === undefined ? oneLine(event.job) : jobName(job), 'strong'),
        piece(`  ${adjustedText(event)}`),
      ]
    }),
    ...(more > 0 ? [[piece(`  … and ${counted(more, 'more clip')} that came otherwise`, 'quiet')]] : []),
  ]
}

/** All of it, top to bottom. Rows may be longer than the screen is wide: nothing of a message is cut here. */
export function summaryRows(view: View, now: number, options: SummaryOptions = {}): readonly Row[] {
  const script = options.script ?? shellWord(view.plan.film.span.path)
  const failures = failuresOf(view)
  const more = failures.length - shown
  const unfinished = view.made === undefined || view.stopped?.reason === 'failed'
  return [
    headline(view),
    numbers(view, now),
    ...adjustedRows(view),
    ...failures.slice(0, shown).flatMap((job) => failureRows(job, { ...options, script })),
    ...(more > 0 ? [[piece(`  … and ${counted(more, 'more failure')}`, 'quiet')]] : []),
    ...(unfinished && view.startedAt !== undefined ? [goOn(view, script)] : []),
  ]
}

function goOn(view: View, script: string): Row {
  const rung = view.plan.rung === 'final' ? '' : ` --${view.plan.rung}`
  return [piece('  go on: ', 'quiet'), piece(`ltx render ${script}${rung}`), piece('  (nothing is bought twice)', 'quiet')]
}

// A run for a log: one line an event, `time  word  what`, stable enough to grep, with nothing that moves. Progress is
// told in quarters and kept clips in one line, so that a long film does not bury its failures.
import { formatMoney } from '../lang/money.ts'
import type { Plan } from '../lang/plan.ts'
import { formatSeconds, framesToSeconds } from '../lang/time.ts'
import type { EventType, Stamped } from '../runtime/event.ts'
import { widthOf } from './cell.ts'
import type { Tone } from './row.ts'
import { paint, piece } from './row.ts'
import { adjustedText, blockedText, clock, counted, failureWords, fileSize, oneLine, roughly, settlingText } from './say.ts'
import type { Screen, ScreenOptions, Stream } from './stream.ts'
import { summaryRows } from './summary.ts'
import type { View } from './view.ts'
import { emptyView, fold } from './view.ts'

type Said = { readonly word: string; readonly text: string; readonly tone?: Tone; readonly next?: string }

export function openPlain(plan: Plan, stream: Stream, { colour, now, only, ...words }: ScreenOptions): Screen {
  const view = emptyView(plan, only)
  const told = new Map<string, string>()
  let kept = 0
  let lag = 0
  const since = (at: number): string => clock(at - (view.startedAt ?? at)).padStart(5)
  const line = (at: number, { word, text, tone = 'plain', next }: Said): void => {
    const row = [piece(`${since(at)}  `, 'quiet'), piece(`${word} `.padEnd(10), tone), piece(text)]
    stream.write(`${paint(row, colour)}\n`)
    if (next !== undefined && next !== '') stream.write(`${paint([piece(`${' '.repeat(17)}→ ${next}`, 'quiet')], colour)}\n`)
  }
  const flushKept = (at: number): void => {
    if (kept > 0) line(at, { word: 'kept', text: `${counted(kept, 'clip')} made before`, tone: 'quiet' })
    kept = 0
  }
  return {
    event(event) {
      lag = now() - event.at
      fold(view, event)
      if (event.type === 'job.kept') {
        kept += 1
        return
      }
      const said = say(view, event, told)
      if (said === undefined) return
      flushKept(event.at)
      line(event.at, said)
    },
    stopping: () => line(now() - lag, { word: 'stopping', text: 'what is out is taken in; once more stops at once', tone: 'warn' }),
    async close() {
      flushKept(view.lastAt)
      if (view.startedAt === undefined) return
      for (const row of summaryRows(view, view.lastAt, words)) stream.write(`${paint(row, colour)}\n`)
    },
  }
}

/** Pads a job's name so that what follows lines up, without cutting it. */
const named = (job: string): string => {
  const name = oneLine(job)
  return name + ' '.repeat(Math.max(2, 24 - widthOf(name)))
}

/** ffmpeg's own small steps are free and short: a line when one is there, or has failed, is enough. */
const small = new Set<EventType>(['job.intent', 'job.accepted', 'job.progress', 'job.done'])

function say(view: View, event: Stamped, told: Map<string, string>): Said | undefined {
  const job = 'job' in event ? view.jobs.get(event.job)?.job : undefined
  if (job?.provider === 'cut' && small.has(event.type)) return undefined
  switch (event.type) {
    case 'run.started':
      return { word: 'run', text: runText(event), tone: 'strong' }
    case 'run.stopped':
      return { word: event.reason, text: stoppedText(event), tone: event.reason === 'finished' ? 'good' : 'warn' }
    case 'cut.progress':
      return quarter(told, 'cut', event.phase, event.progress, 'film')
    case 'cut.made':
      return { word: 'film', text: oneLine(event.output), tone: 'good' }
    case 'job.kept':
    case 'job.queued':
      return undefined
    case 'job.intent':
      return { word: 'start', text: named(event.job) + intentText(event), tone: 'live' }
    case 'job.sent':
      return undefined
    case 'job.settling':
      return { word: 'asking', text: named(event.job) + settlingText(event.until - event.at), tone: 'warn' }
    case 'job.absent':
      return { word: 'absent', text: `${named(event.job)}the host never had it: nothing was bought, it is sent anew`, tone: 'warn' }
    case 'job.accepted':
      return job?.price === 0 ? undefined : { word: 'accepted', text: `${named(event.job)}by ${oneLine(event.provider)}` }
    case 'job.progress':
      return quarter(told, event.job, event.phase, event.progress, 'working')
    case 'job.done':
      if (event.billed === 0) return undefined
      return {
        word: 'done',
        text: `${named(event.job)}${[oneLine(event.servedModel), formatMoney(event.billed)].filter(Boolean).join(', ')}`,
      }
    case 'job.adjusted':
      return event.policy === 'warn' ? { word: 'adjusted', text: named(event.job) + adjustedText(event), tone: 'warn' } : undefined
    case 'job.stored':
      return { word: 'stored', text: named(event.job) + deliveredText(event), tone: 'good' }
    case 'job.retrying':
      return { word: 'again', text: `${named(event.job)}${retryOf(event)}; ${failureOf(event)}`, tone: 'warn' }
    case 'job.failed':
      return { word: 'failed', text: named(event.job) + failureOf(event), tone: 'bad', next: oneLine(event.failure.next) }
    case 'job.uncertain':
      return { word: 'uncertain', text: named(event.job) + failureOf(event), tone: 'bad', next: oneLine(event.failure.next) }
    case 'job.blocked':
      return {
        word: 'blocked',
        text: named(event.job) + blockedText(event.job, view.jobs.get(event.job)?.blockedBy ?? event.by),
        tone: 'warn',
      }
    case 'job.resolved':
      return { word: 'resolved', text: named(event.job) + resolvedText[event.how], tone: 'warn' }
    case 'job.cancelled':
      return { word: 'cancelled', text: oneLine(event.job), tone: 'warn' }
  }
}

const resolvedText = {
  resubmit: 'is bought again; what was sent before counts as spent',
  found: 'was found at the host',
  'give-up': 'is let be; what was sent counts as spent',
} as const

const retryOf = ({ at, waitMs, until }: Extract<Stamped, { type: 'job.retrying' }>): string =>
  `in ${roughly(waitMs / 1000)}${until === undefined ? '' : `, and on for ${clock(until - at)} at most`}`

const failureOf = (event: Extract<Stamped, { readonly failure: unknown }>): string => failureWords(event.failure)

function runText(event: Extract<Stamped, { type: 'run.started' }>): string {
  const ceiling = event.budget === undefined ? '' : ` of ${formatMoney(event.budget)}`
  const price = event.price === 0 ? 'free' : `up to ${formatMoney(event.price)}${ceiling}`
  return `${oneLine(event.film)} (${oneLine(event.rung)}): ${counted(event.jobs, 'job')}, ${event.make} to make, ${price}`
}

function stoppedText(event: Extract<Stamped, { type: 'run.stopped' }>): string {
  const bad = [
    event.failed > 0 ? `${event.failed} failed` : '',
    event.blocked > 0 ? `${event.blocked} blocked` : '',
    event.spent > 0 ? `${formatMoney(event.spent)} spent` : '',
  ]
  return [`${event.made} made`, `${event.kept} kept`, ...bad.filter(Boolean)].join(', ')
}

function intentText(event: Extract<Stamped, { type: 'job.intent' }>): string {
  const seed = event.seed === undefined ? '' : `, seed ${event.seed}`
  const again = event.attempt > 1 ? `, attempt ${event.attempt}` : ''
  return `on ${oneLine(event.provider)}${seed}${again}${event.reserved > 0 ? `, up to ${formatMoney(event.reserved)}` : ''}`
}

function deliveredText(event: Extract<Stamped, { type: 'job.stored' }>): string {
  const { frames, rate, size, bytes } = event.delivered
  return `${formatSeconds(framesToSeconds(frames, rate))} ${size.width}x${size.height}, ${fileSize(bytes)}`
}

/**
 * Says progress when the phase changes and at each further quarter; the rest would only fill the log. What is done says so in a line of its
 * own.
 */
function quarter(told: Map<string, string>, id: string, phase: string, progress: number, word: string): Said | undefined {
  if (progress >= 1) return undefined
  const percent = Math.max(0, Math.min(75, Math.floor((progress || 0) * 4) * 25))
  const name = oneLine(phase)
  const text = [name, percent > 0 ? `${percent}%` : ''].filter(Boolean).join(' ')
  const before = told.get(id)
  // Within one phase the figure only goes up; a host that counts back is not worth a line.
  const back = before?.startsWith(name) === true && Number(/(\d+)%$/.exec(before)?.[1] ?? 0) >= percent
  if (text === '' || back) return undefined
  told.set(id, text)
  return { word, text: id === 'cut' ? text : named(id) + text }
}

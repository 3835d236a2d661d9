// `ltx plan --shot PATH`: one item in full. Its merged settings, the parts of its words as they stand after inheritance,
// the very prompt that is sent, and each job of its first take with what goes in and what it costs.
import type { Input, Job, Plan, PlanLine } from '../lang/plan.ts'
import type { Path, Program, Words } from '../lang/program.ts'
import { closest } from '../lang/suggest.ts'
import { framesToSeconds } from '../lang/time.ts'
import { wrap } from './cell.ts'
import {
  bridgeText,
  type Ceiling,
  ceilingText,
  classText,
  marks,
  moveText,
  priceText,
  rateText,
  routedText,
  secondsText,
} from './plan-words.ts'
import type { Row } from './row.ts'
import { paint, piece } from './row.ts'
import { counted, oneLine, roughly } from './say.ts'

export type ShotLook = {
  readonly colour: boolean
  readonly width: number
  /** Its ceiling, and what is left of it. */
  readonly ceiling?: Ceiling
  /** The film as it is typed from where the person is. */
  readonly script?: string
}

const margin = 11

/** `label      text`, the text wrapped beside it. Nothing where there is no text. */
export function labelled(label: string, text: string, width: number): readonly Row[] {
  const lines = wrap(oneLine(text), Math.max(20, width - margin - 2))
  return lines.map((line, index) => [piece(`  ${(index === 0 ? label : '').padEnd(margin)}`, 'quiet'), piece(line)])
}

/** The line and jobs of an item; undefined when the plan has no such item. */
export function findItem(plan: Plan, path: Path): { readonly line: PlanLine; readonly jobs: readonly Job[] } | undefined {
  const line = plan.lines.find((candidate) => candidate.path === path)
  if (line === undefined) return undefined
  const ids = new Set(line.jobs)
  return { line, jobs: plan.jobs.filter((job) => ids.has(job.id)) }
}

/** What to say when there is no such shot. */
export function noItemText(plan: Plan, path: Path): string {
  const paths = plan.lines.map((line) => line.path)
  const meant = closest(path, paths) ?? paths.find((candidate) => candidate.endsWith(`/${path}`))
  const some = paths.slice(0, 6).map(oneLine).join(', ')
  const hint = meant === undefined ? `it has ${some}${paths.length > 6 ? ', …' : ''}` : `did you mean \`${oneLine(meant)}\`?`
  return `the film has no shot \`${oneLine(path)}\`; ${hint}`
}

/** `program`: the same film before it was planned, for the parts of the words; a plan only has them joined. Where there is no such item, `noItemText`. */
export function planShotText(program: Pick<Program, 'items'>, plan: Plan, path: Path, look: ShotLook): string {
  const found = findItem(plan, path)
  if (found === undefined) return `${noItemText(plan, path)}\n`
  const { line, jobs } = found
  const item = program.items.find((candidate) => candidate.path === path)
  const first = jobs.filter((job) => job.take === 1)
  const main = first[0]
  const rows: readonly Row[] = [
    headRow(line),
    ...settingRows(plan, line, look),
    ...(item?.kind === 'shot' ? [[], heading('words, merged'), ...wordRows(item.words, look.width)] : []),
    ...(main === undefined || main.request.prompt === '' ? [] : [[], heading('sent to the model'), ...promptRows(main, look.width)]),
    [],
    heading(line.takes > 1 ? `jobs of take 1 of ${line.takes} (the others: the same with the next seeds)` : 'jobs'),
    ...first.flatMap((job) => jobRows(job, main, look.width)),
  ]
  return `${rows.map((row) => paint(row, look.colour)).join('\n')}\n`
}

const heading = (text: string): Row => [piece(text, 'strong')]

function headRow(line: PlanLine): Row {
  const { glyph, tone, word } = marks[line.change]
  return [
    piece(`${glyph} `, tone),
    piece(oneLine(line.path), 'strong'),
    piece(`  ${line.kind}, ${secondsText(line.seconds)}, ${word}`, 'quiet'),
  ]
}

function settingRows(plan: Plan, line: PlanLine, { width, ceiling }: ShotLook): readonly Row[] {
  const rows = (label: string, text: string): readonly Row[] => labelled(label, text, width)
  const shot = line.kind === 'shot'
  const estimated = plan.jobs.filter((job) => line.jobs.includes(job.id) && job.made === undefined && job.estimated)
  const price = priceText(
    line.price,
    estimated.reduce((sum, job) => sum + job.price, 0),
  )
  return [
    ...line.because.flatMap((reason, index) => rows(index === 0 ? 'because' : '', reason)),
    ...(shot ? rows('made by', [routedText(line), line.model, `(${line.quality})`].filter(Boolean).join(' ')) : []),
    ...(line.moves ?? []).flatMap((move, index) => rows(index === 0 ? 'moves' : '', moveText(move))),
    ...(shot ? rows('asked', `${secondsText(line.asked)}, bought ${secondsText(line.bought)}, for ${counted(line.takes, 'take')}`) : []),
    ...(line.bridges.length > 0 ? rows('bridges', line.bridges.map((bridge) => bridgeText(bridge, plan.film.rate)).join(', ')) : []),
    ...(shot && line.reproducibility !== 'keep-bytes' ? rows('seed', String(line.seed)) : []),
    ...(shot ? rows('class', `${line.reproducibility}: ${classText(line.reproducibility)}`) : []),
    ...(line.change === 'keep' ? [] : rows('price', `${price}, about ${roughly(line.expected)}`)),
    ...(ceiling === undefined ? [] : rows('budget', ceilingText(ceiling))),
  ]
}

function wordRows(words: Words, width: number): readonly Row[] {
  const rows = (label: string, texts: readonly string[]): readonly Row[] =>
    texts.flatMap((text, index) => labelled(index === 0 ? label : '', text, width))
  return [
    ...rows('setting', [words.setting]),
    ...rows('action', words.action),
    ...rows('camera', words.camera),
    ...rows('look', words.look),
    ...rows('sound', words.sound),
    ...rows(
      'say',
      words.say.map(({ who, text }) => `${who === undefined ? '' : `${who}: `}"${text}"`),
    ),
    ...rows('avoid', words.avoid),
  ]
}

function promptRows({ request }: Job, width: number): readonly Row[] {
  return [
    ...labelled('prompt', request.prompt, width),
    ...labelled('', `(${counted([...request.prompt].length, 'character')})`, width),
    ...labelled('negative', request.negative, width),
    ...request.segments.flatMap(({ from, to, text }) => labelled('at', `frames ${from} to ${to}: ${text}`, width)),
    ...request.keys.flatMap(({ frame, strength }) => labelled('key', `frame ${frame}, ${Math.round(strength * 100)}%`, width)),
  ]
}

/** A job in two lines or more: what and how much, then what goes in. The prompt again only where it is another one. */
function jobRows(job: Job, main: Job | undefined, width: number): readonly Row[] {
  const made = job.made !== undefined
  const { request } = job
  const length = request.frames > 0 ? `${secondsText(framesToSeconds(request.frames, request.rate))} ` : ''
  const what = `${job.operation}, ${length}${request.size.width}x${request.size.height}, ${rateText(request.rate)} fps`
  const cost = made ? 'made before' : priceText(job.price, job.estimated ? job.price : 0)
  const own = request.prompt !== '' && job !== main && request.prompt !== main?.request.prompt
  return [
    [piece(`  ${made ? '=' : '+'} `, made ? 'quiet' : 'good'), piece(oneLine(job.id)), piece(`  ${what}, ${cost}`, 'quiet')],
    ...(job.inputs.length > 0 ? labelled('', `from ${job.inputs.map(inputText).join(', ')}`, width) : []),
    ...(request.heard === undefined
      ? []
      : labelled('', `hears ${secondsText(request.heard.from)} to ${secondsText(request.heard.to)}`, width)),
    ...(own ? labelled('', request.prompt, width) : []),
  ]
}

export const inputText = (input: Input): string => `${input.kind === 'asset' ? input.path : input.id} (${input.slot})`

// `ltx why SHOT`: what decides whether a shot is made or kept. The verdict and its reasons, then for each job the parts
// of its key, then what has no part in it, then what to type.
import type { Job, Plan, PlanLine } from '../lang/plan.ts'
import type { Path } from '../lang/program.ts'
import { shellWord } from '../safe-text.ts'
import { findItem, labelled, noItemText, type ShotLook } from './plan-shot-text.ts'
import { moveText, rateText, routedText } from './plan-words.ts'
import type { Row } from './row.ts'
import { paint, piece } from './row.ts'
import { counted, oneLine } from './say.ts'

export type WhyLook = ShotLook

/** Where the plan has no such item, `noItemText`. */
export function whyText(plan: Plan, path: Path, look: WhyLook): string {
  const { colour, width } = look
  const found = findItem(plan, path)
  if (found === undefined) return `${noItemText(plan, path)}\n`
  const { line, jobs } = found
  const rows: readonly Row[] = [
    [piece(oneLine(line.path), 'strong'), piece(` ${verdict(line, jobs)}`)],
    ...line.because.flatMap((reason) => labelled('because', reason, width)),
    ...(line.route === undefined ? [] : labelled('made by', routedText(line), width)),
    ...(line.moves ?? []).flatMap((move) => labelled('moves', moveText(move), width)),
    ...jobs.flatMap((job) => [[], ...jobRows(job, jobs[0], plan, width)]),
    [],
    ...labelled('no part', 'names, places in the film, comments, layout, picks of other shots, local paths', width),
    ...nextRows(plan, line, look),
  ]
  return `${rows.map((row) => paint(row, colour)).join('\n')}\n`
}

function verdict(line: PlanLine, jobs: readonly Job[]): string {
  const make = jobs.filter((job) => job.made === undefined).length
  switch (line.change) {
    case 'keep':
      return `is kept: ${jobs.length === 1 ? 'its clip is' : `all ${jobs.length} of its clips are`} in the store under the right key`
    case 'new':
      return `is new: ${counted(make, 'clip')} to make`
    case 'change':
      return `has changed: ${make} of ${counted(jobs.length, 'clip')} to make`
    case 'recut':
      return `is cut again: ${make} of ${counted(jobs.length, 'clip')}, by ffmpeg alone; nothing is bought`
    case 'drop':
      return 'is no longer in the script; its clips stay in the store'
  }
}

const short = (hash: string): string => hash.slice(0, 12)

/** The key's parts: the request, and the bytes that go in. Words only where they differ from the first job's. */
function jobRows(job: Job, first: Job | undefined, plan: Plan, width: number): readonly Row[] {
  const { request } = job
  const made = job.made !== undefined
  const rows = (label: string, text: string): readonly Row[] => labelled(label, text, width)
  const asked = [
    request.provider,
    request.model,
    `${request.size.width}x${request.size.height}`,
    `${rateText(request.rate)} fps`,
    ...(request.frames > 0 ? [counted(request.frames, 'frame')] : []),
    ...(request.seed === undefined ? [] : [`seed ${request.seed}`]),
    ...(request.take === undefined ? [] : [`take ${request.take}`]),
    ...(request.sound ? [] : ['silent']),
  ]
  const sameWords = job !== first && request.prompt === first?.request.prompt
  return [
    [piece(made ? '= ' : '+ ', made ? 'quiet' : 'good'), piece(oneLine(job.id), 'strong'), piece(`  ${job.operation}`, 'quiet')],
    ...rows('key', job.key === undefined ? `known when ${waitsFor(job, plan)} is made` : short(job.key)),
    ...rows('clip', job.made === undefined ? 'none under this key' : short(job.made.sha256)),
    ...rows('request', asked.filter(Boolean).join(', ')),
    ...(request.prompt === '' ? [] : rows('prompt', sameWords ? 'the same' : request.prompt)),
    ...rows('negative', sameWords ? '' : request.negative),
    ...rows('model', modelText(request)),
    ...rows('lora', (request.loras ?? []).map(({ path, scale }) => (scale === 1 ? path : `${path} at ${scale}`)).join(', ')),
    ...(request.extend === undefined
      ? []
      : rows('extend', `at the ${request.extend.at}, shown ${counted(request.extend.context, 'frame')}`)),
    ...(request.retake === undefined
      ? []
      : rows('retake', `frames ${request.retake.from} to ${request.retake.to}, ${request.retake.mode}`)),
    ...(request.edit === undefined ? [] : rows('edit', JSON.stringify(request.edit).replaceAll(',"', ', "'))),
    ...job.inputs.flatMap((input) =>
      rows(
        'bytes of',
        input.kind === 'asset' ? `${input.path} (${input.slot}) ${short(input.sha256)}` : madeText(input.id, input.slot, plan),
      ),
    ),
  ]
}

/** The model's bytes, how it is run, and by what, where all this is of a machine of one's own. */
function modelText({ weights, stack, stages, tuning }: Job['request']): string {
  const parts = [
    ...(weights === undefined ? [] : [`files ${short(weights)}`]),
    ...(stages === undefined ? [] : [stages === 2 ? 'two passes' : 'one pass']),
    ...Object.entries(tuning ?? {}).map(([name, value]) => `${name} ${value}`),
    ...(stack === undefined ? [] : [`run by ${stack}`]),
  ]
  return parts.join(', ')
}

const jobOf = (id: string, plan: Plan): Job | undefined => plan.jobs.find((job) => job.id === id)
const madeText = (id: string, slot: string, plan: Plan): string => {
  const made = jobOf(id, plan)?.made
  return `${id} (${slot}) ${made === undefined ? 'not made yet' : short(made.sha256)}`
}

/** The first input that is not there yet. */
function waitsFor(job: Job, plan: Plan): string {
  const input = job.inputs.find((one) => one.kind === 'job' && jobOf(one.id, plan)?.made === undefined)
  return input?.kind === 'job' ? input.id : 'what it goes on from'
}

function nextRows(plan: Plan, line: PlanLine, look: ShotLook): readonly Row[] {
  if (line.change === 'drop') return []
  const { script = shellWord(plan.film.span.path) } = look
  const rung = plan.rung === 'final' ? '' : ` --${plan.rung}`
  const say = (command: string, does: string): Row => [piece('→ ', 'live'), piece(command), piece(`  ${does}`, 'quiet')]
  const full = say(`ltx plan ${script}${rung} --shot ${oneLine(line.path)}`, 'the same shot in full')
  return line.change === 'keep' ? [full] : [full, say(`ltx render ${script}${rung} --only ${oneLine(line.path)}`, 'makes it')]
}

// `route` in a project or a scene: which provider makes the shots that are like this. In go the placed statements, out come
// routes with their conditions worked out. One that can never hold, or that another one hides, is reported.

import type { Route } from '../program.ts'
import type { Span } from '../source.ts'
import type { Rate } from '../time.ts'
import { argument, clauseArgument, framesText, hasClause, readFrames, readReference, secondsText } from './argument.ts'
import type { Placed } from './expand.ts'
import { type Frame, report } from './expansion.ts'
import type { Settings } from './settings.ts'

export type RouteRules = {
  readonly knownProvider: (name: string) => boolean
  /** Reports a provider that nobody declared. */
  readonly findProvider: (frame: Frame, on: { readonly name: string; readonly span: Span }) => string
}

const beginnings = ['text-to-video', 'image-to-video', 'audio-to-video'] as const
const steps = ['extend', 'retake'] as const

/** Words of which one shot has one at most. */
const exclusive: readonly (readonly string[])[] = [
  beginnings,
  ['sound-led', 'picture-led'],
  ['draft', 'final'],
  ['fast', 'pro'],
  // What drives a picture leads it, and a draft is made on the fast models.
  ['audio-to-video', 'picture-led'],
  ['draft', 'pro'],
]

export function readRoutes(settings: Settings, rate: Rate, rules: RouteRules): readonly Route[] {
  const read = settings.all('route').map((placed) => ({ placed, route: readRoute(placed, rate, rules) }))
  const routes: Route[] = []
  for (const { placed, route } of read) {
    if (route === undefined) continue
    const hider = routes.find((earlier) => hides(earlier, route))
    if (hider !== undefined) {
      const notes = [{ message: 'this one takes them first', span: hider.span }]
      report(placed.frame, 'route.hidden', placed.command.span, { route: route.words }, { notes })
    }
    routes.push(route)
  }
  return routes
}

function readRoute(placed: Placed, rate: Rate, rules: RouteRules): Route | undefined {
  const to = readReference(argument(placed, 'provider'), rules.knownProvider)
  const over = readFrames(clauseArgument(placed, 'over', 'length'), rate, 0)
  const under = readFrames(clauseArgument(placed, 'under', 'length'), rate)
  if (to === undefined || !makesSense(placed, { over, under }, rate)) return undefined
  const has = (clause: string): boolean => hasClause(placed, clause)
  const start = beginnings.find(has)
  return {
    provider: rules.findProvider(placed.frame, to),
    ...(start === undefined ? {} : { start }),
    steps: steps.filter(has),
    ...(over === undefined ? {} : { over }),
    ...(under === undefined ? {} : { under }),
    ...(has('sound-led') ? { soundLed: true } : has('picture-led') ? { soundLed: false } : {}),
    ...(has('draft') ? { rung: 'draft' } : has('final') ? { rung: 'final' } : {}),
    ...(has('fast') ? { quality: 'fast' } : has('pro') ? { quality: 'pro' } : {}),
    moves: has('moves'),
    words: wordsOf(placed, { over, under }, rate),
    span: placed.command.span,
  }
}

type Lengths = { readonly over: number | undefined; readonly under: number | undefined }

/** Says what a route can never mean. */
function makesSense(placed: Placed, { over, under }: Lengths, rate: Rate): boolean {
  const { frame, command, bound } = placed
  const has = (clause: string): boolean => bound.clauses.has(clause)
  if ([...bound.clauses.keys()].every((clause) => clause === 'moves')) {
    const fixes = [{ kind: 'edit' as const, title: 'write `on`', edits: [{ span: command.word.span, text: 'on' }], certain: false }]
    report(frame, 'route.always', command.span, {}, has('moves') ? {} : { fixes })
    return false
  }
  const pair = exclusive.map((words) => words.filter(has)).find((found) => found.length > 1)
  if (pair !== undefined) {
    report(frame, 'route.never', command.span, { why: `no shot is both \`${pair[0]}\` and \`${pair[1]}\`` })
    return false
  }
  // Whole frames above the one and below the other.
  if (over !== undefined && under !== undefined && under - over < 2) {
    const why = `no shot is longer than ${framesText(over, rate)} and shorter than ${framesText(under, rate)}`
    report(frame, 'route.never', command.span, { why })
    return false
  }
  if (has('moves') && !steps.some(has)) {
    report(frame, 'route.moves-nothing', command.span, {})
    return false
  }
  return true
}

/** Its conditions, in the order of the table: `extend, over 10s`. */
function wordsOf({ row, bound }: Placed, lengths: Lengths, rate: Rate): string {
  const written = row.clauses.map(({ word }) => word).filter((word) => word !== 'moves' && bound.clauses.has(word))
  return written
    .map((word) => {
      const frames = word === 'over' ? lengths.over : word === 'under' ? lengths.under : undefined
      return frames === undefined ? word : `${word} ${secondsText(frames, rate)}`
    })
    .join(', ')
}

/** Whether every shot that the later one means is the earlier one's already. */
function hides(earlier: Route, later: Route): boolean {
  const same = <K extends 'start' | 'soundLed' | 'rung' | 'quality'>(name: K): boolean =>
    earlier[name] === undefined || earlier[name] === later[name]
  return (
    earlier.moves === later.moves &&
    (earlier.moves ? later.steps.every((step) => earlier.steps.includes(step)) : true) &&
    earlier.steps.every((step) => later.steps.includes(step)) &&
    same('start') &&
    same('soundLed') &&
    same('rung') &&
    same('quality') &&
    (earlier.over === undefined || (later.over ?? -1) >= earlier.over) &&
    (earlier.under === undefined || (later.under ?? Number.POSITIVE_INFINITY) <= earlier.under)
  )
}

// The `extend`s and `retake`s of a shot, in the order written: each works on what all above it made, so the length so far is
// carried along and every range is checked against it.

import type { Step } from '../program.ts'
import type { Rate } from '../time.ts'
import { argument, clauseArgument, framesText, hasClause, readFrameRange, readFrames, readInt, readText, readWord } from './argument.ts'
import { expandBlock, type Placed } from './expand.ts'
import { report } from './expansion.ts'
import { largestSeed } from './film-statement.ts'
import type { LintShot } from './lint.ts'
import { readPieces } from './prompt-statement.ts'
import { readSettings, type Settings } from './settings.ts'
import { inLink, type Piece, type Pieces, wordsOf } from './words.ts'

export type StepsContext = {
  readonly settings: Settings
  /** The shot's own words, and its scene's. */
  readonly own: Pieces
  readonly scene: Pieces
  readonly seed: number
  readonly rate: Rate
  /** Of the first link; absent where sound gives it. */
  readonly frames?: number
}

export type StepsRead = { readonly steps: readonly Step[]; readonly lint: Pick<LintShot, 'extends' | 'retakes'> }

export function readSteps(context: StepsContext): StepsRead {
  const steps: Step[] = []
  const links: LintShot['extends'][number][] = []
  const retakes: LintShot['retakes'][number][] = []
  let length = context.frames
  for (const placed of context.settings.statements) {
    const { word } = placed.row
    if (word !== 'extend' && word !== 'retake') continue
    const settings = readSettings(expandBlock(placed.command.block, placed.frame, word), word)
    const own = readPieces(settings, ownWords(placed))
    const seed = readInt(settingOf(settings, 'seed', 'seed'), 0, largestSeed) ?? context.seed
    const written: Written = { placed, settings, own, seed }
    const step = word === 'extend' ? readExtend(written, context) : readRetake(written, context, length)
    if (word === 'retake') retakes.push({ own })
    if (step === undefined) continue
    steps.push(step)
    if (step.kind === 'retake') continue
    links.push({ frames: step.frames, span: placed.bound.args.get('duration')?.[0]?.span ?? placed.command.span, own })
    length = length === undefined ? undefined : length + step.frames
  }
  return { steps, lint: { extends: links, retakes } }
}

type Written = { readonly placed: Placed; readonly settings: Settings; readonly own: Pieces; readonly seed: number }

const settingOf = (settings: Settings, word: string, name: string): ReturnType<typeof argument> => {
  const placed = settings.one(word)
  return placed === undefined ? undefined : argument(placed, name)
}

function ownWords(placed: Placed): readonly Piece[] {
  const words = readText(argument(placed, 'words'))
  return words === undefined || words.text.trim() === '' ? [] : [{ text: words.text, span: words.span }]
}

function readExtend({ placed, settings, own, seed }: Written, context: StepsContext): Extract<Step, { kind: 'extend' }> | undefined {
  const frames = readFrames(argument(placed, 'duration'), context.rate)
  const shown = readFrames(settingOf(settings, 'context', 'length'), context.rate)
  if (frames === undefined) return undefined
  return {
    kind: 'extend',
    frames,
    at: hasClause(placed, 'before') ? 'start' : 'end',
    words: wordsOf(inLink(context.scene, context.own, own)),
    ...(shown === undefined ? {} : { context: shown }),
    seed,
    span: placed.command.span,
  }
}

function readRetake({ placed, settings, own, seed }: Written, context: StepsContext, length: number | undefined): Step | undefined {
  const range = readRange(placed, context.rate, length)
  const keep = readWord(settingOf(settings, 'keep', 'part'), ['sound', 'picture'] as const)
  if (range === undefined) return undefined
  // With no words of its own the stretch is told all that the shot was told, its lines with it.
  const say = own.action.length === 0 && keep !== 'sound' ? context.own.say : []
  const words = { ...wordsOf(inLink(context.scene, context.own, own)), say }
  return { kind: 'retake', range, words, ...(keep === undefined ? {} : { keep }), seed, span: placed.command.span }
}

function readRange(placed: Placed, rate: Rate, length: number | undefined): Extract<Step, { kind: 'retake' }>['range'] | undefined {
  const last = clauseArgument(placed, 'last', 'length')
  const written = argument(placed, 'range')
  if (last === undefined && written === undefined) {
    const argumentText = 'a range such as `2s..4s`, or `last 2s`'
    report(placed.frame, 'statement.missing', placed.command.word.span, { word: 'retake', argument: argumentText })
    return undefined
  }
  if (last !== undefined && written !== undefined) {
    report(placed.frame, 'statement.too-many', written.expr.span, { word: 'retake', found: 'a range beside `last`' })
    return undefined
  }
  if (last !== undefined) {
    const frames = readFrames(last, rate)
    return frames === undefined || !reaches(placed, last.expr.span, frames, length, rate) ? undefined : { last: frames }
  }
  const range = readFrameRange(written, rate)
  return range === undefined || !reaches(placed, written?.expr.span ?? placed.command.span, range.to, length, rate) ? undefined : range
}

function reaches(placed: Placed, span: Placed['command']['span'], to: number, length: number | undefined, rate: Rate): boolean {
  if (length === undefined || to <= length) return true
  report(placed.frame, 'time.outside', span, { what: '`retake`', asked: framesText(to, rate), length: framesText(length, rate) })
  return false
}

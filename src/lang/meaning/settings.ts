// The settings of a block by their word, and the same for statements that may stand once only. In go the statements of a
// block with nothing left to expand; a setting that stands twice is reported and the last one counts.

import type { Parent } from '../schema.ts'
import { type Expanded, type Placed, type PlacedText, placeName } from './expand.ts'
import { report } from './expansion.ts'

export type Settings = {
  /** The one statement of this word. */
  readonly one: (word: string) => Placed | undefined
  readonly all: (word: string) => readonly Placed[]
  /** Every statement, in the order written. */
  readonly statements: readonly Placed[]
  readonly texts: readonly PlacedText[]
}

export function readSettings(body: readonly Expanded[], parent: Parent): Settings {
  const byWord = new Map<string, Placed[]>()
  const statements: Placed[] = []
  const texts: PlacedText[] = []
  for (const found of body) {
    if (found.kind === 'text') {
      texts.push(found)
      continue
    }
    statements.push(found)
    const { word, many } = found.row
    const before = byWord.get(word)
    if (before === undefined) byWord.set(word, [found])
    else {
      before.push(found)
      if (!many) {
        report(
          found.frame,
          'statement.repeated',
          found.command.word.span,
          { word, place: placeName(parent) },
          {
            notes: before[0] === undefined ? [] : [{ message: 'the first one', span: before[0].command.word.span }],
          },
        )
      }
    }
  }
  return { one: (word) => byWord.get(word)?.at(-1), all: (word) => byWord.get(word) ?? [], statements, texts }
}

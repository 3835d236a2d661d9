// A source text and places in it. Offsets are UTF-16 code units, as JavaScript strings count them;
// lines and columns are worked out only when somebody has to be shown one.

/** One file of script text. `path` is how the user would name it: relative to the project root, with `/`. */
export type Source = { readonly path: string; readonly text: string }

/** A half-open stretch `[start, end)` of one source. */
export type Span = { readonly path: string; readonly start: number; readonly end: number }

/** A line and column as an editor shows them: both start at 1, columns count UTF-16 units. */
export type Position = { readonly line: number; readonly column: number }

/** Finds the line and column of an offset. `O(offset)`, so not for hot paths. */
export function positionAt(text: string, offset: number): Position {
  let line = 1
  let lineStart = 0
  const end = Math.min(offset, text.length)
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) {
    line += 1
    lineStart = at + 1
  }
  return { line, column: end - lineStart + 1 }
}

/** The smallest span that covers both; they must lie in the same source. */
export function cover(first: Span, last: Span): Span {
  return { path: first.path, start: Math.min(first.start, last.start), end: Math.max(first.end, last.end) }
}

// Edits put into a text: those of one fix, or all that are certain (`ltx check --fix`). Edits never overlap; where two
// fixes want the same place the first one gets it, and the next run finds the other.
import type { Diagnostic, Edit } from '../diagnostic.ts'
import type { Source } from '../source.ts'

/** The text with the edits made. They must not overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = ''
  let at = 0
  for (const edit of [...edits].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end)) {
    result += text.slice(at, edit.span.start) + edit.text
    at = edit.span.end
  }
  return result + text.slice(at)
}

/** The source's text with the certain edits of these diagnostics made that lie in it. */
export function applyFixes(source: Source, diagnostics: readonly Diagnostic[]): string {
  const chosen: Edit[] = []
  for (const diagnostic of diagnostics) {
    const fix = diagnostic.fixes.find((one) => one.kind === 'edit' && one.certain)
    if (fix?.kind !== 'edit' || fix.edits.some((edit) => edit.span.path !== source.path || chosen.some((other) => overlap(edit, other))))
      continue
    chosen.push(...fix.edits)
  }
  return applyEdits(source.text, chosen)
}

function overlap(a: Edit, b: Edit): boolean {
  if (a.span.start === b.span.start) return true
  return a.span.start < b.span.end && b.span.start < a.span.end
}

// What the writer of a script is told. A diagnostic is data; `report/frame` draws it. Steps report and go on,
// so that one run shows every mistake.
import type { Code, Holes, Severity } from './codes.ts'
import { codes } from './codes.ts'
import type { Span } from './source.ts'

export type Edit = { readonly span: Span; readonly text: string }

/** A way out: an edit that `ltx check --fix` can apply, or a command to type. `certain` edits are safe to apply unseen. */
export type Fix =
  | { readonly kind: 'edit'; readonly title: string; readonly edits: readonly Edit[]; readonly certain: boolean }
  | { readonly kind: 'command'; readonly title: string; readonly command: string }

export type Diagnostic = {
  readonly code: Code
  readonly severity: Severity
  /** One sentence, no full stop, the user's own names in it. */
  readonly message: string
  readonly span: Span
  /** What to do next, one sentence. */
  readonly hint: string
  /** Related places: where a name was first declared, which template call led here. */
  readonly notes: readonly { readonly message: string; readonly span: Span }[]
  readonly fixes: readonly Fix[]
}

export type Details = { readonly notes?: Diagnostic['notes']; readonly fixes?: readonly Fix[]; readonly hint?: string }

/** Collects what the steps report. Same code at the same place is kept once. */
export type Reporter = {
  report<C extends Code>(code: C, span: Span, holes: Holes<C>, details?: Details): void
  /** In source order: path, then place, then code; never the order of the walk. */
  readonly diagnostics: () => readonly Diagnostic[]
  readonly failed: () => boolean
}

export function openReporter(): Reporter {
  const found = new Map<string, Diagnostic>()
  return {
    report(code, span, holes, details = {}) {
      const entry = codes[code]
      const id = `${span.path}\0${span.start}\0${code}`
      if (found.has(id)) return
      found.set(id, {
        code,
        severity: entry.severity,
        // The catalogue's own type ties `holes` to `message`; indexing by a type parameter loses that tie.
        message: (entry.message as (holes: Holes<typeof code>) => string)(holes),
        span,
        hint: details.hint ?? entry.hint,
        notes: details.notes ?? [],
        fixes: details.fixes ?? [],
      })
    },
    diagnostics: () =>
      [...found.values()].sort(
        (a, b) =>
          (a.span.path < b.span.path ? -1 : a.span.path > b.span.path ? 1 : 0) || a.span.start - b.span.start || (a.code < b.code ? -1 : 1),
      ),
    failed: () => [...found.values()].some((diagnostic) => diagnostic.severity === 'error'),
  }
}

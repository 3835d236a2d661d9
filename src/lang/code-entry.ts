// One entry of the catalogue of codes: how it reads (typed holes), what to do next, why the rule exists.
// Kept apart from the catalogue so that its parts can be written in several files.
export type Severity = 'error' | 'warning'

export type Entry<H> = {
  readonly severity: Severity
  readonly message: (holes: H) => string
  readonly hint: string
  readonly reason: string
}

export const error = <H>(message: (holes: H) => string, hint: string, reason: string): Entry<H> => ({
  severity: 'error',
  message,
  hint,
  reason,
})

export const warning = <H>(message: (holes: H) => string, hint: string, reason: string): Entry<H> => ({
  severity: 'warning',
  message,
  hint,
  reason,
})

// What every face of a run can do, and what it needs: a place to write, colour or none, a clock. The faces are `tui`,
// `plain` and `json`; `screen` chooses among them.
import type { JobId } from '../lang/plan.ts'
import type { Source } from '../lang/source.ts'
import type { Stamped } from '../runtime/event.ts'

/** Where a face writes: `process.stdout`, or a stand-in with as much of it as is used. */
export type Stream = {
  write(text: string): unknown
  readonly columns?: number
  readonly rows?: number
  on?(event: 'resize', listener: () => void): unknown
  off?(event: 'resize', listener: () => void): unknown
}

export type Screen = {
  event(event: Stamped): void
  /** The person has asked to stop: says so, while what is out comes in. */
  stopping(): void
  /** Writes what stays to be read, and gives the terminal back as it was. */
  close(): Promise<void>
}

export type ScreenOptions = {
  readonly colour: boolean
  /** Milliseconds on any scale that runs on; used for what ticks between events. */
  readonly now: () => number
  /** The scripts by their paths: with them a failure shows its line. */
  readonly sources?: ReadonlyMap<string, Source>
  /** The film as it is typed from where the person is. */
  readonly script?: string
  /** The jobs this run is about, when it is not the whole plan. */
  readonly only?: ReadonlySet<JobId>
}

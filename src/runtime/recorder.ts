// Gives events their number and time, has the journal keep them, and shows them: in this order, so that nobody is
// told of what could still be lost.
import type { Clock } from '../world.ts'
import type { Event, Stamped } from './event.ts'
import type { Journal } from './journal.ts'

export type Recorder = {
  /** Resolves when the event is on the disk and shown; rejects when it could not be written, and then it is not shown. */
  record(event: Event): Promise<void>
  /** Shown even where the disk takes nothing any more: for what ends a job or a run, which resuming does not need. */
  note(event: Event): Promise<void>
}

export function openRecorder(journal: Journal, clock: Clock, emit: (event: Stamped) => void): Recorder {
  let n = 0
  const stamp = (event: Event): Stamped => {
    n += 1
    return { v: 1, n, at: clock.now(), ...event }
  }
  return {
    async record(event) {
      const stamped = stamp(event)
      await journal.append(stamped)
      emit(stamped)
    },
    async note(event) {
      const stamped = stamp(event)
      await journal.append(stamped).catch(() => undefined)
      emit(stamped)
    },
  }
}

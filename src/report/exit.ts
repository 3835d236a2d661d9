// Exit codes: one table for the program, its help and its documentation, and the rule that finds a run's code. Where a
// run went wrong in several ways, the one that somebody must see first wins: `worst` says in which order.
import type { Failure, FailureKind } from '../failure.ts'

export const exits = {
  ok: { code: 0, doc: 'all is well' },
  failed: { code: 1, doc: 'it did not work: ffmpeg failed, a check said no, or a bug (please report it)' },
  usage: { code: 2, doc: 'the command line is wrong' },
  script: { code: 3, doc: 'the script has errors' },
  shots: { code: 4, doc: 'some shots failed; the others are made' },
  money: { code: 5, doc: 'the budget, the credit or the key stopped it' },
  uncertain: { code: 6, doc: 'a shot may have been bought, and nobody can say; look before you render again' },
  moderation: { code: 7, doc: 'a host refused the words or a picture' },
  missing: { code: 8, doc: 'a clip that was paid for is gone, from the store or from its host' },
  io: { code: 74, doc: 'a file could not be read or written, or the disk is full' },
  locked: { code: 75, doc: 'another run has this film; try again when it is done' },
  interrupted: { code: 130, doc: 'stopped with Ctrl-C; render again to go on' },
  terminated: { code: 143, doc: 'stopped by a signal; render again to go on' },
} as const satisfies Readonly<Record<string, { readonly code: number; readonly doc: string }>>

export type Exit = keyof typeof exits
export const exitCode = (exit: Exit): number => exits[exit].code

/** First wins. What may have cost money comes before everything, a person's own stop before what it caused. */
export const worst: readonly Exit[] = [
  'uncertain',
  'missing',
  'terminated',
  'interrupted',
  'locked',
  'io',
  'usage',
  'script',
  'money',
  'moderation',
  'shots',
  'failed',
  'ok',
]

export function exitOfFailure(kind: FailureKind): Exit {
  switch (kind) {
    case 'uncertain':
      return 'uncertain'
    case 'auth':
    case 'funds':
    case 'budget':
      return 'money'
    case 'moderation':
      return 'moderation'
    case 'disk':
      return 'io'
    case 'cancelled':
      return 'interrupted'
    case 'invalid':
    case 'rate':
    case 'capacity':
    case 'host':
    case 'network':
    case 'expired':
    case 'mismatch':
    case 'tool':
    case 'machine':
    case 'worker':
    case 'input':
      return 'shots'
  }
}

/** How a command ended: what the run said, what failed in it, and what else is known to the command itself. */
export type Outcome = {
  readonly reason: 'finished' | 'failed' | 'interrupted'
  readonly failures?: readonly Pick<Failure, 'kind'>[]
  /** The signal that stopped it; Ctrl-C when absent. */
  readonly signal?: 'SIGINT' | 'SIGTERM' | 'SIGHUP'
  /** Anything made or kept? A run that failed with nothing to show has simply failed. */
  readonly some?: boolean
  readonly also?: readonly Exit[]
}

/** The worst of all that happened. */
export function exitOf({ reason, failures = [], signal = 'SIGINT', some = true, also = [] }: Outcome): Exit {
  const from = failures.map(({ kind }) => exitOfFailure(kind)).map((exit) => (exit === 'shots' && !some ? 'failed' : exit))
  const stopped: readonly Exit[] = reason === 'interrupted' ? [signal === 'SIGINT' ? 'interrupted' : 'terminated'] : []
  const bare: readonly Exit[] = reason === 'failed' && from.length === 0 && also.length === 0 ? ['failed'] : []
  const found = new Set<Exit>([...from, ...stopped, ...also, ...bare])
  return worst.find((exit) => found.has(exit)) ?? 'ok'
}

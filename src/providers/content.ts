// When hosts will not make, or will not hand out, what was asked for because of what it shows: told by their words, by a
// flag beside a clip, or by a clip that never comes. In go words and answers, out come failures of the kind `moderation`.
import { type Failure, ProviderFailure } from '../failure.ts'
import type { Explained } from './explain.ts'
import type { Status } from './provider.ts'

/** Who puts a failure into a host's name. */
type Telling = { failure(explained: Explained, requestId?: string): Failure }

const refusal =
  /nsfw|content[ _-]?(policy|policies|moderation|filter|checker|guidelines)|moderat(ed|ion|or)|safety[ _-](filter|check|system|guideline|polic|setting)|unsafe content|sensitive|inappropriate|(prohibited|disallowed|explicit|harmful) (content|material|words|imagery)|flagged|violat(es?|ed|ing|ion)\b.{0,40}\b(policy|policies|terms|guidelines)/i
/** The filter itself is broken: that says nothing about the content. */
const broken = /unavailable|timed? ?out|overloaded|(moderation|safety|filter|checker)[\w ]{0,30}\b(is down|crashed)|case.sensitive/i

/** Do these words of a host say that it is the content it will not have? */
export const refusesContent = (words: string): boolean => refusal.test(words) && !broken.test(words)

/** What a failed job says, read for a refusal of content that its code does not name. */
export function readForContent(explained: Explained): Explained {
  const may = explained.kind === 'host' || explained.kind === 'invalid' || explained.kind === 'input'
  if (!may || !refusesContent(explained.words ?? '')) return explained
  const { kind: _kind, next: _next, retry: _retry, ...rest } = explained
  return { ...rest, kind: 'moderation', retry: false }
}

const next =
  'render again: it is asked for once more and not bought; if the host keeps it back, use other words, another picture or another sound'

/** A clip that is made and kept back. Thrown, not told as the job's end: it may be paid for, so a later run asks again instead of buying. */
export const keptBack = (doors: Telling, words: string, requestId: string | undefined): ProviderFailure =>
  new ProviderFailure({ ...doors.failure({ kind: 'moderation', words, next, billed: 'unknown' }, requestId), retry: false })

/** An answer may be ahead of its clip: it is asked for so often before it counts as kept back. */
const looks = 3
const pauseMs = 3000

export type Missing = {
  /** A job that is over, without a clip and without a reason: still under way at first, then kept back. */
  look(job: string, requestId: string | undefined): Status
}

export function openMissing(doors: Telling): Missing {
  const seen = new Map<string, number>()
  return {
    look(job, requestId) {
      const times = (seen.get(job) ?? 0) + 1
      seen.set(job, times)
      if (times < looks) return { state: 'working', phase: 'made, not there yet', nextPollMs: pauseMs }
      throw keptBack(doors, 'it says that the job is done, and hands out no clip', requestId)
    },
  }
}

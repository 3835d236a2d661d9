// Asking until it works, or until it is clear that it will not: full jitter over a doubling ceiling, the host's own wish where
// it has one, and a bucket that keeps a host that is down from being stormed. For what may be asked any number of times.
import type { Failure, ProviderFailure } from '../failure.ts'
import type { Clock } from '../world.ts'

/** A read is tried so often here; after that the runtime waits longer, and says so. */
const readTries = 4
/** Where no connection can be made, that is to be told soon. */
const connectTries = 2
/** A wish longer than this is passed on instead of being slept through here. */
const longestNap = 5_000
/** Every retry takes 10 of 500, every success gives 1 back: a host that is down is not stormed. */
const bucketSize = 500
const retryCost = 10

export type Patience = {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly random: () => number
  /** What was thrown, as a failure; `undefined` for what is none. */
  readonly failureFrom: (error: unknown) => ProviderFailure | undefined
}
/** `worth`: is this failure worth another try? */
export type Patiently = <T>(once: () => Promise<T>, worth?: (failed: Failure) => boolean) => Promise<T>

export function openPatience({ clock, signal, random, failureFrom }: Patience): Patiently {
  let bucket = bucketSize
  /** Waits before the next try, or says that there is none. */
  const nap = async (failed: Failure, attempt: number): Promise<boolean> => {
    const wish = failed.retryAfterMs
    if (
      attempt >= (failed.unreached === true ? connectTries : readTries) ||
      bucket < retryCost ||
      (wish !== undefined && wish > longestNap)
    )
      return false
    bucket -= retryCost
    const jitter = random() * Math.min(20_000, 1000 * 2 ** (attempt - 1))
    await clock.sleep(wish === undefined ? jitter : wish + random() * 500, signal)
    return true
  }

  /** Tries until it works, or until it is clear that it will not. */
  const patiently = async <T>(once: () => Promise<T>, worth = (failed: Failure): boolean => failed.retry): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted()
      try {
        const done = await once()
        bucket = Math.min(bucketSize, bucket + 1)
        return done
      } catch (error) {
        const failed = failureFrom(error)
        if (failed === undefined || signal.aborted) throw signal.aborted ? signal.reason : error
        if (!worth(failed.failure) || !(await nap(failed.failure, attempt))) throw failed
      }
    }
  }
  return patiently
}

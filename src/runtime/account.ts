// One account at a host: how many jobs it takes at once, how fast, and what it has taught us by refusing. Providers
// that share a key and an address share one account. Docs: docs/reliability.md, "Limits".
//
// A refusal lets the whole account rest: for as long as the host says, else 1 to 20 seconds, doubling. Submits then go one at a time.
// Twice refused with so many of our jobs standing there, or fewer: that number is what the host takes. That it then took one is no
// proof of more, for one of those may have ended unseen; only what was seen there together is. After two hours one more is tried, and
// after a refusal again when twice as long has passed. A refusal that teaches no number is laid to the pace: the gap between submits
// doubles, and shrinks by a tenth with each one that is taken.
//
// A host that refuses the key, has no credit left, or asks to be left alone for longer than a run waits is sent nothing more: whoever
// waits for a turn is held back. So it is with one to which no connection can be made, when `outage` gives it up; until then the
// account rests, and one submit at a time tries.
import { type Failure, ProviderFailure } from '../failure.ts'
import type { Clock } from '../world.ts'
import { isClosing, longestWaitMs } from './failure.ts'
import { openOutage } from './outage.ts'

/** Jobs at once, and milliseconds between two submits. */
export type Limits = { readonly concurrency: number; readonly staggerMs: number }

/** One job's place at an account. */
export type Place = {
  /** Whether the host has the job, as far as is known. To be said before it is asked for it, too. */
  stand(there: boolean): void
  /** Asked for it, the host had it. */
  seen(): void
  /** Asked for whatever it be, the host has answered. */
  heard(): void
  /** No connection could be made to ask: the failure with when to try again, if at all. */
  missed(failure: Failure): Failure
  /** Frees the place; more than once does no harm. */
  leave(): void
}

export type Account = {
  /** A place, when there is one. `begun`: the host has this job from before, so it has its place already. */
  enter(freed: () => void, begun: boolean): Place | undefined
  /** Waits until `place` may submit, runs it, and learns from how it ends. `name` is whose submit it is. */
  submit<T>(place: Place, name: string, send: () => Promise<T>, failureOf: (error: unknown) => Failure | undefined): Promise<T>
  /** The name of the submit after whose failure nothing more was sent, where `failure` is of one that was held back for it. */
  heldBackBy(failure: Failure): string | undefined
  /**
   * To be awaited when a request is about to leave. Keeps its distance to the one before, however long each took from its turn until
   * here; throws where nothing may be sent any more.
   */
  leave(): Promise<void>
  /** Nothing is submitted for so long: the host asked for it elsewhere. */
  rest(ms: number): void
  /** Until when a connection is tried for, milliseconds since 1970, where none can be made. */
  triesUntil(): number | undefined
}

const longestGapMs = 30_000
/** How long a learned limit stands before one more is tried: a probe costs a refused call where nothing has changed. */
const firstProbeMs = 2 * 60 * 60_000

/** `askedAt`: how many submits had been taken when the host was last asked for the job. */
type Held = Place & { inside: boolean; askedAt: number }
/** A submit on its way. */
type Flight = { taken: boolean }
/** A refusal while others were on their way: whether these were there before it is known when each has its answer. */
type Doubt = { readonly kind: Failure['kind']; there: number; readonly others: Set<Flight> }
type Waiter = { readonly place: Held; readonly go: (flight: Flight) => void; readonly fail: (error: unknown) => void }

/** What an account has learned, by the rules above. Times are monotonic. */
function openLessons({ concurrency, staggerMs }: Limits, clock: Clock) {
  let window = Number.POSITIVE_INFINITY
  let gapMs = staggerMs
  let restUntil = Number.NEGATIVE_INFINITY
  /** With how many of our jobs there at most it has refused: the two least, without what was seen to be no limit. */
  let refusedAt: readonly number[] = []
  let row = 0
  let careful = 0
  let probeMs = firstProbeMs
  let probeAt = Number.POSITIVE_INFINITY
  const mayProbe = (): boolean => window < concurrency && clock.monotonic() >= probeAt
  const learn = (limit: number, ms: number): void => {
    window = limit
    probeMs = ms
    probeAt = clock.monotonic() + ms
    gapMs = staggerMs
    careful = 0
  }
  const rest = (ms: number): void => {
    restUntil = Math.max(restUntil, clock.monotonic() + Math.min(longestWaitMs, Math.max(0, ms)))
  }
  return {
    rest,
    most: () => Math.max(1, Math.min(concurrency, mayProbe() ? window + 1 : window)),
    window: () => window,
    mayProbe,
    isCareful: () => careful > 0,
    dueAt: (lastAt: number) => Math.max(restUntil, lastAt + gapMs),
    taken(standing: number) {
      row = 0
      careful = Math.max(0, careful - 1)
      if (standing >= window) learn(standing + 1, firstProbeMs)
      gapMs = Math.max(staggerMs, Math.floor(gapMs * 0.9))
    },
    /** So many of our jobs were at the host together. */
    had(together: number) {
      refusedAt = refusedAt.filter((limit) => limit >= together)
    },
    /** Refused with `before` of our jobs known to be there. True where it has still to be said how many there were: see `limitedTo`. */
    refused({ retryAfterMs }: Failure, before: number): boolean {
      rest(retryAfterMs ?? Math.min(20_000, 1000 * 2 ** row))
      row += 1
      if (before >= window) learn(window, probeMs * 2)
      else careful = 3
      return before < window
    },
    /** A host that had so many of our jobs at most has refused one more. */
    limitedTo(there: number, kind: Failure['kind']) {
      const isNumber = kind === 'rate' && there > 0
      if (isNumber) refusedAt = [...refusedAt, there].sort((a, b) => a - b).slice(0, 2)
      const twice = refusedAt[1] ?? Number.POSITIVE_INFINITY
      if (isNumber && twice < window) return learn(twice, firstProbeMs)
      // The first refusal with jobs of ours there: before the pace is blamed, it is tried whether it was their number.
      if (isNumber && refusedAt.length === 1) return
      gapMs = Math.min(longestGapMs, Math.max(gapMs, 250) * 2)
    },
  }
}

export function openAccount(limits: Limits, clock: Clock, signal: AbortSignal): Account {
  const lessons = openLessons(limits, clock)
  const outage = openOutage(clock)
  const waiting: Waiter[] = []
  const places = new WeakMap<Place, Held>()
  let inside = 0
  const standing = new Set<Held>()
  /** How many submits were taken, and which jobs are known to have stood there when the last one was. */
  let taken = 0
  const together = new Set<Held>()
  const flights = new Set<Flight>()
  const doubts = new Set<Doubt>()
  let lastAt = Number.NEGATIVE_INFINITY
  let leftAt = Number.NEGATIVE_INFINITY
  let serving = false
  let closed: { readonly by: string; readonly failure: Failure } | undefined
  const heldBack = new WeakMap<Failure, string>()
  let wake = (): void => undefined
  signal.addEventListener('abort', () => wake())

  /** A place has to come free first, or so many milliseconds have to pass. */
  const waitOf = ({ place }: Waiter): number | 'place' => {
    if (!place.inside && inside >= lessons.most()) return 'place'
    const there = standing.size + flights.size
    const isProbe = there === lessons.window() && flights.size === 0 && lessons.mayProbe()
    const oneByOne = lessons.isCareful() || outage.isOn()
    if ((there >= lessons.window() && !isProbe) || (oneByOne && flights.size > 0)) return 'place'
    return Math.max(0, lessons.dueAt(lastAt) - clock.monotonic())
  }
  const serve = async (): Promise<void> => {
    if (serving) return
    serving = true
    try {
      while (waiting.length > 0) {
        signal.throwIfAborted()
        if (closed !== undefined) throw held(closed)
        const next = waiting.find((waiter) => waitOf(waiter) !== 'place')
        const wait = next === undefined ? 'place' : waitOf(next)
        if (next === undefined || wait === 'place') await new Promise<void>((resolve) => (wake = resolve))
        else if (wait > 0) await clock.sleep(wait, signal)
        else {
          waiting.splice(waiting.indexOf(next), 1)
          if (!next.place.inside) inside += 1
          next.place.inside = true
          lastAt = clock.monotonic()
          const flight: Flight = { taken: false }
          flights.add(flight)
          next.go(flight)
        }
      }
    } catch (error) {
      for (const { fail } of waiting.splice(0)) fail(error)
    } finally {
      serving = false
    }
  }
  /** What was never sent fails with the failure of the one that was. */
  const held = ({ by, failure }: NonNullable<typeof closed>): ProviderFailure => {
    const own: Failure = { ...failure, retry: false, billed: 'no' }
    heldBack.set(own, by)
    return new ProviderFailure(own)
  }
  const turn = (place: Held): Promise<Flight> =>
    new Promise((go, fail) => {
      waiting.push({ place, go, fail })
      void serve()
    })
  /** A submit that never left: the account rests, or is closed when that has lasted too long. */
  const missed = (name: string, failure: Failure): ProviderFailure => {
    if (closed !== undefined) return held(closed)
    const told = outage.missed({ ...failure, billed: 'no' })
    if (told.retry) lessons.rest(told.retryAfterMs ?? 0)
    else closed = { by: name, failure: told }
    return new ProviderFailure(told)
  }
  const landed = (flight: Flight): void => {
    flights.delete(flight)
    for (const doubt of doubts) {
      if (doubt.others.delete(flight) && flight.taken) doubt.there += 1
      if (doubt.others.size > 0) continue
      doubts.delete(doubt)
      lessons.limitedTo(doubt.there, doubt.kind)
    }
  }
  return {
    rest: lessons.rest,
    triesUntil: outage.until,
    heldBackBy: (failure) => heldBack.get(failure),
    async leave() {
      for (;;) {
        if (closed !== undefined) throw held(closed)
        const wait = leftAt + limits.staggerMs - clock.monotonic()
        if (wait <= 0) break
        await clock.sleep(wait, signal)
      }
      leftAt = clock.monotonic()
      outage.heard()
      wake()
    },
    enter(freed, begun) {
      if (!begun && inside >= lessons.most()) return undefined
      inside += 1
      const place: Held = {
        inside: true,
        askedAt: -1,
        stand(there) {
          place.askedAt = taken
          if (there === standing.has(place)) return
          if (there) standing.add(place)
          else standing.delete(place)
          wake()
        },
        seen() {
          if (place.askedAt === taken) lessons.had(together.add(place).size)
        },
        heard: outage.heard,
        missed: outage.missed,
        leave() {
          place.stand(false)
          if (!place.inside) return
          place.inside = false
          inside -= 1
          wake()
          freed()
        },
      }
      places.set(place, place)
      return place
    },
    async submit(place, name, send, failureOf) {
      const own = places.get(place)
      if (own === undefined) throw new Error('a submit without a place')
      const flight = await turn(own)
      const before = standing.size
      try {
        signal.throwIfAborted()
        const sent = await send()
        lessons.taken(before)
        flight.taken = true
        taken += 1
        own.stand(true)
        together.clear()
        together.add(own)
        return sent
      } catch (error) {
        const failure = failureOf(error)
        // What was held back is not tried again, and tells nothing of the line.
        if (failure?.unreached === true && failure.retry) throw missed(name, failure)
        const isRefusal = failure?.kind === 'rate' || failure?.kind === 'capacity'
        if (isRefusal && lessons.refused(failure, before))
          doubts.add({ kind: failure.kind, there: Math.max(before, standing.size), others: new Set(flights) })
        if (failure !== undefined && isClosing(failure)) closed ??= { by: name, failure }
        throw error
      } finally {
        landed(flight)
        wake()
      }
    },
  }
}

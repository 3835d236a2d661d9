// When runners die: at a journal record of a kind, at any record or request by its number, before or after it, or at a
// moment by chance. A life is the row of deaths of one film: the later ones fall into runs that mend what the first one left.
import { openRandom } from '../../src/runtime/failure.ts'

/** `after` a request: when the head of its answer is there. A `step` is counted among records of its kind alone. */
export type Point =
  | { readonly at: 'record' | 'request'; readonly number: number; readonly when: 'before' | 'after' }
  | { readonly at: 'step'; readonly step: string; readonly number: number; readonly when: 'before' | 'after' }
export type Death = Point | { readonly afterMs: number }
export type Life = readonly Death[]

/** What an undisturbed run passes. */
export type Passes = {
  readonly records: number
  readonly requests: number
  readonly steps: Readonly<Record<string, number>>
  readonly ms: number
}

const moments = ['before', 'after'] as const

function shuffled<T>(list: readonly T[], random: () => number): readonly T[] {
  return list.map((one) => ({ one, by: random() })).sort((a, b) => a.by - b.by).map(({ one }) => one) // biome-ignore format: one chain
}

const allPoints = ({ records, requests }: Passes): readonly Point[] =>
  (['record', 'request'] as const).flatMap((at) =>
    Array.from({ length: at === 'record' ? records : requests }, (_, index) =>
      moments.map((when): Point => ({ at, number: index + 1, when })),
    ).flat(),
  )

const momentIn = ({ ms }: Passes, random: () => number): Death => ({ afterMs: 40 + random() * ms })

function laterDeath(passes: Passes, random: () => number): Death {
  const dice = random()
  if (dice < 0.4) return momentIn(passes, random)
  const at = dice < 0.7 ? 'record' : 'request'
  // A run that mends does less than one that begins.
  const number = 1 + Math.floor(random() * 12)
  return { at, number, when: random() < 0.5 ? 'before' : 'after' }
}

/**
 * The life of the `number`-th film. Its first death is, in turn, one of all points (each of them before any comes again) and a
 * moment by chance; up to three more follow it.
 */
export function lifeOf(passes: Passes, number: number): Life {
  const points = allPoints(passes)
  const turn = Math.floor(number / 2)
  const row = shuffled(points, openRandom(1 + Math.floor(turn / points.length)))
  const random = openRandom(20_261_120 + number * 7919)
  for (let at = 0; at < 8; at += 1) random()
  const named = number % 2 === 0 ? row[turn % row.length] : undefined
  const later = Array.from({ length: Math.floor(random() * 4) }, () => laterDeath(passes, random))
  return [named ?? momentIn(passes, random), ...later]
}

/**
 * One life for each kind of record and each side of it, somewhere in the run, and of the record that the run after it `mends` with;
 * then requests and chance, `count` in all.
 */
export function livesByStep(passes: Passes, count: number, seed: number, mends?: string): readonly Life[] {
  const random = openRandom(seed)
  for (let at = 0; at < 8; at += 1) random()
  const steps = Object.entries(passes.steps).flatMap(([step, times]) =>
    moments.map((when): Life => [{ at: 'step', step, number: 1 + Math.floor(random() * times), when }]),
  )
  const sent: Point = { at: 'step', step: 'job.sent', number: 1, when: 'after' }
  const mending = mends === undefined ? [] : moments.map((when): Life => [sent, { at: 'step', step: mends, number: 1, when }])
  const requests = shuffled(allPoints(passes), random).filter(({ at }) => at === 'request')
  const rest = Array.from({ length: Math.max(0, count - steps.length - mending.length) }, (_, at): Life => {
    const request = requests[at % requests.length]
    return request === undefined || at % 3 === 2
      ? [momentIn(passes, random), laterDeath(passes, random)]
      : [request, ...(at % 3 === 1 ? [laterDeath(passes, random)] : [])]
  })
  return [...steps, ...mending, ...rest]
}

// The shape of `ltx plan --compare --json`, for programs that read it: docs/compare.schema.json is written from this. Version 1 only
// ever gains optional fields. Not loaded when the program runs.
import * as z from 'zod'
import type { Comparison } from '../lang/planning/compare.ts'

const whole = z.int()
const count = whole.nonnegative()
const money = whole.meta({ id: 'Money', description: 'Millionths of a US dollar.' })
const operation = z.enum(['text-to-video', 'image-to-video', 'audio-to-video', 'extend', 'retake'])

const costing = {
  price: money,
  estimated: money.describe('How much of the price is an estimate: no page of the host says it.'),
  asked: z.number().describe('Seconds of video, with all takes.'),
  busy: z.number().describe('Seconds of work, shared among the jobs that are made at once.'),
  expected: z.number().describe('Seconds on the clock.'),
  timed: count.describe('How many of the jobs are reckoned with what earlier ones took; the others with the provider’s own figures.'),
  jobs: count,
  rented: z.exactOptional(money).describe('What machines with a `rent` cost for as long as they work on it.'),
}

const upkeep = {
  rent: z.exactOptional(money).describe('An hour of the machine.'),
  monthly: z.exactOptional(money).describe('A month of the machine, whatever it does.'),
}

const breakEven = z
  .object({
    own: z.string(),
    host: z.string(),
    hostSecond: z.number().describe('Price of a second of video at the host, in millionths of a dollar.'),
    ownSecond: z.number().describe('The same on the machine while it works.'),
    estimated: z.boolean(),
    monthly: money,
    rent: money.describe('An hour of the machine.'),
    pace: z.number().describe('Seconds of work for a second of video.'),
    timed: z.boolean(),
    most: z.number().describe('Seconds of video that the machine makes in a month of 730 hours.'),
    seconds: z.exactOptional(z.number()).describe('Seconds of video a month from which the machine is cheaper; absent where it never is.'),
  })
  .describe('seconds = monthly / (hostSecond - ownSecond), over the shots that both can make.')

const history = z.object({
  provider: z.string(),
  kind: z.string(),
  operation,
  model: z.string(),
  size: z.object({ width: whole.positive(), height: whole.positive() }),
  made: count,
  failed: count,
  retried: count,
  perSecond: z.exactOptional(z.number()).describe('Seconds of work for a second of video, the median.'),
  latency: z.exactOptional(
    z.object({
      p50: z.number(),
      p95: z.exactOptional(z.number()).describe('From 20 clips on.'),
      p99: z.exactOptional(z.number()).describe('From 100 clips on.'),
    }),
  ),
})

export const compareSchema: z.ZodType<Comparison> = z
  .object({
    version: z.literal(1),
    title: z.string(),
    rung: z.enum(['animatic', 'draft', 'final']),
    shots: count,
    planned: z.object({ ...costing, providers: z.array(z.string()) }).describe('As the script shares the film out.'),
    left: money.describe('What of the plan is not bought yet.'),
    providers: z.array(
      z.object({
        name: z.string(),
        kind: z.string(),
        ...upkeep,
        ...costing,
        shots: count.describe('How many shots it can make; the sums are over these.'),
        cannot: z.array(z.object({ shot: z.string(), detail: z.string() })),
      }),
    ),
    breakEven: z.array(breakEven),
    history: z.array(history).describe('What the latest runs of this folder were seen to take.'),
  })
  .meta({
    title: 'Providers of an ltx film, compared',
    description: 'What `ltx plan --compare --json` prints: the whole film on each provider alone, as if nothing were made yet.',
  })

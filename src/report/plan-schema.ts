// The shape of `ltx plan --json`, for programs that read it: docs/plan.schema.json is written from this. Version 1
// only ever gains optional fields; anything else is a new version. Not loaded when the program runs.
import * as z from 'zod'
import type { PrintedPlan } from './plan-json.ts'

const whole = z.int()
const count = whole.nonnegative()
const rational = z
  .object({ num: whole, den: whole.positive() })
  .meta({ id: 'Rational', description: 'An exact fraction; of seconds, or of frames a second.' })
const money = whole.meta({ id: 'Money', description: 'Millionths of a US dollar.' })
const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ id: 'Sha256' })
const size = z.object({ width: whole.positive(), height: whole.positive() }).meta({ id: 'Size', description: 'Pixels.' })
const span = z
  .object({ path: z.string(), start: count, end: count })
  .meta({ id: 'Span', description: 'A stretch of a script, in UTF-16 units from 0, the end left out.' })
const quality = z.enum(['fast', 'pro'])
const reproducibility = z.enum(['exact', 'same-host', 'keep-bytes'])
const operation = z.enum([
  'text-to-video',
  'image-to-video',
  'audio-to-video',
  'extend',
  'retake',
  'conform',
  'join',
  'splice',
  'footage',
  'card',
  'still',
])
const slot = z
  .templateLiteral([z.enum(['key', 'part', 'lora']), '-', whole])
  .or(z.enum(['first-frame', 'last-frame', 'audio', 'video', 'patch']))
  .meta({ id: 'Slot', description: 'What an input is for.' })

const film = z.object({
  title: z.string(),
  size,
  rate: rational,
  seed: whole,
  quality,
  on: z.string().describe('The provider of shots that name none.'),
  budget: z.exactOptional(money),
  filmBudget: z.exactOptional(money),
  dayBudget: z.exactOptional(money),
  loudness: z.exactOptional(z.number().describe('LUFS.')),
  output: z.string(),
  span,
})

const slate = z.object({
  path: z.string(),
  take: whole,
  label: z.string(),
  words: z.string(),
  camera: z.string(),
  sound: z.string(),
  say: z.array(z.object({ who: z.string(), text: z.string() })),
  offset: whole,
  model: z.string(),
})

const request = z
  .object({
    operation,
    provider: z.string(),
    model: z.string(),
    size,
    rate: rational,
    frames: count.describe('Frames asked for; 0: as many as the input has.'),
    prompt: z.string(),
    negative: z.string(),
    seed: z.exactOptional(whole),
    take: z.exactOptional(whole.describe('From the second take on, where no seed is sent.')),
    camera: z.exactOptional(z.enum(['dolly_in', 'dolly_out', 'dolly_left', 'dolly_right', 'jib_up', 'jib_down', 'static', 'focus_shift'])),
    loras: z.exactOptional(z.array(z.object({ path: z.string(), scale: z.number() }))),
    stages: z.exactOptional(z.union([z.literal(1), z.literal(2)]).describe('Passes, where that is for the script to say.')),
    last: z.exactOptional(count.describe('The frame where the last picture stands, where that need not be the last.')),
    weights: z.exactOptional(hash.describe('The bytes of the model, where they are files of this machine.')),
    stack: z.exactOptional(z.string().describe('What runs it there.')),
    tuning: z.exactOptional(
      z.object({ steps: z.exactOptional(whole), guidance: z.exactOptional(z.number()), dtype: z.exactOptional(z.string()) }),
    ),
    sound: z.boolean(),
    segments: z.array(z.object({ from: count, to: count, text: z.string() })),
    keys: z.array(z.object({ frame: count, strength: z.number() })),
    extend: z.exactOptional(z.object({ at: z.enum(['end', 'start']), context: count, stands: z.exactOptional(count) })),
    retake: z.exactOptional(z.object({ from: count, to: count, mode: z.enum(['picture', 'sound', 'both']) })),
    heard: z.exactOptional(z.object({ from: rational, to: rational })),
    edit: z.exactOptional(z.record(z.string(), z.unknown())),
    slate: z.exactOptional(slate),
  })
  .describe('What decides the clip; hashed, with the bytes of the inputs, into the key.')

const input = z.union([
  z.object({ slot, kind: z.literal('asset'), path: z.string(), sha256: hash }),
  z.object({ slot, kind: z.literal('job'), id: z.string() }),
])

const made = z.object({
  sha256: hash,
  delivered: z.object({ frames: count, size, rate: rational, soundSamples: count, bytes: count }),
})

const job = z.object({
  id: z.string(),
  path: z.string(),
  take: whole,
  step: whole,
  operation,
  provider: z.string().describe("The provider's name in the script; `cut` is ffmpeg."),
  request,
  inputs: z.array(input),
  key: z.exactOptional(hash.describe('Absent until the bytes of all inputs are known.')),
  made: z.exactOptional(made.describe('The clip that stands for this job already.')),
  price: money,
  estimated: z.exactOptional(z.literal(true)).describe('The host does not say its price; it is set by its neighbours.'),
  tries: z.exactOptional(whole),
  expected: z.number().describe('Seconds.'),
  timed: z.exactOptional(z.literal(true)).describe('Expected to take as long as earlier jobs like it took.'),
  reproducibility,
  span,
})

const frameRange = z.object({ from: count, to: count })
const bridge = z.union([
  z.object({ kind: z.enum(['trim', 'silence']), fromFrames: whole, toFrames: whole }),
  z.object({ kind: z.literal('chain'), links: whole }),
  z.object({ kind: z.literal('widen'), from: frameRange, to: frameRange }),
  z.object({ kind: z.enum(['scale', 'crop', 'pad']), from: size, to: size }),
  z.object({ kind: z.literal('rate'), from: rational, to: rational }),
])

const line = z.object({
  path: z.string(),
  kind: z.enum(['shot', 'clip', 'card', 'still']),
  change: z.enum(['keep', 'new', 'change', 'recut', 'drop']),
  because: z.array(z.string()),
  provider: z.string(),
  route: z.exactOptional(z.string()).describe('The conditions of the route that sent it there.'),
  moves: z
    .exactOptional(z.array(z.object({ step: whole, operation: z.enum(['extend', 'retake']), to: z.string(), route: z.string() })))
    .describe('Steps that are made by another provider, from the whole shot so far.'),
  model: z.string(),
  quality,
  seconds: rational.describe('On the timeline.'),
  asked: rational.describe('Asked of the provider, over all takes and steps.'),
  bought: rational.describe('Paid for.'),
  bridges: z.array(bridge),
  seed: whole,
  takes: whole,
  reproducibility,
  price: money,
  estimated: z.exactOptional(z.literal(true)).describe('Some of the price is an estimate.'),
  expected: z.number().describe('Seconds of work.'),
  anew: z
    .exactOptional(z.object({ take: whole, from: z.enum(['all', 'steps']), asked: money, price: money }))
    .describe(
      'Where the shot made anew in one go would cost less than what a take costs as it is asked for, or its steps that are still to be made.',
    ),
  jobs: z.array(z.string()),
  span,
})

const transition = z.union([
  z.object({ kind: z.literal('cut') }),
  z.object({ kind: z.enum(['dissolve', 'fade']), frames: whole, span }),
  z.object({ kind: z.literal('wipe'), direction: z.enum(['left', 'right', 'up', 'down']), frames: whole, span }),
])

const bed = z.object({
  name: z.string(),
  path: z.string(),
  sha256: z.string(),
  from: whole,
  to: whole,
  gain: z.number(),
  fadeIn: whole,
  fadeOut: whole,
  start: rational,
  loop: z.boolean(),
  duck: z.exactOptional(z.object({ decibels: z.number(), under: z.string() })),
  span,
})

const title = z.object({
  text: z.string(),
  below: z.exactOptional(z.string()),
  from: whole,
  to: whole,
  style: z.enum(['lower-third', 'centre', 'top', 'corner']),
  span,
})

const delivery = z.object({
  name: z.string(),
  size: z.exactOptional(size),
  fit: z.enum(['crop', 'pad']),
  codec: z.enum(['h264', 'prores']),
  loudness: z.exactOptional(z.number()),
  output: z.string(),
  span,
})

const cut = z
  .object({
    clips: z.array(
      z.object({
        path: z.string(),
        job: z.string(),
        start: whole,
        frames: whole,
        into: transition,
        voice: z.boolean(),
        muted: z.boolean(),
      }),
    ),
    beds: z.array(bed),
    titles: z.array(title),
    captions: z.exactOptional(
      z.object({ burn: z.boolean(), span, cues: z.array(z.object({ from: whole, to: whole, who: z.string(), text: z.string() })) }),
    ),
    deliveries: z.array(delivery),
    frames: whole,
  })
  .describe('The timeline, in frames of the film.')

const ceiling = z.object({
  scope: z.enum(['run', 'film', 'day', 'shot']),
  path: z.exactOptional(z.string()).describe('Of a shot’s.'),
  budget: money,
  left: money.describe('What earlier runs have left of it.'),
})

export const planSchema: z.ZodType<PrintedPlan> = z
  .object({
    version: z.literal(1),
    film,
    rung: z.enum(['animatic', 'draft', 'final']),
    house: z.enum(['draft', 'final']),
    jobs: z.array(job).describe('Every job comes after those it needs.'),
    lines: z.array(line).describe('What `ltx plan` prints, one for each item of the film and each that was dropped.'),
    cut,
    totals: z.object({
      price: money,
      estimated: z.exactOptional(money).describe('How much of it is an estimate.'),
      make: count,
      keep: count,
      expected: z.number(),
      seconds: rational,
    }),
    missingKeys: z.array(z.string()).describe('Environment variables that must be set before this can be rendered.'),
    renames: z.array(z.object({ from: z.string(), to: z.string() })),
    ceilings: z.exactOptional(z.array(ceiling)).describe('Where the script sets budgets.'),
  })
  .meta({
    title: 'Plan of an ltx film',
    description: 'What `ltx plan --json` prints. Frames are frames of the film unless said otherwise.',
  })

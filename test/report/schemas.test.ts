// The published schemas: the files in docs/ are current, and what the program really prints is what they say.
// `GOLDEN=write npx vitest run test/report/schemas.test.ts` writes them anew.
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as z from 'zod'
import type { Plan } from '../../src/lang/plan.ts'
import { compareSchema } from '../../src/report/compare-schema.ts'
import { quietJson } from '../../src/report/json.ts'
import { planJson } from '../../src/report/plan-json.ts'
import { planSchema } from '../../src/report/plan-schema.ts'
import type { EventType } from '../../src/runtime/event.ts'
import { stampedSchema } from '../../src/runtime/event-schema.ts'
import { audio, bed, card, extend, facts, footage, image, planOf, program, retake, shot, span, video, words } from '../lang/plan-kit.ts'
import { harborPlan } from './kit.ts'
import { oneOfEach } from './one-of-each.ts'

/** As readers need it: fields that come later are no error, and the bounds of a double are not worth a line. */
const jsonSchema = (schema: z.ZodType) =>
  z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema: part }) => {
      if (part.minimum === Number.MIN_SAFE_INTEGER) delete part.minimum
      if (part.maximum === Number.MAX_SAFE_INTEGER) delete part.maximum
    },
  })

const published = {
  'compare.schema.json': () => jsonSchema(compareSchema),
  'plan.schema.json': () => jsonSchema(planSchema),
  'events.schema.json': () =>
    jsonSchema(
      stampedSchema.meta({
        title: 'Event of an ltx run',
        description:
          'One line of `ltx render --json`, and of the journal. `n` counts lines, `at` is milliseconds since 1970, money is millionths of a US dollar. New types may be added to version 1: pass over what you do not know.',
      }),
    ),
} as const

it.each(Object.entries(published))('docs/%s is current', (name, build) => {
  const place = new URL(`../../docs/${name}`, import.meta.url)
  const text = `${JSON.stringify(build(), null, 2)}\n`
  if (process.env.GOLDEN === 'write') writeFileSync(place, text)
  expect(readFileSync(place, 'utf8')).toBe(text)
})

/** One film with all that a plan can hold. */
function fullPlan(): Plan {
  const film = program(
    [
      shot('a/one', 144, {
        into: { kind: 'dissolve', frames: 12, span },
        steps: [extend(96), retake(0, 48)],
        segments: [{ from: 0, to: 48, text: 'she waves', span }],
        words: words('she walks', { say: [{ who: 'mara', text: 'I knew.', span }] }),
      }),
      shot('a/two', 120, {
        provider: 'gpu',
        from: image('a.png'),
        keys: [{ frame: 24, image: image('b.png'), strength: 0.8, span }],
        into: { kind: 'wipe', direction: 'left', frames: 10, span },
      }),
      shot('a/three', undefined, { sync: audio('vo.m4a'), from: image('a.png'), provider: 'gpu' }),
      footage('news', video('n.mp4'), { into: { kind: 'fade', frames: 24, span } }),
      card('end', 48, { below: 'a film' }),
    ],
    {
      beds: [bed('rain', audio('rain.wav'), { loop: true, duck: { decibels: -9, under: 'voice' } })],
      titles: [{ text: 'One', below: 'two', from: 0, to: 48, style: 'lower-third', span }],
      captions: { burn: true, span },
      deliveries: [
        { name: 'square', size: { width: 1080, height: 1080 }, fit: 'crop', codec: 'h264', loudness: -16, output: 'out/s.mp4', span },
      ],
    },
  )
  const known = facts(
    { path: 'a.png', kind: 'image' },
    { path: 'b.png', kind: 'image' },
    { path: 'vo.m4a', kind: 'audio', seconds: { num: 7, den: 2 } },
    { path: 'rain.wav', kind: 'audio', seconds: { num: 30, den: 1 } },
    { path: 'n.mp4', kind: 'video', seconds: { num: 5, den: 1 } },
  )
  return planOf({ ...film, film: { ...film.film, budget: 5_000_000, loudness: -14 } }, { facts: known }).plan
}

it.each([
  ['with kept, changed and new shots', harborPlan()],
  ['as an animatic', harborPlan('animatic')],
  ['with every kind of thing in it', fullPlan()],
])('a plan %s is what the schema says, and nothing more', (_name, plan) => {
  expect(plan.jobs.length).toBeGreaterThan(5)
  const printed: unknown = JSON.parse(planJson(plan))
  // Parsing drops what the schema does not know: equal means that nothing is missing there.
  expect(planSchema.parse(printed)).toEqual(printed)
  expect(printed).toEqual(plan)
})

it('a plan that is not one is refused', () => {
  expect(planSchema.safeParse({ ...harborPlan(), version: 2 }).success).toBe(false)
  expect(planSchema.safeParse({ ...harborPlan(), totals: { price: 0.5 } }).success).toBe(false)
})

it('every type of event is in the schema, as it is printed', () => {
  const types = new Set<EventType>()
  for (const event of oneOfEach()) {
    const printed: unknown = JSON.parse(quietJson(event))
    expect(stampedSchema.parse(printed)).toEqual(printed)
    types.add(event.type)
  }
  const schema = published['events.schema.json']()
  const known = (schema.oneOf ?? schema.anyOf ?? []).map((one) => (typeof one === 'object' ? one.properties?.type : undefined))
  expect(known.map((type) => (typeof type === 'object' ? type.const : undefined)).sort()).toEqual([...types].sort())
})

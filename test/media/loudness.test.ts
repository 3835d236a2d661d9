import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import { limited } from '../../src/media/limiter.ts'
import { openMeter } from '../../src/media/loudness.ts'
import { float32Of } from '../../src/media/pcm.ts'

let tool: Tool
beforeAll(async () => {
  tool = await findTool(process.env)
})

function metered(samples: Float32Array, block = 7777): { readonly loudness: number | undefined; readonly peak: number } {
  const meter = openMeter()
  for (let at = 0; at < samples.length; at += block * 2) meter.add(samples.subarray(at, at + block * 2))
  return { loudness: meter.integrated(), peak: meter.truePeak() }
}

/** One of ffmpeg's sources, and what its own meter says of it. */
async function measured(source: string): Promise<{ readonly samples: Float32Array; readonly loudness: number; readonly peak: number }> {
  const lavfi = `${source},aformat=channel_layouts=stereo:sample_fmts=flt:sample_rates=48000`
  const bytes = await tool.read({ inputs: [{ lavfi }], outputs: [{ pipe: true, options: ['-f', 'f32le'] }] })
  // `quiet` came after ffmpeg 5.1.
  const graph = 'ebur128=peak=true:framelog=verbose'
  const { stderr } = await tool.run({
    inputs: [{ lavfi: `${lavfi},${graph}` }],
    outputs: [{ none: true, options: ['-f', 'null'] }],
    verbose: true,
  })
  const number = (name: RegExp): number => Number(name.exec(stderr)?.[1])
  return { samples: float32Of(bytes), loudness: number(/I:\s+(-?[\d.]+) LUFS/), peak: number(/Peak:\s+(-?[\d.]+) dBFS/) }
}

describe('the meter', () => {
  const sources = [
    'anoisesrc=c=pink:r=48000:a=0.7:seed=5:d=4,tremolo=f=0.4:d=0.9',
    'sine=f=997:r=48000:d=3',
    // Eleven kilohertz, where the wave rises well above its samples.
    "aevalsrc='0.9*sin(2*PI*11999*t+0.7)':s=48000:d=2",
    "aevalsrc='0.5*sin(2*PI*70*t)*lt(t,2)+0.001*sin(2*PI*400*t)':s=48000:d=6",
  ]
  test.each(sources)('agrees with ffmpeg on %s', async (source) => {
    const { samples, loudness, peak } = await measured(source)
    const own = metered(samples)
    expect(Math.abs((own.loudness ?? Number.NaN) - loudness)).toBeLessThan(0.11)
    // ffmpeg's own reads a little more where a tone sets in.
    expect(own.peak - peak).toBeLessThan(0.1)
    expect(own.peak - peak).toBeGreaterThan(-0.7)
  })

  test('sees the peak between the samples', () => {
    // At a quarter of the sample rate, half way between: every sample is at 0.707 of the peak.
    const samples = Float32Array.from({ length: 48_000 }, (_, at) => 0.9 * Math.sin(((at >> 1) + 0.5) * (Math.PI / 2)))
    expect(Math.max(...samples)).toBeCloseTo(0.636, 2)
    // A tone that sets in at once rings a little above itself.
    expect(metered(samples).peak).toBeGreaterThan(20 * Math.log10(0.89))
    expect(metered(samples).peak).toBeLessThan(20 * Math.log10(0.99))
  })

  test('does not care how the sound is cut into blocks', async () => {
    const { samples } = await measured('anoisesrc=c=pink:r=48000:a=0.7:seed=6:d=1')
    const once = metered(samples, 48_000)
    for (const block of [1, 100, 4800]) {
      const other = metered(samples, block)
      expect(other.loudness).toBeCloseTo(once.loudness ?? Number.NaN, 9)
      expect(other.peak).toBeCloseTo(once.peak, 3)
    }
  })

  test('has no number for silence', () => {
    expect(metered(new Float32Array(48_000 * 4))).toEqual({ loudness: undefined, peak: Number.NEGATIVE_INFINITY })
    expect(metered(new Float32Array(0)).loudness).toBeUndefined()
  })
})

describe('the limiter', () => {
  const limit = async (samples: Float32Array, gain: number, block: number, ceiling = 0.8): Promise<Float32Array> => {
    async function* blocks(): AsyncGenerator<Float32Array> {
      for (let at = 0; at < samples.length; at += block * 2) yield samples.slice(at, at + block * 2)
    }
    const parts: number[] = []
    for await (const part of limited(blocks(), { gain, ceiling })) parts.push(...part)
    return Float32Array.from(parts)
  }
  const wave = (count: number, value: (n: number) => number): Float32Array =>
    Float32Array.from({ length: count * 2 }, (_, at) => value(at >> 1))

  test('keeps true peaks under the ceiling and leaves quiet sound alone', async () => {
    const loud = wave(24_000, (n) => (n > 8000 && n < 8400 ? 1.4 : 0.3) * Math.sin(n * 0.9 + (n / 3000) ** 2))
    const out = await limit(loud, 1, 1000)
    expect(out.length).toBe(loud.length)
    expect(metered(out).peak).toBeLessThan(20 * Math.log10(0.8) + 0.1)
    expect(out.subarray(0, 7600 * 2)).toEqual(loud.subarray(0, 7600 * 2))
    const [late, same] = [out[23_990 * 2] ?? 0, loud[23_990 * 2] ?? 1]
    expect(late / same).toBeGreaterThan(0.95)
  })

  test('is a plain gain where nothing is too loud', async () => {
    const soft = wave(5000, (n) => 0.2 * Math.sin(n * 0.05))
    const out = await limit(soft, 2, 333)
    for (let at = 0; at < soft.length; at += 1) expect(out[at]).toBeCloseTo((soft[at] ?? 0) * 2, 6)
  })

  test('holds for any waves, gains and blocks', async () => {
    const waves = fc.array(fc.double({ min: -1.5, max: 1.5, noNaN: true }), { minLength: 1, maxLength: 400 })
    await fc.assert(
      fc.asyncProperty(
        waves,
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0.1, max: 8, noNaN: true }),
        async (levels, block, gain) => {
          const samples = wave(levels.length * 3, (n) => levels[Math.floor(n / 3)] ?? 0)
          const out = await limit(samples, gain, block)
          expect(out.length).toBe(samples.length)
          for (const value of out) expect(Math.abs(value)).toBeLessThanOrEqual(0.8001)
          expect(await limit(samples, gain, 10_000)).toEqual(out)
        },
      ),
      { numRuns: 60 },
    )
  })
})

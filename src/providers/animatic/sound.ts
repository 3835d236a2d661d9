// The bed of a clip that has no sound of its own: quiet noises and tones as the words name them, as 16-bit stereo
// at 48 kHz. Every sample is a function of its place in the scene, so that a chain of clips sounds through. Filters
// start a little earlier than they are heard; the ends are faded over a few milliseconds.
import { setImmediate } from 'node:timers/promises'
import { channels, sampleRate } from '../../media/house.ts'
import type { Sound } from './cues.ts'
import { clamp, dice, noise, smoothstep } from './dice.ts'

/** `first` is the scene's sample that is heard first. */
export type Bed = { readonly sounds: readonly Sound[]; readonly seed: number; readonly first: number; readonly samples: number }

/** Gives the next sample of one channel; `at` counts the scene's samples and goes up by one each time. */
type Voice = (at: number) => number

/** Samples that the filters run before they are heard. */
const runUp = sampleRate / 2

const white = (seed: number, at: number): number => dice(seed, at) * 2 - 1

function lowPass(hertz: number): (input: number) => number {
  const share = 1 - Math.exp((-2 * Math.PI * hertz) / sampleRate)
  let [a, b] = [0, 0]
  return (input) => {
    a += share * (input - a)
    b += share * (a - b)
    return b
  }
}

function highPass(hertz: number): (input: number) => number {
  const low = lowPass(hertz)
  return (input) => input - low(input)
}

const seconds = (at: number): number => at / sampleRate

/** A slow rise and fall, 0..1. */
const swell = (seed: number, at: number, hertz: number): number => 0.5 + 0.5 * noise(seed, seconds(at) * hertz)

/** Something that happens now and then: gives how long ago the last one was, in seconds, and a number of its own. */
function nowAndThen(seed: number, at: number, every: number): { readonly age: number; readonly which: number } {
  const cell = Math.floor(seconds(at) / every)
  const start = (cell + 0.7 * dice(seed, cell)) * every
  if (seconds(at) >= start) return { age: seconds(at) - start, which: dice(seed + 1, cell) }
  return { age: seconds(at) - (cell - 1 + 0.7 * dice(seed, cell - 1)) * every, which: dice(seed + 1, cell - 1) }
}

const wave = (at: number, hertz: number): number => Math.sin(2 * Math.PI * hertz * seconds(at))

function filtered(seed: number, low: number, high: number, gain: (at: number) => number): Voice {
  const [top, bottom] = [lowPass(high), highPass(low)]
  return (at) => bottom(top(white(seed, at))) * gain(at)
}

/** Notes of the soft chord, from the seed. */
function chord(seed: number): readonly number[] {
  const root = 98 * 2 ** (Math.floor(dice(seed, 501) * 7) / 12)
  const third = dice(seed, 502) < 0.5 ? 3 : 4
  return [0, 7, 12, 12 + third].map((step) => root * 2 ** (step / 12))
}

/** What brings each voice near -30 LUFS when it is alone. */
const levels: Readonly<Record<Sound, number>> = {
  silence: 0,
  sea: 0.63,
  wind: 1.35,
  rain: 0.95,
  city: 0.65,
  music: 1.2,
  room: 1.2,
  birds: 2.2,
  fire: 0.95,
  engine: 1.35,
  voices: 3.6,
  tone: 2.2,
}

function voiceOf(sound: Sound, seed: number, side: number): Voice {
  const own = seed * 31 + side * 7919
  switch (sound) {
    case 'silence':
      return () => 0
    case 'sea': {
      const crest = filtered(own + 1, 900, 5200, (at) => 0.1 * swell(seed + 3, at, 0.2) ** 3)
      const body = filtered(own, 60, 520, (at) => 0.16 + 0.36 * swell(seed + 3, at, 0.2) ** 2)
      return (at) => body(at) + crest(at)
    }
    case 'wind': {
      const low = filtered(own, 120, 420, (at) => 0.2 + 0.5 * swell(seed + 4, at, 0.23) ** 2)
      const whistle = filtered(own + 1, 500, 900, (at) => 0.2 * swell(seed + 5, at, 0.31) ** 3)
      return (at) => low(at) + whistle(at)
    }
    case 'rain':
      return filtered(own, 1300, 7200, (at) => 0.055 + 0.016 * swell(seed + 6, at, 0.4))
    case 'city': {
      const hum = filtered(own, 40, 190, () => 1.05)
      const passing = filtered(own + 1, 150, 700, (at) => 0.3 * swell(seed + 7, at, 0.14) ** 4)
      return (at) => hum(at) + passing(at)
    }
    case 'room':
      return filtered(own, 50, 260, () => 0.42)
    case 'fire': {
      const low = filtered(own, 60, 300, (at) => 0.3 + 0.2 * swell(seed + 8, at, 1.1))
      const crackle = filtered(
        own + 1,
        1200,
        6000,
        (at) => 0.5 * Math.exp(-nowAndThen(seed + 9, at, 0.13).age * 130) * nowAndThen(seed + 9, at, 0.13).which ** 3,
      )
      return (at) => low(at) + crackle(at)
    }
    case 'engine':
      return (at) => 0.03 * (wave(at, 54) + 0.6 * wave(at, 108.4) + 0.25 * wave(at, 163)) * (0.8 + 0.2 * swell(seed + 10, at, 0.7))
    case 'voices':
      return filtered(own, 280, 900, (at) => 0.16 * swell(seed + side + 11, at, 3.4) * (0.4 + 0.6 * swell(seed + 12, at, 0.4)))
    case 'birds':
      return (at) => {
        const { age, which } = nowAndThen(seed + side * 3 + 13, at, 1.7)
        const chirp = age % 0.17
        if (age > 0.17 * (1 + Math.floor(which * 3))) return 0
        return (
          0.045 *
          smoothstep(0, 0.012, chirp) *
          Math.exp(-chirp * 34) *
          Math.sin(2 * Math.PI * (2300 + 1700 * which) * chirp + 160 * Math.sin(chirp * 40))
        )
      }
    case 'music':
      return musicVoice(seed, side)
    case 'tone':
      return toneVoice(seed, side)
  }
}

function toneVoice(seed: number, side: number): Voice {
  const notes = chord(seed)
  return (at) =>
    notes.reduce(
      (sum, note, index) =>
        sum + (0.015 / (1 + index * 0.5)) * wave(at, note * (1 + 0.0006 * side)) * (0.6 + 0.4 * swell(seed + index + 14, at, 0.17)),
      0,
    )
}

/** A soft beat under the chord, at a pace from the seed. */
function musicVoice(seed: number, side: number): Voice {
  const notes = chord(seed)
  const beat = 60 / (84 + Math.floor(dice(seed, 503) * 5) * 8)
  return (at) => {
    const time = seconds(at)
    const into = ((time % beat) + beat) % beat
    const half = (((time + beat / 2) % beat) + beat) % beat
    const kick =
      0.11 * smoothstep(0, 0.004, into) * Math.exp(-into * 11) * Math.sin(2 * Math.PI * (46 * into + 2.2 * (1 - Math.exp(-into * 30))))
    const hat = 0.012 * white(seed + 15 + side, at) * smoothstep(0, 0.002, half) * Math.exp(-half * 70)
    const bar = Math.floor(time / beat)
    const note = notes[((bar % notes.length) + notes.length) % notes.length] ?? 110
    const pluck = 0.03 * smoothstep(0, 0.01, into) * Math.exp(-into * 4) * Math.sin(2 * Math.PI * note * 2 * into)
    return kick + hat + pluck
  }
}

/** Interleaved 16-bit little-endian samples. Lets others have their turn between stretches; rejects when aborted. */
export async function makeBed(bed: Bed, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = new DataView(new ArrayBuffer(bed.samples * channels * 2))
  const heard = bed.sounds.filter((sound) => sound !== 'silence')
  const gain = 1 / Math.sqrt(Math.max(1, heard.length))
  const sides = Array.from({ length: channels }, (_, side) =>
    heard.map((sound) => {
      const voice = voiceOf(sound, bed.seed, side)
      return (at: number): number => levels[sound] * voice(at)
    }),
  )
  for (let from = -runUp; from < bed.samples; from += stretch) {
    signal.throwIfAborted()
    for (let i = from; i < Math.min(from + stretch, bed.samples); i++) {
      const level = gain * (i < 0 ? 0 : edge(i, bed.samples))
      sides.forEach((voices, side) => {
        let sum = 0
        for (const voice of voices) sum += voice(bed.first + i)
        if (i >= 0) bytes.setInt16((i * channels + side) * 2, Math.round(clamp(sum * level, -0.9, 0.9) * 32767), true)
      })
    }
    await setImmediate()
  }
  return new Uint8Array(bytes.buffer)
}

/** Samples that are made in one go: some 20 ms of work. */
const stretch = 24000

/** 1 but for the first and last five milliseconds. */
const edge = (at: number, samples: number): number => {
  const fade = Math.min(240, samples / 2)
  return smoothstep(0, fade, Math.min(at, samples - 1 - at))
}

/** How loud each frame is, 0..1 against the loudest of the stretch: quick to rise, slow to fall. */
export function readLevels(pcm: Uint8Array, starts: readonly number[]): readonly number[] {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength)
  const total = Math.floor(pcm.byteLength / (channels * 2))
  const raw = starts.map((start, index) => {
    const end = Math.min(total, starts[index + 1] ?? total)
    let sum = 0
    for (let i = start; i < end; i++) sum += (view.getInt16(i * channels * 2, true) / 32768) ** 2
    return Math.sqrt(sum / Math.max(1, end - start))
  })
  const sorted = [...raw].sort((a, b) => a - b)
  const loud = Math.max(0.004, sorted[Math.floor(sorted.length * 0.95)] ?? 0)
  let held = 0
  return raw.map((value) => {
    const now = clamp(value / loud)
    held = now > held ? held + (now - held) * 0.7 : held + (now - held) * 0.22
    return held
  })
}

/** The highest sample of each of `bins` equal stretches, 0..1, for a drawing of the wave. */
export function readPeaks(pcm: Uint8Array, bins: number): readonly number[] {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength)
  const total = Math.floor(pcm.byteLength / (channels * 2))
  return Array.from({ length: bins }, (_, bin) => {
    let peak = 0
    const [from, to] = [Math.floor((bin * total) / bins), Math.floor(((bin + 1) * total) / bins)]
    for (let i = from; i < to; i++) peak = Math.max(peak, Math.abs(view.getInt16(i * channels * 2, true)) / 32768)
    return peak
  })
}

// Small tools for sound: buffers of samples at 48 kHz, seeded noise, filters, envelopes, a room, files out. A sound is a
// Float32Array (one channel) or a pair of them; lengths are seconds.
import { rm, writeFile } from 'node:fs/promises'
import { chance } from './chance.mjs'
import { run } from './tools.mjs'

export const hertz = 48000
export const silence = (seconds) => new Float32Array(Math.round(seconds * hertz))

/** A sound of `seconds`, sample by sample from `at(t, i)`. */
export function make(seconds, at) {
  const out = silence(seconds)
  for (let i = 0; i < out.length; i++) out[i] = at(i / hertz, i)
  return out
}

export function noise(seconds, seed) {
  const next = chance(seed)
  return make(seconds, () => next() * 2 - 1)
}

/** Adds `sound` into `into` at a time; what falls past the end is lost. */
export function add(into, sound, at = 0, gain = 1) {
  const start = Math.round(at * hertz)
  const end = Math.min(into.length, start + sound.length)
  for (let i = Math.max(0, start); i < end; i++) into[i] += sound[i - start] * gain
  return into
}

/** A two-pole filter (the audio EQ cookbook's): `kind` is low, high or band. */
export function filter(sound, kind, frequency, q = Math.SQRT1_2) {
  const w = (2 * Math.PI * frequency) / hertz
  const [alpha, cos] = [Math.sin(w) / (2 * q), Math.cos(w)]
  const b = { low: [(1 - cos) / 2, 1 - cos, (1 - cos) / 2], high: [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2], band: [alpha, 0, -alpha] }[
    kind
  ]
  const [a0, a1, a2] = [1 + alpha, -2 * cos, 1 - alpha]
  let [x1, x2, y1, y2] = [0, 0, 0, 0]
  return sound.map((x) => {
    const y = (b[0] * x + b[1] * x1 + b[2] * x2 - a1 * y1 - a2 * y2) / a0
    ;[x1, x2, y1, y2] = [x, x1, y, y1]
    return y
  })
}

/** Rises for `attack` seconds, then falls off by 1/e every `decay` seconds. */
export const strike = (t, attack, decay) => (t < attack ? t / attack : Math.exp(-(t - attack) / decay))

/** Straight rise and fall at the ends. */
export function fade(sound, rise, fall) {
  const length = sound.length / hertz
  return sound.map((x, i) => x * Math.min(1, i / hertz / rise, (length - i / hertz) / fall))
}

/** A room of four combs and two all-passes; `wet` is its share. `spread` makes the other channel another room. */
export function room(sound, wet, size = 1, spread = 0) {
  const out = new Float32Array(sound.length)
  for (const delay of [1557, 1617, 1491, 1422]) {
    const line = new Float32Array(Math.round((delay + spread) * size))
    let [at, damp] = [0, 0]
    for (let i = 0; i < sound.length; i++) {
      const echo = line[at]
      damp = echo * 0.7 + damp * 0.3
      line[at] = sound[i] + damp * 0.82
      at = (at + 1) % line.length
      out[i] += echo * 0.25
    }
  }
  for (const delay of [225, 556]) {
    const line = new Float32Array(delay + spread)
    let at = 0
    for (let i = 0; i < out.length; i++) {
      const echo = line[at]
      line[at] = out[i] + echo * 0.5
      out[i] = echo - out[i] * 0.5
      at = (at + 1) % line.length
    }
  }
  return sound.map((x, i) => x * (1 - wet) + out[i] * wet)
}

/** Makes an endless loop of it: the end is laid over the start, so that the seam cannot be heard. */
export function seamless(sound, seconds) {
  const overlap = sound.length - Math.round(seconds * hertz)
  const out = sound.slice(0, sound.length - overlap)
  for (let i = 0; i < overlap; i++) {
    const part = i / overlap
    out[i] = sound[i] * Math.sqrt(part) + sound[out.length + i] * Math.sqrt(1 - part)
  }
  return out
}

/** Scaled so that its loudest sample is `peak`. */
export function level(channels, peak = 0.7) {
  let loudest = 1e-9
  for (const channel of channels) for (const x of channel) loudest = Math.max(loudest, Math.abs(x))
  return channels.map((channel) => channel.map((x) => (x / loudest) * peak))
}

function wav(channels) {
  const [count, frames] = [channels.length, channels[0].length]
  const bytes = Buffer.alloc(44 + frames * count * 2)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(bytes.length - 8, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(count, 22)
  bytes.writeUInt32LE(hertz, 24)
  bytes.writeUInt32LE(hertz * count * 2, 28)
  bytes.writeUInt16LE(count * 2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(bytes.length - 44, 40)
  for (let i = 0; i < frames; i++) {
    for (let c = 0; c < count; c++)
      bytes.writeInt16LE(Math.round(Math.max(-1, Math.min(1, channels[c][i])) * 32767), 44 + (i * count + c) * 2)
  }
  return bytes
}

const bitexact = ['-map_metadata', '-1', '-flags', '+bitexact', '-fflags', '+bitexact']

/** Writes `.wav`, `.flac`, `.mp3` or `.m4a` by the end of the name; `bitrate` is for the last two, `rate` for a smaller WAV. */
export async function writeSound(path, channels, { bitrate = '64k', rate = hertz } = {}) {
  const raw = `${path}.tmp.wav`
  await writeFile(raw, wav(channels))
  const end = path.slice(path.lastIndexOf('.') + 1)
  const codec = {
    wav: ['-c:a', 'pcm_s16le'],
    flac: ['-c:a', 'flac'],
    mp3: ['-c:a', 'libmp3lame', '-b:a', bitrate],
    m4a: ['-c:a', 'aac', '-b:a', bitrate, '-movflags', '+faststart'],
  }[end]
  await run(['-i', `file:${raw}`, '-ar', String(rate), ...codec, ...bitexact, `file:${path}`])
  await rm(raw)
}

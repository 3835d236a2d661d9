// A speaking voice from nothing: a train of glottal pulses through five resonators that glide between the formants of one
// sound and the next, with hiss and bursts for the consonants. In go phonemes (ARPAbet, `1` for stress, `,` and `.` for
// pauses), out comes speech that a lip-sync model can follow. It sounds like a machine, and is nobody's voice.
import { chance } from './chance.mjs'
import { add, filter, hertz, noise, silence } from './sound.mjs'

// [F1, F2, F3, milliseconds, loudness] for an adult; `to` is where a diphthong glides.
const voiced = {
  AA: { f: [730, 1150, 2440, 120, 1] },
  AE: { f: [690, 1680, 2430, 130, 1] },
  AH: { f: [620, 1220, 2500, 85, 0.95] },
  AO: { f: [560, 880, 2450, 125, 1] },
  EH: { f: [540, 1800, 2500, 100, 0.98] },
  ER: { f: [480, 1320, 1690, 120, 0.9] },
  IH: { f: [400, 1950, 2560, 80, 0.9] },
  IY: { f: [290, 2250, 3000, 110, 0.85] },
  UH: { f: [440, 1040, 2260, 85, 0.9] },
  UW: { f: [320, 920, 2240, 115, 0.85] },
  AY: { f: [720, 1200, 2450, 165, 1], to: [400, 1950, 2560] },
  AW: { f: [720, 1250, 2450, 165, 1], to: [430, 950, 2300] },
  EY: { f: [500, 1850, 2520, 150, 0.95], to: [330, 2200, 2800] },
  OW: { f: [540, 960, 2400, 150, 0.95], to: [380, 830, 2250] },
  M: { f: [280, 1000, 2200, 75, 0.35] },
  N: { f: [280, 1500, 2500, 70, 0.35] },
  NG: { f: [280, 2000, 2600, 80, 0.33] },
  L: { f: [360, 1080, 2650, 70, 0.6] },
  R: { f: [360, 1180, 1600, 70, 0.65] },
  W: { f: [310, 680, 2200, 70, 0.6] },
  Y: { f: [290, 2150, 2900, 60, 0.6] },
  V: { f: [300, 1150, 2350, 60, 0.3], hiss: [5200, 0.05] },
  DH: { f: [300, 1350, 2500, 45, 0.3], hiss: [5600, 0.04] },
  Z: { f: [290, 1600, 2550, 80, 0.2], hiss: [6200, 0.16] },
}
// [centre of the hiss, loudness, milliseconds]
const hissed = { S: [6400, 0.3, 105], SH: [3100, 0.32, 110], F: [5000, 0.12, 90], HH: [1500, 0.14, 60], TH: [5400, 0.1, 80] }
// [centre of the burst, loudness, closed milliseconds, voiced while closed]
const stops = {
  P: [900, 0.3, 70, false],
  B: [800, 0.2, 55, true],
  T: [4200, 0.34, 60, false],
  D: [3600, 0.22, 45, true],
  K: [1900, 0.36, 65, false],
  G: [1800, 0.22, 50, true],
  CH: [3200, 0.36, 60, false],
  JH: [2900, 0.26, 50, true],
}

/** Lays the phonemes on a clock: targets for the resonators, and hisses to add. */
function score(phonemes, { pace = 1, tract = 1, hold = 1.4 }) {
  const targets = []
  const hisses = []
  const accents = []
  let time = 0.06
  const target = (f, loudness, milliseconds) => {
    targets.push({ at: time, f: f.map((hz) => hz * tract), loudness })
    time += (milliseconds / 1000) * pace
  }
  let last = [500, 1500, 2500]
  for (const word of phonemes.split(/\s+/)) {
    const stressed = word.endsWith('1')
    const name = stressed ? word.slice(0, -1) : word
    if (name === ',' || name === '.') {
      target(last, 0, name === '.' ? 330 : 190)
      continue
    }
    if (stressed) accents.push(time)
    const sound = voiced[name]
    if (sound) {
      const [f1, f2, f3, milliseconds, loudness] = sound.f
      const long = milliseconds * (stressed ? hold : 1)
      if (sound.hiss) hisses.push({ at: time, seconds: (long / 1000) * pace, centre: sound.hiss[0], gain: sound.hiss[1] })
      target([f1, f2, f3], loudness, sound.to ? long * 0.45 : long)
      last = sound.to ?? [f1, f2, f3]
      if (sound.to) target(sound.to, loudness * 0.85, long * 0.55)
    } else if (hissed[name]) {
      const [centre, gain, milliseconds] = hissed[name]
      hisses.push({ at: time, seconds: (milliseconds / 1000) * pace, centre, gain })
      target(last, 0, milliseconds)
    } else if (stops[name]) {
      const [centre, gain, closed, hums] = stops[name]
      target([220, last[1], last[2]], hums ? 0.12 : 0, closed)
      hisses.push({ at: time, seconds: name.endsWith('H') ? 0.07 : hums ? 0.014 : 0.03, centre, gain })
      target(last, 0.05, hums ? 10 : 26)
    } else throw new Error(`no phoneme ${word}`)
  }
  targets.push({ at: time, f: last.map((hz) => hz * tract), loudness: 0 })
  return { targets, hisses, accents, seconds: time + 0.25 }
}

/** A resonator whose frequency may move at every sample. */
function resonator(width) {
  const c = -Math.exp((-2 * Math.PI * width) / hertz)
  const r = 2 * Math.exp((-Math.PI * width) / hertz)
  let [y1, y2] = [0, 0]
  return (x, frequency) => {
    const b = r * Math.cos((2 * Math.PI * frequency) / hertz)
    const y = (1 - b - c) * x + b * y1 + c * y2
    ;[y1, y2] = [y, y1]
    return y
  }
}

/** Speech: phonemes and a speaker in, one channel out. `pitch` is the voice's middle in hertz, `tract` scales its formants. */
export function speak(phonemes, speaker) {
  const { targets, hisses, accents, seconds } = score(phonemes, speaker)
  const out = silence(seconds)
  const next = chance(speaker.seed)
  const pipes = [70, 95, 130, 220, 280].map(resonator)
  const f = [...targets[0].f]
  let [loudness, phase, wobble, flow, before, at] = [0, 0, 0, 0, 0, 0]
  for (let i = 0; i < out.length; i++) {
    const t = i / hertz
    while (at + 1 < targets.length && targets[at + 1].at <= t) at += 1
    const aim = t < targets[0].at ? { f, loudness: 0 } : targets[at]
    for (const k of [0, 1, 2]) f[k] += (aim.f[k] - f[k]) * 0.0011
    loudness += (aim.loudness - loudness) * 0.0016
    const accent = accents.reduce((sum, when) => sum + Math.exp(-(((t - when - 0.07) / 0.11) ** 2)), 0)
    const pitch = speaker.pitch * (1.1 - 0.24 * (t / seconds) + 0.13 * accent) * (1 + 0.008 * Math.sin(t * 33) + wobble)
    phase += pitch / hertz
    if (phase >= 1) {
      phase -= 1
      wobble = (next() - 0.5) * 0.014
    }
    // Rosenberg's pulse: opens for two fifths of the period, closes in a sixth; its slope is what drives the tract.
    const open = phase < 0.4 ? 0.5 - 0.5 * Math.cos((Math.PI * phase) / 0.4) : phase < 0.56 ? Math.cos((Math.PI * (phase - 0.4)) / 0.32) : 0
    const slope = (open - flow) * 14 + (next() - 0.5) * 0.05 * (phase < 0.56 ? 1 : 0.3)
    flow = open
    // Tilted up, as lips radiate: without it the upper formants drown.
    let x = slope - 0.88 * before
    before = slope
    x *= loudness
    for (const [k, pipe] of pipes.entries()) x = pipe(x, k < 3 ? f[k] : (k === 3 ? 3400 : 4300) * speaker.tract)
    out[i] = x
  }
  let loudest = 1e-9
  for (const x of out) loudest = Math.max(loudest, Math.abs(x))
  const speech = out.map((x) => (x / loudest) * 0.8)
  for (const [k, hiss] of hisses.entries()) {
    const burst = filter(noise(hiss.seconds + 0.02, speaker.seed * 100 + k), 'band', hiss.centre, 1.1)
    add(
      speech,
      burst.map((x, i) => x * Math.min(1, i / 240, Math.max(0, (burst.length - i) / 700))),
      hiss.at,
      hiss.gain * 1.6,
    )
  }
  return filter(speech, 'high', 80)
}

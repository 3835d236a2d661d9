// Instruments and the pieces the example films play: drums, a bass, a plucked string, a pad, a bell. A piece is a function
// that gives two channels; all timing is in beats, so that a bar's length follows from the tempo.
import { add, filter, make, noise, room, silence, strike } from './sound.mjs'

const midi = (note) => 440 * 2 ** ((note - 69) / 12)
const tau = Math.PI * 2

export const kick = () => {
  let phase = 0
  return make(0.42, (t) => {
    phase += (46 + 120 * Math.exp(-t / 0.028)) / 48000
    return Math.sin(tau * phase) * strike(t, 0.002, 0.13) + (t < 0.004 ? 0.4 * (1 - t / 0.004) : 0)
  })
}

export const tom = (hz, seed) => {
  const skin = filter(noise(0.9, seed), 'band', hz * 4, 0.8)
  let phase = 0
  return make(0.9, (t, i) => {
    phase += (hz * (1 + 0.5 * Math.exp(-t / 0.05))) / 48000
    return Math.sin(tau * phase) * strike(t, 0.003, 0.22) + skin[i] * 0.5 * strike(t, 0.001, 0.03)
  })
}

export const snare = (seed) => {
  const rattle = filter(noise(0.3, seed), 'high', 1800)
  return make(0.3, (t, i) => Math.sin(tau * 188 * t) * 0.5 * strike(t, 0.001, 0.05) + rattle[i] * 0.55 * strike(t, 0.001, 0.07))
}

export const hat = (seed, open = 0.028) => filter(noise(0.3, seed), 'high', 7600).map((x, i) => x * strike(i / 48000, 0.001, open) * 0.5)

/** A string: a short burst of noise in a delay line that loses its highs (Karplus and Strong). */
export function pluck(note, seconds, seed, bright = 0.5) {
  const period = Math.round(48000 / midi(note))
  const line = noise(period / 48000 + 0.001, seed)
  let last = 0
  return make(seconds, (_, i) => {
    const at = i % period
    const x = line[at]
    line[at] = (x * bright + last * (1 - bright)) * 0.996
    last = x
    return x * Math.min(1, i / 60)
  })
}

/** A chord that swells: three slightly detuned saws a note, dark. */
export function pad(notes, seconds, { rise = 0.8, fall = 1.2, cutoff = 900 } = {}) {
  const out = silence(seconds)
  for (const note of notes) {
    for (const cents of [-7, 0, 6]) {
      const hz = midi(note + cents / 100)
      add(
        out,
        make(seconds, (t) => 2 * ((t * hz + (note * 0.37 + cents * 0.11)) % 1) - 1),
        0,
        0.1,
      )
    }
  }
  const soft = filter(filter(out, 'low', cutoff), 'low', cutoff)
  return soft.map((x, i) => x * Math.min(1, i / 48000 / rise, (seconds - i / 48000) / fall))
}

export const bass = (note, seconds) => {
  const hz = midi(note)
  const saw = make(seconds, (t) => (2 * ((t * hz) % 1) - 1) * 0.5 + Math.sin(tau * hz * t) * 0.7)
  return filter(saw, 'low', 420).map((x, i) => x * strike(i / 48000, 0.008, seconds * 0.6))
}

export const bell = (note, seconds) => {
  const hz = midi(note)
  return make(
    seconds,
    (t) => strike(t, 0.002, seconds * 0.24) * (Math.sin(tau * hz * t) + 0.5 * Math.sin(tau * hz * 2.76 * t) * Math.exp(-t * 5)) * 0.4,
  )
}

/** Two channels from placed sounds. `place(sound, beat, gain, pan)`: pan -1 is left, 1 is right. */
function piece(seconds, tempo, compose) {
  const [left, right] = [silence(seconds), silence(seconds)]
  compose((sound, beat, gain = 1, pan = 0) => {
    add(left, sound, (beat * 60) / tempo, gain * Math.cos(((pan + 1) * Math.PI) / 4))
    add(right, sound, (beat * 60) / tempo, gain * Math.sin(((pan + 1) * Math.PI) / 4))
  })
  return [room(left, 0.16, 1), room(right, 0.16, 1, 23)]
}

/** Storm drums: four bars of toms at 90 that can go round and round. */
export const stormDrums = () => {
  const seconds = (16 * 60) / 90
  const played = piece(seconds + 1.2, 90, (place) => {
    const [low, high, floor] = [tom(64, 1), tom(110, 2), tom(46, 3)]
    for (let bar = 0; bar < 4; bar++) {
      for (const [beat, gain] of [
        [0, 1],
        [0.75, 0.5],
        [1.5, 0.8],
        [2.5, 0.6],
        [3, 0.9],
        [3.5, 0.4],
      ])
        place(low, bar * 4 + beat, gain, -0.25)
      for (const beat of [1, 2.25, 3.25, 3.75]) place(high, bar * 4 + beat, 0.5 + (bar % 2) * 0.15, 0.35)
      place(floor, bar * 4, 1.1)
      if (bar === 3)
        for (const [step, beat] of [2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 3.75].entries())
          place(high, 12 + beat, 0.3 + step * 0.07, 0.5 - step * 0.12)
    }
  })
  // What rings on after the last bar is heard at the start, so that the loop has no seam.
  return played.map((channel) => add(channel.slice(0, Math.round(seconds * 48000)), channel.slice(Math.round(seconds * 48000))))
}

/** The morning after: a slow harp over a pad, in D. */
export const morning = () =>
  piece(14, 66, (place) => {
    place(pad([50, 57, 62, 66], 7.6, { rise: 2, fall: 2.4 }), 0, 0.8, -0.2)
    place(pad([55, 59, 62, 67], 7.4, { rise: 1.8, fall: 3.4 }), 7, 0.8, 0.2)
    for (const [i, [beat, note]] of [
      [0, 62],
      [0.5, 69],
      [1, 74],
      [1.5, 78],
      [2.5, 76],
      [3.5, 74],
      [4, 69],
      [5, 71],
      [6, 66],
      [7, 67],
      [7.5, 71],
      [8, 74],
      [8.5, 79],
      [9.5, 78],
      [10.5, 74],
      [11, 71],
      [12, 74],
      [13, 86],
    ].entries()) {
      place(pluck(note, 3.6, 40 + i, 0.46), beat, 0.42, Math.sin(i) * 0.6)
    }
  })

/** The podcast's sting: four bars at 104, bass and plucks that end on a bell. */
export const nightDesk = () =>
  piece(11.5, 104, (place) => {
    const chords = [
      [45, 60, 64, 67],
      [41, 57, 60, 64],
      [48, 55, 64, 67],
      [43, 59, 62, 67],
    ]
    for (const [bar, [root, ...notes]] of chords.entries()) {
      for (const [beat, long] of [
        [0, 0.7],
        [1.5, 0.4],
        [2, 0.5],
        [3.5, 0.3],
      ])
        place(bass(root - 12, long), bar * 4 + beat, 0.8)
      for (let step = 0; step < 8; step++)
        place(
          pluck(notes[(step * 2) % 3] + (step % 4 === 3 ? 12 : 0), 1.4, bar * 8 + step, 0.6),
          bar * 4 + step / 2,
          0.34,
          step % 2 === 0 ? -0.5 : 0.5,
        )
      place(kick(), bar * 4, 0.8)
      place(kick(), bar * 4 + 2.5, 0.6)
      for (const beat of [1, 3]) place(snare(bar), bar * 4 + beat, 0.34, 0.1)
      for (let step = 0; step < 8; step++) place(hat(step), bar * 4 + step / 2, 0.2, 0.4)
    }
    place(bell(81, 3), 16, 0.6, 0.2)
    place(pad([57, 60, 64, 67], 2.2, { rise: 0.1, fall: 1.4 }), 16, 0.9)
    place(kick(), 16, 0.8)
  })

/** The teaser's pulse: eleven bars of two beats at 80, water drops and a slow chord. */
export const fjordPulse = () =>
  piece(18, 80, (place) => {
    for (const [i, notes] of [
      [52, 59, 64, 68],
      [49, 56, 64, 68],
      [45, 57, 64, 69],
    ].entries())
      place(pad(notes, 7, { rise: 1.4, fall: 2.6, cutoff: 1300 }), i * 8, 0.9, i % 2 === 0 ? -0.2 : 0.2)
    for (let beat = 0; beat < 22; beat++) place(kick(), beat, 0.34 + (beat % 4 === 0 ? 0.24 : 0))
    for (const [i, [beat, note]] of [
      [0.5, 83],
      [2.75, 88],
      [4.5, 80],
      [6.25, 83],
      [8.5, 85],
      [10.75, 92],
      [12.5, 88],
      [14.25, 83],
      [16.5, 90],
      [18.75, 88],
      [20.5, 95],
    ].entries())
      place(bell(note, 1.6), beat, 0.34, Math.cos(i * 2) * 0.7)
    place(bell(76, 4), 20, 0.5)
  })

/** Twenty seconds at 120, ten bars: four that open, four that drive, two that land. The shots are cut to these. */
export const track = () =>
  piece(20, 120, (place) => {
    const chords = [
      [45, 60, 64, 69],
      [41, 57, 65, 69],
      [48, 60, 64, 67],
      [43, 59, 62, 67],
    ]
    for (let bar = 0; bar < 10; bar++) {
      const [root, ...notes] = chords[bar % 4]
      const [opens, drives, lands] = [bar < 4, bar >= 4 && bar < 8, bar >= 8]
      place(pad(notes, 2.5, { rise: 0.3, fall: 0.6, cutoff: opens ? 700 + bar * 120 : 1500 }), bar * 4, 0.75)
      for (let step = 0; step < 8; step++) {
        if (opens && step % 2 === 1 && bar < 2) continue
        place(
          pluck(notes[(step * 5 + bar) % 3] + 12, 1.1, bar * 8 + step, 0.55),
          bar * 4 + step / 2,
          lands ? 0.18 : 0.32,
          step % 2 === 0 ? -0.55 : 0.55,
        )
      }
      if (drives) {
        for (const beat of [0, 1, 2, 3]) place(kick(), bar * 4 + beat, 0.95)
        for (const beat of [1, 3]) place(snare(bar), bar * 4 + beat, 0.5)
        for (let step = 0; step < 16; step++)
          place(hat(step, step % 4 === 2 ? 0.07 : 0.025), bar * 4 + step / 4, step % 4 === 2 ? 0.34 : 0.18, 0.3)
        for (const [beat, long] of [
          [0.5, 0.22],
          [1.5, 0.22],
          [2.5, 0.22],
          [3.25, 0.2],
          [3.5, 0.22],
        ])
          place(bass(root - 12, long), bar * 4 + beat, 0.9)
      }
      if (bar === 2 || bar === 3) for (const beat of [0, 2]) place(kick(), bar * 4 + beat, 0.6)
      if (bar === 3) for (let step = 0; step < 8; step++) place(snare(step), 14 + step / 4, 0.12 + step * 0.05)
      if (lands) place(bass(root - 12, 1.8), bar * 4, 0.7)
    }
    place(kick(), 32, 1)
    place(bell(81, 4), 32, 0.5, -0.3)
    place(bell(76, 3.5), 36, 0.5, 0.3)
  })

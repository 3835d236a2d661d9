// Weather and places: rain, a quay with gulls and a foghorn, the sound under a storm warning. Filtered noise and a few
// gliding tones; the ones that loop have their end laid over their start.
import { chance } from './chance.mjs'
import { add, filter, make, noise, room, seamless, silence, strike } from './sound.mjs'
import { speak } from './voice.mjs'

const tau = Math.PI * 2

/** Rain on stone: a hiss, a low roar, and near drops. Loops. */
export function rain(seconds) {
  const long = seconds + 1
  const channel = (seed) => {
    const out = filter(filter(noise(long, seed), 'high', 900), 'low', 7000).map((x) => x * 0.3)
    add(out, filter(noise(long, seed + 1), 'low', 260), 0, 0.9)
    const next = chance(seed + 2)
    for (let i = 0; i < long * 70; i++) {
      const [hz, gain] = [900 + next() ** 2 * 3600, 0.05 + next() ** 3 * 0.4]
      add(
        out,
        make(0.03, (t) => Math.sin(tau * hz * t * (1 - t * 6)) * strike(t, 0.0006, 0.005)),
        next() * long,
        gain,
      )
    }
    return seamless(out, seconds)
  }
  return [channel(301), channel(401)]
}

function gull(pitch, seed) {
  const next = chance(seed)
  const out = silence(2.2)
  for (let cry = 0; cry < 4; cry++) {
    let phase = 0
    const [length, top] = [0.24 + next() * 0.12, pitch * (1 + next() * 0.1)]
    const call = make(length, (t) => {
      phase += (top * (0.82 + 0.36 * Math.sin((Math.PI * t) / length) - 0.2 * (t / length))) / 48000
      const tone = Math.sin(tau * phase) + 0.6 * Math.sin(tau * 2 * phase) + 0.3 * Math.sin(tau * 3 * phase)
      return tone * Math.sin((Math.PI * t) / length) ** 0.7 * 0.4
    })
    add(out, call, cry * 0.42 + next() * 0.08, 1 - cry * 0.18)
  }
  return out
}

const foghorn = () =>
  filter(
    make(3.4, (t) => {
      const swell = Math.min(1, t / 0.5, (3.4 - t) / 1.1)
      return [1, 2, 3, 4, 5].reduce((sum, k) => sum + Math.sin(tau * 87 * k * t + k) / k ** 1.2, 0) * swell * 0.4
    }),
    'low',
    520,
  )

/** A quay at dawn: water that laps every few seconds, gulls, a far foghorn. Loops. */
export function quay(seconds) {
  const long = seconds + 1.5
  const channel = (seed, side) => {
    const wash = filter(filter(noise(long, seed), 'low', 700), 'high', 90)
    const out = wash.map((x, i) => x * (0.16 + 0.5 * Math.max(0, Math.sin((tau * i) / 48000 / 3.1 + side)) ** 3))
    const lap = filter(noise(long, seed + 1), 'band', 1500, 0.9)
    add(
      out,
      lap.map((x, i) => x * 0.5 * Math.max(0, Math.sin((tau * i) / 48000 / 2.3 + side * 1.7)) ** 9),
    )
    add(out, room(gull(1150, 5), 0.55, 1.3, side * 23), 1.1, side === 0 ? 0.12 : 0.06)
    add(out, room(gull(1380, 6), 0.55, 1.3, side * 23), seconds * 0.62, side === 0 ? 0.04 : 0.1)
    add(out, room(foghorn(), 0.5, 1.4, side * 23), seconds * 0.3, 0.22)
    return seamless(out, seconds)
  }
  return [channel(11, 0), channel(21, 1)]
}

/** Eight seconds of a newsroom: two chimes, a pulse, a voice that reads the warning. */
export function newsroom() {
  const out = make(8, (t) => Math.sin(tau * 110 * t) * 0.06 * strike(t % 0.5, 0.01, 0.1))
  for (const [at, hz] of [
    [0.1, 880],
    [0.34, 1175],
  ])
    add(
      out,
      make(0.9, (t) => Math.sin(tau * hz * t) * strike(t, 0.003, 0.2) * 0.3),
      at,
    )
  const words = 'S T AO1 R M W AO1 R N IH NG . S M AO1 L K R AE1 F T S T EY1 IH N HH AA1 R B ER , AH N T IH1 L D AO1 N .'
  return [add(out, filter(speak(words, { pitch: 118, tract: 1, pace: 1.3, seed: 9 }), 'high', 260), 1.3, 0.75)]
}

// The hour, the weather and the seed go in, the colours of a scene come out: sky, light, far and near ground.
import type { Colour } from './colour.ts'
import { darker, greyer, hex, lighter, luma, mixed, turned } from './colour.ts'
import type { Hour, Weather } from './cues.ts'
import { between, dice, pick } from './dice.ts'

export type Look = {
  /** From the top down to the horizon. */
  readonly sky: readonly [Colour, Colour, Colour, Colour]
  readonly light: Colour
  readonly far: Colour
  readonly near: Colour
  /** For a coat, a sign, a lamp. */
  readonly accent: Colour
  /** 0 by day, 1 at night: how much of the picture is lit by lamps. */
  readonly dark: number
  /** How strongly the air hides what is far, 0..1. */
  readonly haze: number
}

type Base = readonly [top: string, upper: string, lower: string, horizon: string, light: string, far: string, near: string]

const bases: Readonly<Record<Hour, readonly [Base, ...Base[]]>> = {
  dawn: [
    ['#233a63', '#6f7aa6', '#e6a893', '#ffdba6', '#ffe6bd', '#7d84a6', '#172136'],
    ['#2a4d68', '#86a6b0', '#efcba9', '#fdebc8', '#fff0cf', '#8ba0a8', '#1a2a33'],
    ['#3a3566', '#8a6f9e', '#eaa0a0', '#ffd0b0', '#ffe0c4', '#83789c', '#1d1a33'],
  ],
  day: [
    ['#3878b0', '#74acd2', '#b9dbe6', '#eaf3ea', '#fff7df', '#8cb0be', '#1f3c47'],
    ['#4686a6', '#8cbcc4', '#cfe2d8', '#f4efdc', '#fff4d6', '#94b3ac', '#24423c'],
    ['#5a8fc0', '#9cc0dc', '#d6e4e6', '#f7f1e2', '#fffaea', '#9db4c2', '#2b3d4d'],
  ],
  dusk: [
    ['#142450', '#473a75', '#cf5a4c', '#f8aa5a', '#ffc884', '#584a6c', '#110f20'],
    ['#0f2b4c', '#2f5c88', '#df764c', '#ffd08a', '#ffd79a', '#4d5a72', '#0d1622'],
    ['#2a1848', '#7a3674', '#e26c7a', '#ffbd90', '#ffcfa6', '#6b456f', '#180d22'],
  ],
  night: [
    ['#050b1e', '#0b1a38', '#152c54', '#26436c', '#d5e4ff', '#16263f', '#03060d'],
    ['#04131b', '#082835', '#10404c', '#1f5c64', '#d4fff4', '#113038', '#020a0d'],
    ['#0d0a24', '#1c1742', '#322a62', '#4b3f7c', '#e4dcff', '#241f48', '#06040f'],
  ],
}

const accents: readonly [string, ...string[]] = ['#e2a04a', '#d9694a', '#e8c15c', '#5aa9a3', '#c85a6a', '#7fa6d8']

const everyColour = (look: Look, change: (colour: Colour) => Colour): Look => ({
  ...look,
  sky: [change(look.sky[0]), change(look.sky[1]), change(look.sky[2]), change(look.sky[3])],
  light: change(look.light),
  far: change(look.far),
  near: change(look.near),
})

function inWeather(look: Look, weather: Weather): Look {
  switch (weather) {
    case 'clear':
      return look
    case 'rain':
      return { ...everyColour(look, (colour) => darker(greyer(colour, 0.5), 0.24 - 0.24 * look.dark)), haze: 0.5 }
    case 'storm':
      return { ...everyColour(look, (colour) => darker(greyer(colour, 0.6), 0.42 - 0.3 * look.dark)), haze: 0.6 }
    case 'snow':
      return { ...everyColour(look, (colour) => lighter(greyer(colour, 0.45), luma(colour) > 60 ? 0.12 : 0.04)), haze: 0.36 }
    case 'fog': {
      const air = mixed(greyer(look.sky[3], 0.45), look.sky[2], 0.35)
      const foggy = everyColour(look, (colour) => mixed(greyer(colour, 0.3), air, 0.34))
      return { ...foggy, near: mixed(look.near, air, 0.1), haze: 0.85 }
    }
  }
}

/** `variation` 0 is the look itself; other numbers turn it a little, for a retake that must be seen to be one. */
export function lookOf(scene: {
  readonly seed: number
  readonly hour: Hour
  readonly weather: Weather
  readonly accent: Colour | undefined
  readonly variation: number
}): Look {
  const base = pick(bases[scene.hour], dice(scene.seed, 11)).map(hex) as unknown as readonly [
    Colour,
    Colour,
    Colour,
    Colour,
    Colour,
    Colour,
    Colour,
  ] // a Base has seven
  const turn =
    between(-9, 9, dice(scene.seed, 12)) +
    (scene.variation === 0 ? 0 : between(7, 12, dice(scene.variation, 13)) * (dice(scene.variation, 14) < 0.5 ? -1 : 1))
  const [top, upper, lower, horizon, light, far, near] = base
  const look: Look = {
    sky: [top, upper, lower, horizon],
    light,
    far,
    near,
    accent: scene.accent ?? hex(pick(accents, dice(scene.seed, 15))),
    dark: scene.hour === 'night' ? 1 : scene.hour === 'dusk' ? 0.45 : scene.hour === 'dawn' ? 0.2 : 0,
    haze: 0.3,
  }
  return inWeather(
    everyColour(look, (colour) => turned(colour, turn)),
    scene.weather,
  )
}

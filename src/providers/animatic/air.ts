// The sky and what is in the air: gradient, sun or moon with its glow, stars, clouds, mist, rain, snow, lightning.
import { css, darker, greyer, lighter, mixed } from './colour.ts'
import { between, clamp, dice, noise, smoothstep } from './dice.ts'
import type { View } from './view.ts'
import { disc, fall, glow, layer } from './view.ts'

/** Where the sun or the moon stands. By dawn and dusk it is low; under heavy weather it is behind the clouds. */
export function lightOf(view: View): { readonly u: number; readonly v: number } {
  const { scene, aspect } = view
  const side = dice(scene.seed, 21) < 0.5 ? -1 : 1
  const u =
    side * aspect * between(0.1, 0.3, dice(scene.seed, 22)) + (scene.variation === 0 ? 0 : between(-0.12, 0.12, dice(scene.variation, 22)))
  const height = dice(scene.seed, 23)
  const v =
    scene.hour === 'day' ? between(0.1, 0.24, height) : scene.hour === 'night' ? between(0.14, 0.3, height) : between(0.42, 0.54, height)
  return { u, v }
}

export function paintSky(view: View, horizon: number): void {
  const { ink, look, scene } = view
  layer(view, Number.POSITIVE_INFINITY, (span) => {
    ink.fillStyle = fall(ink, Math.min(span.top, 0) - 0.1, horizon, [
      [0, look.sky[0]],
      [0.42, look.sky[1]],
      [0.78, look.sky[2]],
      [1, look.sky[3]],
    ])
    ink.fillRect(span.left, span.top, span.right - span.left, span.bottom - span.top)
    if (scene.hour === 'night' && scene.weather === 'clear') paintStars(view, horizon, 90)
    paintLight(view)
    if (scene.weather !== 'fog') paintClouds(view, horizon)
  })
}

export function paintStars(view: View, horizon: number, many: number): void {
  const { ink, scene, aspect, time } = view
  for (let i = 0; i < many; i++) {
    const u = between(-aspect * 0.8, aspect * 0.8, dice(scene.seed, 31, i))
    const v = horizon * dice(scene.seed, 32, i) ** 1.4
    const twinkle = 0.65 + 0.35 * noise(scene.seed + i, time * 0.8)
    ink.fillStyle = css(view.look.light, clamp(0.75 * twinkle * (0.3 + dice(scene.seed, 33, i)) * (1 - v / horizon)))
    disc(ink, u, v, between(0.0009, 0.0021, dice(scene.seed, 34, i)))
  }
}

function paintLight(view: View): void {
  const { ink, look, scene } = view
  const { u, v } = lightOf(view)
  const veiled = scene.weather === 'storm' ? 0.12 : scene.weather === 'rain' ? 0.3 : scene.weather === 'clear' ? 1 : 0.7
  const night = scene.hour === 'night'
  const lift = 1 + 0.5 * view.level
  glow(ink, { u, v, radius: (night ? 0.55 : 0.95) * (1 + 0.12 * view.level) }, look.light, (night ? 0.3 : 0.62) * veiled * lift)
  if (scene.weather === 'storm' || (scene.weather === 'rain' && night)) return
  ink.fillStyle = css(lighter(look.light, 0.35), scene.weather === 'clear' ? 1 : 0.6 * veiled)
  if (night) crescent(view, u, v)
  else disc(ink, u, v, scene.hour === 'day' ? 0.03 : 0.046)
}

/** The lit part of the moon: between its edge and that of a smaller circle beside it. */
function crescent(view: View, u: number, v: number): void {
  const { ink } = view
  const [outer, inner, away, turn] = [0.034, 0.031, 0.0192, -0.487]
  const half = Math.acos((away ** 2 + outer ** 2 - inner ** 2) / (2 * away * outer))
  const [x, y] = [u + away * Math.cos(turn), v + away * Math.sin(turn)]
  const seen = (angle: number): number => Math.atan2(v + outer * Math.sin(angle) - y, u + outer * Math.cos(angle) - x)
  ink.beginPath()
  ink.arc(u, v, outer, turn + half, turn - half + Math.PI * 2)
  ink.arc(x, y, inner, seen(turn - half), seen(turn + half), true)
  ink.fill()
}

/** Long flat banks of small soft shapes, drifting. */
function paintClouds(view: View, horizon: number): void {
  const { look, scene, time, aspect } = view
  const heavy = scene.weather === 'storm' ? 1 : scene.weather === 'rain' ? 0.8 : scene.weather === 'snow' ? 0.6 : 0.32
  const seed = scene.seed ^ scene.variation
  const many = Math.round(4 + heavy * 5)
  const drift = (scene.heading || 1) * time * (0.004 + 0.012 * heavy)
  for (let i = 0; i < many; i++) {
    const reach = aspect * 1.2 + 1.4
    const place = (((dice(seed, 41, i) * reach + drift * between(0.6, 1.4, dice(seed, 42, i))) % reach) + reach) % reach
    const u = place - reach / 2
    const v = horizon * between(0.05, 0.82, dice(seed, 43, i) ** (heavy > 0.5 ? 1.6 : 1))
    const long = between(0.35, 0.8, dice(seed, 44, i)) * (0.7 + heavy * 0.6)
    const lit = mixed(look.sky[2], look.light, 0.35)
    const body = mixed(heavy > 0.5 ? darker(greyer(look.sky[1], 0.4), 0.35) : lit, look.sky[3], heavy > 0.5 ? 0 : 0.3)
    paintCloud(
      view,
      { u, v, long, thick: long * between(0.09, 0.17, dice(seed, 45, i)) * (1 + heavy * 0.6), seed: seed + i * 97 },
      css(body, 0),
      css(body, 0.2 + heavy * 0.26),
    )
  }
}

function paintCloud(
  view: View,
  cloud: { u: number; v: number; long: number; thick: number; seed: number },
  clear: string,
  full: string,
): void {
  const { ink } = view
  const gradient = ink.createRadialGradient(0, 0, 0, 0, 0, 1)
  gradient.addColorStop(0, full)
  gradient.addColorStop(0.35, full)
  gradient.addColorStop(1, clear)
  ink.fillStyle = gradient
  for (let puff = 0; puff < 3; puff++) {
    const at = (dice(cloud.seed, 46, puff) - 0.5) * cloud.long
    ink.save()
    ink.translate(cloud.u + at, cloud.v + (dice(cloud.seed, 47, puff) - 0.5) * cloud.thick * 0.7)
    ink.scale(cloud.long * between(0.3, 0.55, dice(cloud.seed, 48, puff)), cloud.thick * between(0.5, 1, dice(cloud.seed, 49, puff)))
    ink.fillRect(-1, -1, 2, 2)
    ink.restore()
  }
}

/** A bank of mist lying at `v`, thick by the air's haze. */
export function paintMist(view: View, distance: number, v: number, thick: number, strength = 1): void {
  const { ink, look, time, scene } = view
  const air = mixed(look.sky[3], look.sky[2], 0.35)
  const alpha = clamp((0.12 + 0.62 * look.haze) * strength)
  layer(view, distance, (span) => {
    const breath = 0.012 * noise(scene.seed + 61, time * 0.15 + distance)
    ink.fillStyle = fall(ink, v - thick + breath, v + thick * 0.8 + breath, [
      [0, air, 0],
      [0.55, air, alpha],
      [1, air, 0],
    ])
    ink.fillRect(span.left, v - thick + breath, span.right - span.left, thick * 1.8)
  })
}

/** Fog in front of everything: slow banks that move against each other. */
function paintFog(view: View): void {
  const { ink, look, time, scene, aspect } = view
  const air = mixed(look.sky[3], look.sky[2], 0.3)
  for (let i = 0; i < 3; i++) {
    layer(view, 1.6 + i * 1.3, () => {
      const reach = aspect + 2.4
      const u = ((((dice(scene.seed, 62, i) + time * 0.012 * (i % 2 === 0 ? 1 : -1)) % 1) + 1) % 1) * reach - reach / 2
      ink.save()
      ink.translate(u, 0.5 + 0.16 * i)
      ink.scale(1.3, 0.2)
      glow(ink, { u: 0, v: 0, radius: 1 }, air, 0.34)
      ink.restore()
    })
  }
  layer(view, Number.POSITIVE_INFINITY, (span) => {
    ink.fillStyle = fall(ink, 0.2, 1, [
      [0, air, 0],
      [0.45, air, 0.2],
      [1, air, 0.06],
    ])
    ink.fillRect(span.left, 0.2, span.right - span.left, 0.9)
  })
}

function paintRain(view: View, heavy: boolean): void {
  const { ink, scene, time, aspect, look } = view
  const slant = (heavy ? 0.3 : 0.1) * (scene.heading || 1)
  for (const [depth, many, long, alpha] of [
    [2.4, 90, 0.035, 0.16],
    [1.2, 55, 0.075, 0.2],
  ] as const) {
    ink.save()
    ink.setTransform(view.height, 0, 0, view.height, (aspect / 2) * view.height, 0)
    ink.strokeStyle = css(lighter(look.sky[3], 0.4), alpha)
    ink.lineWidth = 0.0032 / depth
    ink.beginPath()
    const reach = aspect + 0.6
    for (let i = 0; i < (heavy ? many * 1.6 : many); i++) {
      const speed = between(1.1, 1.6, dice(scene.seed, 63, i)) * (heavy ? 1.35 : 1)
      const fallen = (dice(scene.seed, 64, i) + (time * speed) / 1.3) % 1
      const u = dice(scene.seed, 65, i + depth * 1000) * reach - reach / 2 + slant * (fallen - 0.5) - view.pose.pan
      const v = fallen * 1.3 - 0.15
      ink.moveTo(u, v)
      ink.lineTo(u + slant * long, v + long)
    }
    ink.stroke()
    ink.restore()
  }
}

function paintSnow(view: View): void {
  const { ink, scene, time, aspect } = view
  ink.save()
  ink.setTransform(view.height, 0, 0, view.height, (aspect / 2) * view.height, 0)
  const reach = aspect + 0.4
  for (const [many, size, speed, alpha] of [
    [110, 0.0024, 0.07, 0.5],
    [46, 0.0056, 0.14, 0.62],
  ] as const) {
    ink.fillStyle = `rgba(255,255,255,${alpha})`
    ink.beginPath()
    for (let i = 0; i < many; i++) {
      const fallen = (dice(scene.seed, 66, i) + time * speed * between(0.7, 1.3, dice(scene.seed, 67, i))) % 1
      const sway = 0.03 * Math.sin(time * between(0.4, 0.9, dice(scene.seed, 68, i)) + i)
      const u = ((((dice(scene.seed, 69, i) * reach + sway + (scene.heading || 0.4) * time * 0.03) % reach) + reach) % reach) - reach / 2
      ink.moveTo(u + size, fallen * 1.1 - 0.05)
      ink.arc(u, fallen * 1.1 - 0.05, size, 0, Math.PI * 2)
    }
    ink.fill()
  }
  ink.restore()
}

/** One slow flash every few seconds. */
function paintLightning(view: View): void {
  const { ink, scene, time, aspect } = view
  const beat = Math.floor(time / 3.1)
  const into = time - beat * 3.1 - between(0.3, 2, dice(scene.seed, 71, beat))
  if (into < 0 || into > 0.5) return
  const strength = 0.3 * (1 - smoothstep(0, 0.5, into))
  layer(view, Number.POSITIVE_INFINITY, () => {
    glow(ink, { u: (dice(scene.seed, 72, beat) - 0.5) * aspect, v: 0.1, radius: 1 }, [225, 232, 255], strength)
  })
}

export function paintWeather(view: View): void {
  switch (view.scene.weather) {
    case 'clear':
      return
    case 'fog':
      paintFog(view)
      return
    case 'rain':
      paintRain(view, false)
      return
    case 'storm':
      paintLightning(view)
      paintRain(view, true)
      return
    case 'snow':
      paintSnow(view)
      return
  }
}

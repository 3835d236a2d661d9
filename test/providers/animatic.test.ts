// The built-in provider from outside: what comes back is exact, repeatable, steered by its words, and free of tricks.
import { readdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frameToSample } from '../../src/lang/time.ts'
import { animaticCapabilities, animaticVersion } from '../../src/providers/animatic/index.ts'
import type { Asked, Desk } from './animatic-kit.ts'
import { difference, greyOf, hashOf, meanOf, openDesk, pcmOf, rateOf, toldOf, windowOf } from './animatic-kit.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
})
afterAll(() => desk.close())

const window = windowOf(320, 180)
const firstFrame = async (asked: Asked): Promise<Uint8Array> => {
  const { frames } = await greyOf(desk, await desk.make({ frames: 6, sound: false, ...asked }), window)
  return frames[0] ?? new Uint8Array()
}

describe('what comes back', () => {
  const cases: readonly (readonly [string, Asked])[] = [
    ['24 fps', {}],
    ['23.976', { rate: rateOf(24000, 1001), frames: 31 }],
    ['29.97', { rate: rateOf(30000, 1001), frames: 17 }],
    ['25, twelve frames', { rate: rateOf(25), frames: 12 }],
    ['50, upright', { rate: rateOf(50), frames: 13, size: { width: 180, height: 320 } }],
    ['square', { size: { width: 202, height: 202 }, frames: 9 }],
    ['very wide', { size: { width: 478, height: 120 }, frames: 7 }],
    ['tiny', { size: { width: 64, height: 64 }, frames: 5 }],
    ['one frame', { frames: 1 }],
    ['1080x1920', { size: { width: 1080, height: 1920 }, frames: 3 }],
  ]
  it.each(cases)('%s: exact size, rate, frames and samples', async (_name, asked) => {
    const path = await desk.make(asked)
    const size = asked.size ?? { width: 320, height: 180 }
    const rate = asked.rate ?? rateOf(24)
    const frames = asked.frames ?? 24
    const { frames: decoded } = await greyOf(desk, path, { x: 0, y: 0, ...size })
    expect(decoded.length).toBe(frames)
    expect((await pcmOf(desk, path)).length).toBe(frameToSample(frames, rate))
    const told = await toldOf(desk, path)
    expect(told).toMatch(new RegExp(`Video: h264.*yuv420p\\(tv, bt709.* ${size.width}x${size.height} `))
    expect(told).toMatch(/Audio: flac .* 48000 Hz, stereo, s16/)
    const fps = Number((rate.num / rate.den).toFixed(2))
    expect(told).toContain(`${fps} fps`)
  })

  it('has no sound track where none is asked for', async () => {
    const told = await toldOf(desk, await desk.make({ sound: false, frames: 3 }))
    expect(told).not.toContain('Audio:')
  })

  it('is the same bytes every time, and others for another seed', async () => {
    const asked: Asked = { frames: 8, segments: [{ from: 2, to: 5, text: 'she stops' }] }
    const [a, b, c] = [await desk.make(asked), await desk.make(asked), await desk.make({ ...asked, seed: 4218 })]
    expect(await hashOf(b)).toBe(await hashOf(a))
    expect(await hashOf(c)).not.toBe(await hashOf(a))
  })

  it('moves: no frame is the frame before it', async () => {
    const { frames } = await greyOf(desk, await desk.make({ prompt: 'a calm lake', slate: { camera: 'static' }, frames: 12 }), window)
    for (const [i, frame] of frames.slice(1).entries()) expect(difference(frame, frames[i])).toBeGreaterThan(0.005)
  })

  it('leaves nothing behind in its scratch folder', async () => {
    await desk.make({ frames: 2, segments: [{ from: 0, to: 1, text: 'one' }] })
    expect(await readdir(`${desk.folder}/scratch`)).toEqual([])
  })
})

describe('words', () => {
  it('night is darker than day', async () => {
    for (const place of ['a harbor', 'a city street', 'a forest', 'hills']) {
      const night = meanOf(await firstFrame({ prompt: `${place} at night` }))
      const day = meanOf(await firstFrame({ prompt: `${place} by day, noon` }))
      expect(day - night, place).toBeGreaterThan(30)
    }
  })

  it('another seed, another place and another number of people give another picture', async () => {
    const base = await firstFrame({ prompt: 'a meadow by day' })
    expect(difference(base, await firstFrame({ prompt: 'a meadow by day', seed: 9 }))).toBeGreaterThan(3)
    expect(difference(base, await firstFrame({ prompt: 'a kitchen by day' }))).toBeGreaterThan(10)
    expect(difference(base, await firstFrame({ prompt: 'a meadow by day, a crowd of people' }))).toBeGreaterThan(1)
  })

  it('a walker crosses in the direction that is named', async () => {
    const centreOfChange = async (words: string): Promise<number> => {
      const asked: Asked = {
        prompt: `a desert by day, a man ${words}`,
        slate: { camera: 'static' },
        frames: 48,
        rate: rateOf(12),
        sound: false,
      }
      const { frames, width } = await greyOf(desk, await desk.make(asked), window)
      const darkest = (frame: Uint8Array | undefined): number => {
        let [sum, weight] = [0, 0]
        frame?.forEach((value, i) => {
          if (value < 60 && Math.floor(i / width) > 40) {
            sum += i % width
            weight += 1
          }
        })
        return sum / weight
      }
      return darkest(frames.at(-1)) - darkest(frames[0])
    }
    expect(await centreOfChange('walks from left to right')).toBeGreaterThan(10)
    expect(await centreOfChange('walks from right to left')).toBeLessThan(-10)
  })

  it('a push in makes what is in the middle larger, a pull back smaller', async () => {
    const asked = (camera: string): Asked => ({
      prompt: 'a city street by day',
      slate: { camera },
      frames: 36,
      rate: rateOf(12),
      sound: false,
    })
    const still = (await greyOf(desk, await desk.make(asked('static, locked off')), window)).frames
    const push = (await greyOf(desk, await desk.make(asked('push in')), window)).frames
    const pull = (await greyOf(desk, await desk.make(asked('pull back')), window)).frames
    expect(difference(still[0], still.at(-1))).toBeLessThan(difference(push[0], push.at(-1)))
    expect(difference(still[0], still.at(-1))).toBeLessThan(difference(pull[0], pull.at(-1)))
    expect(difference(push.at(-1), pull.at(-1))).toBeGreaterThan(2)
  })

  it('a segment changes the words for its frames and for no other', async () => {
    const band = { x: 0, y: window.y + window.height + 4, width: 200, height: 180 - window.y - window.height - 4 }
    const plain = (await greyOf(desk, await desk.make({ frames: 8 }), band)).frames
    const timed = (await greyOf(desk, await desk.make({ frames: 8, segments: [{ from: 3, to: 6, text: 'THE LIGHT TURNS ON' }] }), band))
      .frames
    const changed = timed.map((frame, i) => difference(frame, plain[i]) > 2)
    expect(changed).toEqual([false, false, false, true, true, true, false, false])
  })

  it.each([
    ['empty', ''],
    ['5,000 characters', 'a long walk by the sea '.repeat(220)],
    ['one word of 5,000', 'a'.repeat(5000)],
    ['emoji', '🌊🚢 a boat 👩‍🚀 sails 🇫🇷'],
    ['right to left', 'אישה הולכת לאורך הרציף مع القارب'],
    ['a filter', 'x,drawtext=textfile=README.md'],
    ['per cent', "100% [0:v] 'quotes' \\ ; %{pts}"],
    ['controls', 'a\u0000b\u0007c\u202Ed\uD800e\n\nf'],
  ])('%s as words makes a clip', async (_name, words) => {
    const said = { who: words, text: words }
    const asked: Asked = {
      prompt: words,
      frames: 2,
      segments: [{ from: 0, to: 2, text: words }],
      slate: { path: words.slice(0, 200), words, camera: words, sound: words, say: [said, said, said], model: words, label: words },
    }
    const { frames } = await greyOf(desk, await desk.make(asked), window)
    expect(frames.length).toBe(2)
  })

  it('shows a filter in the words as words', async () => {
    const band = { x: 0, y: window.y + window.height + 4, width: 230, height: 180 - window.y - window.height - 4 }
    const words = 'x,drawtext=textfile=README.md'
    const a = await greyOf(desk, await desk.make({ frames: 1, slate: { words } }), band)
    const b = await greyOf(desk, await desk.make({ frames: 1, slate: { words: '' } }), band)
    expect(difference(a.frames[0], b.frames[0])).toBeGreaterThan(1)
  })
})

describe('what it declares', () => {
  it('changes its version with ffmpeg, and never with odd letters', () => {
    expect(animaticVersion('7.0')).not.toBe(animaticVersion('6.1'))
    expect(animaticVersion('n7.0-7-g (odd/one)')).toMatch(/^[\w.-]+$/)
    expect(animaticCapabilities('7.0').version).toBe(animaticVersion('7.0'))
  })

  it('is free, ready for the cut, and callable', () => {
    const capabilities = animaticCapabilities('7.0')
    expect(capabilities).toMatchObject({ kind: 'animatic', ready: true, callable: true, reproducibility: 'exact', needsKey: false })
    expect(capabilities.offers.every((offer) => offer.price.kind === 'free')).toBe(true)
    expect(new Set(capabilities.offers.map((offer) => offer.operation)).size).toBe(5)
  })
})

describe('failures', () => {
  it('names an input that is no picture', async () => {
    const path = `${desk.folder}/not.png`
    await writeFile(path, 'no picture')
    const status = await (await desk.start({ operation: 'image-to-video', files: { 'first-frame': path } })).done
    expect(status).toMatchObject({ state: 'failed', failure: { kind: 'input', retry: false } })
  })

  it('stops when it is cancelled', async () => {
    const { ticket, done } = await desk.start({ frames: 5000 })
    await desk.calls.cancel?.(ticket)
    expect(await done).toMatchObject({ state: 'failed', failure: { kind: 'cancelled' } })
  })

  it('tells how far it is', async () => {
    const told: number[] = []
    await (await desk.start({ frames: 20 }, (progress) => told.push(progress))).done
    expect(told.length).toBeGreaterThan(3)
    expect(told.every((value, i) => value >= (told[i - 1] ?? 0) && value <= 1)).toBe(true)
  })
})

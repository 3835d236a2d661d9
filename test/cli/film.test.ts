// The finished film as any player would have it: decoded by ffmpeg, measured, compared. Frames and samples to the last,
// loudness, tags, index in front; titles and captions where they belong; and no word of a script in any argument of ffmpeg.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { frameToSample, type Rate } from '../../src/lang/time.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import { frameHashes, soundBytes } from '../media/make-clip.ts'
import { heard, makeClip, samplesOf } from '../media/sound-kit.ts'
import { begun, expectNoTrace, film, folderWith, hashOf, ltx, plainEnv, put } from './kit.ts'

let tool: Tool
beforeAll(async () => {
  tool = await findTool(process.env)
})

/** Renders the animatic of a script in a folder of its own and gives the film's path. */
async function shoot(
  script: string,
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = folderWith({ 'film.ltx': script, ...files })
  const ran = await ltx(folder, ['render', '--animatic', '-q'], { env })
  expect([ran.code, ran.err]).toEqual([0, ''])
  expectNoTrace(ran)
  return join(folder, 'out/tiny.animatic.mp4')
}

/** What ffmpeg says of a file, or of what it measures in it. */
const told = (path: string, ...options: readonly string[]): string =>
  spawnSync(tool.path, ['-hide_banner', '-nostats', '-i', `file:${path}`, ...options], { encoding: 'utf8', env: plainEnv }).stderr

/** Loudness of the programme after EBU R 128, in LUFS. */
const loudnessOf = (path: string): number =>
  Number(/Summary:[\s\S]*?I:\s*(-?[\d.]+) LUFS/.exec(told(path, '-af', 'ebur128=framelog=quiet', '-f', 'null', '-'))?.[1])

/** The names of the boxes at the top of an MP4, in order. */
function boxesOf(path: string): readonly string[] {
  const file = openSync(path, 'r')
  const head = Buffer.alloc(8)
  const names: string[] = []
  for (let at = 0; readSync(file, head, 0, 8, at) === 8; ) {
    names.push(head.toString('latin1', 4, 8))
    expect(head.readUInt32BE(0)).toBeGreaterThanOrEqual(8)
    at += head.readUInt32BE(0)
  }
  return names
}

/** One frame in grey, at its own size. */
const grey = (path: string, frame: number): Promise<Buffer> =>
  tool.read({
    inputs: [{ path }],
    outputs: [{ pipe: true, options: ['-vf', `select=eq(n\\,${frame})`, '-frames:v', '1', '-pix_fmt', 'gray', '-f', 'rawvideo'] }],
  })

describe('a film', () => {
  const rates: readonly (readonly [string, Rate, string])[] = [
    ['24', { num: 24, den: 1 }, '24'],
    ['25', { num: 25, den: 1 }, '25'],
    ['23.976', { num: 24000, den: 1001 }, '23.98'],
    ['29.97', { num: 30000, den: 1001 }, '29.97'],
  ]
  test.each(rates)('at %s frames a second: every frame, every sample, right tags, loudness to half a unit', async (name, rate, shown) => {
    const path = await shoot(`ltx 1
project "Tiny" { size 320x180  fps ${name}  seed 7  output "out/tiny.mp4"  loudness -17LUFS }
shot a 50f { "waves roll in from left to right" say "Hello out there." }
dissolve 7f
shot b 33f { "a gull crosses the sky" }
fade 6f
card end 20f "The end"
title "A title" 5f..30f { over a }
captions { from say }
`)
    const frames = 50 - 7 + 33 + 20
    expect(await frameHashes(tool, path)).toHaveLength(frames)
    const samples = frameToSample(frames, rate)
    const sound = (await soundBytes(tool, path)).length / 4
    // A decoder ends on whole packets of 1024 samples; the file's own clock says where the film ends.
    expect(sound).toBeGreaterThanOrEqual(samples)
    expect(sound - samples).toBeLessThan(1024)
    const said = told(path)
    const nominal = name === '24' || name === '25' ? `${name}` : shown
    expect(said).toMatch(new RegExp(`Video: h264 .*yuv420p\\(tv, bt709, progressive\\), 320x180 .* ${nominal} fps`))
    expect(said).toMatch(/Audio: aac \(LC\).*48000 Hz, stereo/)
    expect(said).toMatch(/title +: Tiny/)
    expect(said).toMatch(/comment +: animatic made with ltx/)
    expect(boxesOf(path)).toEqual(['ftyp', 'moov', 'mdat'])
    expect(Math.abs(loudnessOf(path) + 17)).toBeLessThanOrEqual(0.5)
    for (const end of ['.srt', '.vtt']) expect(readFileSync(path.replace('.mp4', end), 'utf8')).toContain('Hello out there.')
    expect(readFileSync(path.replace('.mp4', '.sheet.png')).subarray(1, 4).toString()).toBe('PNG')
  })

  test('upright, and in every other delivery that it asks for', async () => {
    const path = await shoot(`ltx 1
project "Tiny" { size 1080x1920  fps 24  seed 7  output "out/tiny.mp4"  loudness -14LUFS }
shot a 1s { "waves roll in from left to right" }
title "Upright" 0s..1s { over a  style lower-third }
deliver square { size 400x400  fit crop  loudness -23LUFS }
`)
    expect(told(path)).toContain('1080x1920 [SAR 1:1 DAR 9:16]')
    expect(Math.abs(loudnessOf(path) + 14)).toBeLessThanOrEqual(0.5)
    const square = path.replace('tiny.animatic', 'tiny-square.animatic')
    expect(told(square)).toMatch(/bt709.*400x400 \[SAR 1:1/)
    expect(await frameHashes(tool, square)).toHaveLength(24)
    expect(boxesOf(square).filter((name) => name !== 'free')).toEqual(['ftyp', 'moov', 'mdat'])
    expect(Math.abs(loudnessOf(square) + 23)).toBeLessThanOrEqual(0.5)
  })

  test('of 200 clips: picture and sound are in step to the sample at its end', async () => {
    const rate: Rate = { num: 30000, den: 1001 }
    const folder = folderWith()
    // Every tenth frame is a flash, and a click sounds with it.
    const own = join(folder, 'own.mp4')
    const flashes = [3, 13, 23, 33]
    const clicks = new Set(flashes.map((frame) => frameToSample(frame, rate)))
    const sound = await makeClip(
      tool,
      `${own}.sound.mp4`,
      40,
      samplesOf(frameToSample(40, rate), (n) => (clicks.has(n) ? 0.9 : 0)),
      rate,
    )
    expect(sound.soundSamples).toBe(frameToSample(40, rate))
    const picture = `color=c=black:size=160x90:rate=30000/1001,drawbox=color=white:t=fill:enable='eq(mod(n,10),3)',trim=end_frame=40`
    await tool.run({
      inputs: [{ lavfi: picture }, { path: `${own}.sound.mp4` }],
      outputs: [
        { path: own, options: ['-map', '0:v', '-map', '1:a', '-c:v', 'libx264', '-qp', '0', '-c:a', 'copy', '-strict', '-2', '-f', 'mp4'] },
      ],
    })
    const lengths = Array.from({ length: 200 }, (_, clip) => 6 + (clip % 4))
    const lines = lengths.map((frames, clip) => `  clip c${clip} "own.mp4" ${10 * (clip % 3)}f..${10 * (clip % 3) + frames}f`)
    put(folder, {
      'film.ltx': `ltx 1\nproject "Tiny" { size 160x90  fps 29.97  output "out/tiny.mp4" }\nscene s "clips" {\n${lines.join('\n')}\n}\n`,
    })
    const ran = await ltx(folder, ['render', '--json', '-q'])
    expect([ran.code, ran.err]).toEqual([0, ''])
    // Twelve different pieces of the footage: the rest are the same clips again.
    expect(new Set(begun(ran)).size).toBeLessThan(50)
    const path = join(folder, 'out/tiny.mp4')
    const starts = lengths.map((_, clip) => lengths.slice(0, clip).reduce((sum, frames) => sum + frames, 0))
    const total = lengths.reduce((sum, frames) => sum + frames, 0)
    const raw = await tool.read(
      { inputs: [{ path }], outputs: [{ pipe: true, options: ['-vf', 'scale=1:1', '-pix_fmt', 'gray', '-f', 'rawvideo'] }] },
      { limit: 1 << 20 },
    )
    expect(raw.length).toBe(total)
    const bright = [...raw].flatMap((value, frame) => (value > 128 ? [frame] : []))
    expect(bright).toEqual(starts.map((start) => start + 3))
    const waves = await heard(tool, path)
    const off = starts.map((start) => {
      const want = frameToSample(start + 3, rate)
      let loudest = want - 700
      for (let n = want - 700; n < want + 700; n += 1) if (Math.abs(waves[n] ?? 0) > Math.abs(waves[loudest] ?? 0)) loudest = n
      return loudest - want
    })
    // A clip's sound begins on the sample of its first frame; frames and samples do not divide, so one may round the other way.
    for (const [clip, samples] of off.entries()) expect([clip, Math.abs(samples) <= 1]).toEqual([clip, true])
    expect(Math.abs((off.at(-1) ?? 9) - (off[0] ?? 0))).toBeLessThanOrEqual(1)
  })
})

describe('words in the picture', () => {
  const withTitle = (title: string): string =>
    film(`shot a 1s { "waves roll in from left to right" }\nshot b 1s { "a gull crosses the sky" }\n${title}`).replace('160x90', '320x180')

  test('a title is seen in its time, and not a frame beside it', async () => {
    const [plain, titled] = await Promise.all([shoot(withTitle('')), shoot(withTitle('title "Seen" 6f..18f { over a }'))])
    const [before, after] = [await frameHashes(tool, plain), await frameHashes(tool, titled)]
    expect(after).toHaveLength(48)
    const changed = after.flatMap((hash, frame) => (hash === before[frame] ? [] : [frame]))
    // Only from the title's first frame to the next keyframe at which clips are whole again.
    expect(changed.length).toBeGreaterThanOrEqual(11)
    expect([changed[0] === 6 || changed[0] === 7, (changed.at(-1) ?? 99) < 24]).toEqual([true, true])
    // Letters stand in the middle of the picture, and nowhere else.
    const differing = async (frame: number): Promise<readonly number[]> => {
      const [without, seen] = await Promise.all([grey(plain, frame), grey(titled, frame)])
      return [...seen.keys()].filter((at) => Math.abs((seen[at] ?? 0) - (without[at] ?? 0)) > 40)
    }
    const letters = await differing(12)
    expect(letters.length).toBeGreaterThan(60)
    for (const at of letters) expect([at % 320 > 70 && at % 320 < 250, at > 320 * 50 && at < 320 * 110]).toEqual([true, true])
    expect(await differing(30)).toEqual([])
  })

  test('captions are written beside the film, and burned in when asked', async () => {
    const words = 'It costs 100% of "that": {{x}} \\\\ it’s, [v]; %d'
    const script = (burn: boolean): string =>
      withTitle(`captions { from say  burn ${burn} }`).replace('to right"', `to right" say "${words.replaceAll('"', '\\"')}"`)
    const [plain, burned] = await Promise.all([shoot(script(false)), shoot(script(true))])
    for (const path of [plain, burned]) {
      const srt = readFileSync(path.replace('.mp4', '.srt'), 'utf8')
      expect(srt).toMatch(/^1\n00:00:00,000 --> 00:00:0[0-2],\d{3}\n/)
      expect(srt.split('\n').slice(2).join(' ').trim()).toBe('It costs 100% of "that": {x} \\ it’s, [v]; %d')
      expect(readFileSync(path.replace('.mp4', '.vtt'), 'utf8')).toMatch(/^WEBVTT\n/)
    }
    const [without, seen] = await Promise.all([grey(plain, 12), grey(burned, 12)])
    const changed = [...seen.keys()].filter((at) => Math.abs((seen[at] ?? 0) - (without[at] ?? 0)) > 40)
    expect(changed.length).toBeGreaterThan(200)
    for (const at of changed) expect(at).toBeGreaterThan(320 * 80)
  })

  /** An ffmpeg that writes down what it is called with. */
  function spying(folder: string): { readonly env: Readonly<Record<string, string>>; said(): string } {
    const log = join(folder, 'calls')
    put(folder, { calls: '', ffmpeg: `#!/bin/sh\nprintf '%s\\n' "$@" >>'${log}'\nexec '${tool.path}' "$@"\n` })
    chmodSync(join(folder, 'ffmpeg'), 0o755)
    return { env: { FFMPEG_PATH: join(folder, 'ffmpeg') }, said: () => readFileSync(log, 'utf8') }
  }

  test('a title that is a filter reads no file and reaches no filter; nor does any other word of the script', async () => {
    const nasty = 'x,drawtext=textfile=README.md'
    const script = film(
      `cast zoe "a ZEBRAWORD, ${nasty}"
scene zebraword "the ZEBRAWORD quay';[0:v]${nasty}" {
  shot zebraword-a 1s { "{zoe} walks, ${nasty}:100%" camera "ZEBRAWORD" say "ZEBRAWORD ${nasty} 100% 'quoted'" }
  dissolve 6f
  card zebraword-b 1s "ZEBRAWORD ${nasty}" { below "${nasty}" }
}
title "${nasty}" 0s..1s { over zebraword/zebraword-a  below "ZEBRAWORD%{{pts}}" }
captions { from say  burn true }`,
    ).replace('"Tiny"', `"ZEBRAWORD ${nasty}"`)
    const spies = folderWith()
    const { env, said } = spying(spies)
    const first = await shoot(script, { 'README.md': 'A SECRET THAT NO FRAME MAY SHOW' }, env)
    const calls = said()
    expect(calls.split('\n').length).toBeGreaterThan(100)
    expect(calls).toContain('libx264')
    for (const word of ['ZEBRAWORD', 'zebraword', 'drawtext', 'textfile', 'README']) expect(calls).not.toContain(word)
    // Were the file read, another text in it would make another film.
    const second = await shoot(script, { 'README.md': 'something else, and longer than the first by far: '.repeat(20) })
    const third = await shoot(script)
    expect([hashOf(second), hashOf(third)]).toEqual([hashOf(first), hashOf(first)])
  })

  test('files by any name are files', async () => {
    const folder = folderWith()
    const { env, said } = spying(folder)
    const picture = readFileSync(join(import.meta.dirname, '../errors/provider.cannot/sea.png'))
    const names = ["it's 100%.png", '-y.png', 'a;b [0:v],null.png', 'concat%03d.png', 'Größe ✓.png', "x,movie='README.md'.png"]
    put(folder, Object.fromEntries(names.map((name) => [`art/${name}`, picture])))
    put(folder, { 'film.ltx': film(names.map((name, at) => `still s${at} 12f "art/${name}"`).join('\n')) })
    const ran = await ltx(folder, ['render', '-q'], { env })
    expect([ran.code, ran.err]).toEqual([0, ''])
    expect(await frameHashes(tool, join(folder, 'out/tiny.mp4'))).toHaveLength(12 * names.length)
    // All the same picture, however it is called.
    expect(
      new Set(await Promise.all(names.map(async (_, at) => (await grey(join(folder, 'out/tiny.mp4'), 12 * at + 4)).toString('hex')))).size,
    ).toBe(1)
    for (const line of said().split('\n')) if (/100%|-y\.png|null\.png|README/.test(line)) expect(line).toMatch(/^file:\//)
  })

  test('folders and films by any name are found', async () => {
    const folder = join(folderWith(), "100% it's [a];b,c Größe")
    put(folder, { "my film's.ltx": film('shot a 1s { "waves roll in" }').replace('out/tiny', "out 100%/it's [b];c %03d") })
    const ran = await ltx(folder, ['render', '-q'])
    expect([ran.code, ran.err]).toEqual([0, ''])
    expect(await frameHashes(tool, join(folder, "out 100%/it's [b];c %03d.mp4"))).toHaveLength(24)
    const again = await ltx(folder, ['render', '--json', '-q', "my film's.ltx"])
    expect([again.code, begun(again)]).toEqual([0, []])
  })

  test('a script that could be the shell’s is only text', async () => {
    const folder = folderWith({
      'film.ltx': film('shot a 1s { "$(touch pwned) `touch pwned`; touch pwned" }\ntitle "$(touch pwned)" 0s..1s { over a }'),
    })
    expect((await ltx(folder, ['render', '-q'])).code).toBe(0)
    expect(execFileSync('ls', [folder], { encoding: 'utf8' })).toBe('film.ltx\nfilm.ltx.lock\nout\n')
    rmSync(folder, { recursive: true })
  })
})

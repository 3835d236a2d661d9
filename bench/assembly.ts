// Putting a film together from clips that need no change: one continuous sound track, exact to the sample, against
// ffmpeg's own concat with `-c copy`, which drifts, and against `cp` of the same bytes. What it costs more is almost all
// the encoding of the sound, which does not grow with the picture's bytes: so clips of two bit rates.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tool } from '../src/media/ffmpeg.ts'
import { findTool } from '../src/media/ffmpeg.ts'
import { makeFilm } from '../src/media/film.ts'
import { probe } from '../src/media/probe.ts'
import { makeSound } from '../src/media/sound.ts'
import type { Kind } from './clips.ts'
import { clipFrames, cutOf, house, makeClips } from './clips.ts'
import type { Bench } from './measure.ts'
import { inPairs, pairText, say, timed } from './measure.ts'

export const assembly: Bench = {
  name: 'assembly',
  async run(folder) {
    const tool = await findTool(process.env)
    for (const kind of ['filmed', 'calm'] as const) {
      const inner = join(folder, kind)
      mkdirSync(inner)
      await measure(tool, inner, kind)
      rmSync(inner, { recursive: true })
    }
  },
}

type Assemble = (count: number) => Promise<void>

function assembler(tool: Tool, folder: string, paths: readonly string[]): Assemble {
  const signal = new AbortController().signal
  return async (count) => {
    const cut = cutOf(count)
    const files = new Map(cut.clips.map(({ job }, index) => [job, paths[index % paths.length] ?? '']))
    const delivered = new Map(await Promise.all([...files].map(async ([job, path]) => [job, await probe(path)] as const)))
    const scratch = join(folder, 'scratch')
    mkdirSync(scratch, { recursive: true })
    const sound = await makeSound({ cut, rate: house.rate, files, assets: new Map(), delivered, tool, scratch, signal })
    await makeFilm({ cut, house, files, overlays: [], sound, output: join(folder, 'film.mp4'), scratch, tool, signal })
  }
}

function concatenate(tool: Tool, list: string, output: string): void {
  const input = ['-v', 'error', '-y', '-f', 'concat', '-safe', '0', '-i', list]
  const { status, stderr } = spawnSync(tool.path, [...input, '-c', 'copy', '-movflags', '+faststart', '-strict', '-2', output])
  if (status !== 0) throw new Error(String(stderr))
}

async function measure(tool: Tool, folder: string, kind: Kind): Promise<void> {
  const paths = await makeClips(tool, folder, 60, kind)
  const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0)
  const what = `60 ${kind} clips (${((bytes * 8) / 360e6).toFixed(1)} Mbit/s)`
  const assemble = assembler(tool, folder, paths)
  const list = join(folder, 'list.txt')
  writeFileSync(list, paths.map((path) => `file '${path}'\n`).join(''))
  const ours = (): Promise<number> => timed(() => assemble(60))
  const concat = (): Promise<number> => timed(() => concatenate(tool, list, join(folder, 'concat.mp4')))
  const copy = (): Promise<number> =>
    timed(() => {
      for (const [index, path] of paths.entries()) copyFileSync(path, join(folder, `copy-${index}.mp4`))
    })
  const against = await inPairs(5, ours, concat)
  say(`assembly of ${what} / concat -c copy`, pairText(against), 'aim: within 3x', against.ratio <= 3)
  say(`assembly of ${what} / cp`, pairText(await inPairs(3, ours, copy)), 'no aim of its own', undefined)
  const film = await probe(join(folder, 'film.mp4'))
  const exact = film.frames === 60 * clipFrames && film.soundSamples === 60 * clipFrames * 2000
  say('frames and samples of that film', `${film.frames} frames, ${film.soundSamples} samples`, 'aim: exact', exact)
  if (kind === 'calm') await memory(assemble)
}

/** Peak memory with 30 and with 240 clips: flat means that it does not grow with their number. */
async function memory(assemble: Assemble): Promise<void> {
  const peak = async (count: number): Promise<number> => {
    globalThis.gc?.()
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss)
    }, 10)
    await assemble(count)
    clearInterval(watch)
    return most / 2 ** 20
  }
  const [few, many] = [await peak(30), await peak(240)]
  say(
    'peak memory of the process, 240 clips / 30 clips',
    `${(many / few).toFixed(2)}x (${many.toFixed(0)} / ${few.toFixed(0)} MB)`,
    'aim: flat',
    many / few < 1.3,
  )
}

// Putting a film together from clips that need no change: one continuous sound track, exact to the sample, against
// `cp` of the same bytes and against ffmpeg's own concat with `-c copy`, which drifts.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findTool } from '../src/media/ffmpeg.ts'
import { makeFilm } from '../src/media/film.ts'
import { probe } from '../src/media/probe.ts'
import { makeSound } from '../src/media/sound.ts'
import { clipFrames, cutOf, house, makeClips } from './clips.ts'
import type { Bench } from './measure.ts'
import { inPairs, pairText, say, timed } from './measure.ts'

export const assembly: Bench = {
  name: 'assembly',
  async run(folder) {
    const tool = await findTool(process.env)
    const paths = await makeClips(tool, folder, 60)
    const signal = new AbortController().signal
    const assemble = async (count: number): Promise<void> => {
      const cut = cutOf(count)
      const files = new Map(cut.clips.map(({ job }, index) => [job, paths[index % paths.length] ?? '']))
      const delivered = new Map(await Promise.all([...files].map(async ([job, path]) => [job, await probe(path)] as const)))
      const scratch = join(folder, 'scratch')
      mkdirSync(scratch, { recursive: true })
      const sound = await makeSound({ cut, rate: house.rate, files, assets: new Map(), delivered, tool, scratch, signal })
      await makeFilm({ cut, house, files, overlays: [], sound, output: join(folder, 'film.mp4'), scratch, tool, signal })
    }
    const copy = (): Promise<number> =>
      timed(() => {
        for (const [index, path] of paths.entries()) copyFileSync(path, join(folder, `copy-${index}.mp4`))
      })
    const list = join(folder, 'list.txt')
    writeFileSync(list, paths.map((path) => `file '${path}'\n`).join(''))
    const { spawnSync } = await import('node:child_process')
    const concat = (): Promise<number> =>
      timed(() => {
        const args = [
          '-v',
          'error',
          '-y',
          '-f',
          'concat',
          '-safe',
          '0',
          '-i',
          list,
          '-c',
          'copy',
          '-movflags',
          '+faststart',
          '-strict',
          '-2',
          join(folder, 'concat.mp4'),
        ]
        const { status, stderr } = spawnSync(tool.path, args)
        if (status !== 0) throw new Error(String(stderr))
      })
    const ours = (): Promise<number> => timed(() => assemble(60))
    const against = await inPairs(5, ours, concat)
    say('assembly of 60 clips / ffmpeg concat -c copy', pairText(against), 'aim: within 3x', against.ratio <= 3)
    const cp = await inPairs(5, ours, copy)
    say('assembly of 60 clips / cp of the same bytes', pairText(cp), 'no aim of its own', undefined)
    const film = await probe(join(folder, 'film.mp4'))
    const exact = film.frames === 60 * clipFrames && film.soundSamples === 60 * clipFrames * 2000
    say('frames and samples of that film', `${film.frames} frames, ${film.soundSamples} samples`, 'aim: exact', exact)
    await memory(assemble)
  },
}

/** Peak memory with 30 and with 240 clips: flat means that it does not grow with their number. */
async function memory(assemble: (count: number) => Promise<void>): Promise<void> {
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

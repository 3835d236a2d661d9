// A dissolve at every join of 60 clips: only what is inside is encoded, against one graph of xfades over whole clips.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { findTool } from '../src/media/ffmpeg.ts'
import { makeFilm } from '../src/media/film.ts'
import { videoArguments } from '../src/media/house.ts'
import { clipFrames, cutOf, house, makeClips } from './clips.ts'
import type { Bench } from './measure.ts'
import { inPairs, pairText, say, timed } from './measure.ts'

const dissolve = 12

export const dissolves: Bench = {
  name: 'dissolves',
  async run(folder) {
    const tool = await findTool(process.env)
    const paths = await makeClips(tool, folder, 60)
    const signal = new AbortController().signal
    const cut = cutOf(60, { kind: 'dissolve', frames: dissolve, span: { path: '', start: 0, end: 0 } })
    const files = new Map(cut.clips.map(({ job }, index) => [job, paths[index] ?? '']))
    const scratch = join(folder, 'scratch')
    mkdirSync(scratch, { recursive: true })
    const output = join(folder, 'film.mp4')
    const ours = (): Promise<number> => timed(() => makeFilm({ cut, house, files, overlays: [], output, scratch, tool, signal }))
    const graph = (): Promise<number> => timed(() => xfade(tool.path, paths, join(folder, 'graph.mp4')))
    const pair = await inPairs(3, ours, graph)
    say('12-frame dissolve at every join of 60 clips / one xfade graph', pairText(pair), 'aim: within 0.35x', pair.ratio <= 0.35)
    const outside = sameOutside(tool.path, paths, output)
    say('frames outside the dissolves, by framemd5', `${outside.same} of ${outside.all} the same`, 'aim: all', outside.same === outside.all)
  },
}

/** One filter graph over whole clips, encoded as the house encodes, on all cores. */
function xfade(ffmpeg: string, paths: readonly string[], output: string): void {
  const step = (clipFrames - dissolve) / 24
  const chain = paths.slice(1).map((_, index) => {
    const before = index === 0 ? '[0:v]' : `[x${index}]`
    return `${before}[${index + 1}:v]xfade=transition=fade:duration=${dissolve / 24}:offset=${(index + 1) * step}[x${index + 1}]`
  })
  const encode = videoArguments(house).join('\0').replace('-threads\x001', '-threads\x000').split('\0')
  const args = [
    '-v',
    'error',
    '-y',
    ...paths.flatMap((path) => ['-i', path]),
    '-filter_complex',
    chain.join(';'),
    '-map',
    `[x${paths.length - 1}]`,
    ...encode,
    output,
  ]
  const { status, stderr } = spawnSync(ffmpeg, args, { maxBuffer: 1 << 26 })
  if (status !== 0) throw new Error(String(stderr).slice(-400))
}

function frameHashes(ffmpeg: string, path: string): readonly string[] {
  const { stdout } = spawnSync(ffmpeg, ['-v', 'error', '-i', path, '-map', '0:v', '-f', 'framemd5', '-'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim() ?? '')
}

function sameOutside(ffmpeg: string, paths: readonly string[], film: string): { readonly same: number; readonly all: number } {
  const made = frameHashes(ffmpeg, film)
  let [same, all] = [0, 0]
  for (const [index, path] of paths.entries()) {
    const own = frameHashes(ffmpeg, path)
    const start = index * (clipFrames - dissolve)
    const from = index === 0 ? 0 : dissolve
    const to = index === paths.length - 1 ? clipFrames : clipFrames - dissolve
    for (let frame = from; frame < to; frame += 1) {
      all += 1
      if (made[start + frame] === own[frame]) same += 1
    }
  }
  return { same, all }
}

// House clips for the benchmarks: moving pictures with sound, made once by ffmpeg in the house's own format.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cut } from '../src/lang/plan.ts'
import type { Transition } from '../src/lang/program.ts'
import { frameToSample } from '../src/lang/time.ts'
import type { Command } from '../src/media/command.ts'
import type { Tool } from '../src/media/ffmpeg.ts'
import type { House } from '../src/media/house.ts'
import { muxArguments, soundArguments, videoArguments } from '../src/media/house.ts'

export const house: House = { size: { width: 1920, height: 1080 }, rate: { num: 24, den: 1 }, quality: 'draft' }
export const clipFrames = 144

/**
 * What the clips are like. `calm`: gradients and a plain tone, about 1.6 Mbit/s. `filmed`: the same with grain, and
 * noise that comes and goes, about 10 Mbit/s, which is what hosted models send at this size.
 */
export type Kind = 'calm' | 'filmed'

/** Clips that differ from each other; there are no more `filmed` ones than these, the others are copies. */
const differentFilmed = 6

function clipCommand(path: string, index: number, kind: Kind): Command {
  const samples = frameToSample(clipFrames, house.rate)
  const grain = kind === 'filmed' ? `noise=alls=4:allf=t:all_seed=${index},` : ''
  const tone = { lavfi: `sine=frequency=${220 + 20 * index}:sample_rate=48000,volume=0.2` }
  const noise = { lavfi: `anoisesrc=color=pink:seed=${index}:r=48000:a=0.3,tremolo=f=3:d=0.8` }
  const sound = kind === 'filmed' ? '[1:a][2:a]amix=normalize=0:duration=first,' : '[1:a]'
  return {
    inputs: [
      { lavfi: `gradients=size=480x270:rate=24:seed=${index + 1}:speed=0.02:nb_colors=4` },
      tone,
      ...(kind === 'filmed' ? [noise] : []),
    ],
    graph: `[0:v]${grain}scale=1920:1080,trim=end_frame=${clipFrames}[v];${sound}atrim=end_sample=${samples},aformat=channel_layouts=stereo[a]`,
    outputs: [{ path, options: ['-map', '[v]', '-map', '[a]', ...videoArguments(house), ...soundArguments, ...muxArguments] }],
  }
}

/** Makes `count` clips of 6 s. */
export async function makeClips(tool: Tool, folder: string, count: number, kind: Kind = 'calm'): Promise<readonly string[]> {
  const paths = Array.from({ length: count }, (_, index) => join(folder, `${kind}-${index}.mp4`))
  const different = kind === 'filmed' ? differentFilmed : count
  for (const [index, path] of paths.entries()) {
    const first = paths[index % different] ?? path
    if (index < different) await tool.run(clipCommand(path, index, kind))
    else copyFileSync(first, path)
  }
  return paths
}

/** Clips end to end, with the same transition at every join. */
export function cutOf(count: number, into: Transition = { kind: 'cut' }): Cut {
  const overlap = into.kind === 'dissolve' ? into.frames : 0
  const clips = Array.from({ length: count }, (_, index) => ({
    path: `c/${index}`,
    job: `c/${index}@1`,
    start: index * (clipFrames - overlap),
    frames: clipFrames,
    into: index === count - 1 ? ({ kind: 'cut' } as const) : into,
    voice: false,
    muted: false,
  }))
  return { clips, beds: [], titles: [], deliveries: [], frames: count * clipFrames - (count - 1) * overlap }
}

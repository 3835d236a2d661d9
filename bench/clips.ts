// House clips for the benchmarks: moving pictures with sound, made once by ffmpeg in the house's own format.
import { join } from 'node:path'
import type { Cut } from '../src/lang/plan.ts'
import type { Transition } from '../src/lang/program.ts'
import { frameToSample } from '../src/lang/time.ts'
import type { Tool } from '../src/media/ffmpeg.ts'
import type { House } from '../src/media/house.ts'
import { muxArguments, soundArguments, videoArguments } from '../src/media/house.ts'

export const house: House = { size: { width: 1920, height: 1080 }, rate: { num: 24, den: 1 }, quality: 'draft' }
export const clipFrames = 144

/** Makes `count` clips of 6 s; each differs from the others. */
export async function makeClips(tool: Tool, folder: string, count: number): Promise<readonly string[]> {
  const paths: string[] = []
  const samples = frameToSample(clipFrames, house.rate)
  for (let index = 0; index < count; index += 1) {
    const path = join(folder, `clip-${index}.mp4`)
    await tool.run({
      inputs: [
        { lavfi: `gradients=size=480x270:rate=24:seed=${index + 1}:speed=0.02:nb_colors=4` },
        { lavfi: `sine=frequency=${220 + 20 * index}:sample_rate=48000,volume=0.2` },
      ],
      graph: `[0:v]scale=1920:1080,trim=end_frame=${clipFrames}[v];[1:a]atrim=end_sample=${samples},aformat=channel_layouts=stereo[a]`,
      outputs: [{ path, options: ['-map', '[v]', '-map', '[a]', ...videoArguments(house), ...soundArguments, ...muxArguments] }],
    })
    paths.push(path)
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

// A clip and a frame's number go in, a small picture of that frame comes out, found by seeking: only the group of
// pictures around it is decoded. A clip that cannot be read gives none.
import type { Image } from '@napi-rs/canvas'
import { loadImage } from '@napi-rs/canvas'
import { ProviderFailure } from '../failure.ts'
import type { Size } from '../lang/program.ts'
import type { Rate } from '../lang/time.ts'
import type { Tool } from './ffmpeg.ts'

export type Moment = {
  readonly file: string
  readonly frame: number
  readonly rate: Rate
  readonly size: Size
}

/** Half a frame before the frame's time: rounding can then never give its neighbour. */
const seekTo = ({ frame, rate }: Moment): string => (Math.max(0, (frame - 0.5) * rate.den) / rate.num).toFixed(6)

async function thumbnail(tool: Tool, moment: Moment, signal: AbortSignal): Promise<Image | undefined> {
  const { width, height } = moment.size
  const look = ['-map', '0:v:0', '-frames:v', '1', '-vf', `scale=${width}:${height}:flags=area,format=rgb24`]
  const outputs = [{ pipe: true as const, options: [...look, '-f', 'image2pipe', '-c:v', 'png', '-compression_level', '1'] }]
  try {
    return await loadImage(await tool.read({ inputs: [{ path: moment.file, options: ['-ss', seekTo(moment)] }], outputs }, { signal }))
  } catch (error) {
    // A stopped run stops; a damaged clip leaves an empty place on the sheet.
    if (signal.aborted && error instanceof ProviderFailure) throw error
    return undefined
  }
}

/** All of them, three at a time, in order. */
export async function thumbnails(
  tool: Tool,
  moments: readonly (Moment | undefined)[],
  signal: AbortSignal,
): Promise<readonly (Image | undefined)[]> {
  const found: (Image | undefined)[] = moments.map(() => undefined)
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < moments.length; index = next++) {
      const moment = moments[index]
      if (moment !== undefined) found[index] = await thumbnail(tool, moment, signal)
    }
  }
  await Promise.all([lane(), lane(), lane()])
  return found
}

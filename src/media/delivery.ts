// One more file from the finished film: another size, another codec, another loudness. The film is read once more from
// its own file; what is the same already is copied.
import type { Delivery, Size } from '../lang/program.ts'
import type { Rate } from '../lang/time.ts'
import { aacArguments } from './aac.ts'
import type { Command } from './command.ts'
import type { Tool } from './ffmpeg.ts'
import { finishFile } from './finish-file.ts'
import { readMp4 } from './mp4.ts'

export type DeliveryOrder = {
  /** Absolute path of the finished film. */
  readonly film: string
  readonly size: Size
  readonly rate: Rate
  /** Integrated loudness of the film, LUFS, where it was measured. */
  readonly measured?: number
  readonly delivery: Pick<Delivery, 'size' | 'fit' | 'codec' | 'loudness'>
  readonly output: string
  readonly tool: Tool
  readonly signal: AbortSignal
}

/** Quieter than this and there is nothing to raise. */
const silence = -70
const peakCeiling = -1

/** Brings a picture of another shape to `to`: `crop` fills it and loses the edges, `pad` shows all and adds bars. */
function shape(to: Size, fit: Delivery['fit']): string {
  const box = `${to.width}:${to.height}`
  return fit === 'crop'
    ? `scale=${box}:force_original_aspect_ratio=increase:flags=lanczos,crop=${box},setsar=1`
    : `scale=${box}:force_original_aspect_ratio=decrease:flags=lanczos,pad=${box}:-1:-1:color=black,setsar=1`
}

const colour = ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv']

function pictureArguments({ delivery, size, rate }: DeliveryOrder): readonly string[] {
  const to = delivery.size ?? size
  const other = to.width !== size.width || to.height !== size.height
  const filter = other ? ['-vf', shape(to, delivery.fit)] : []
  if (delivery.codec === 'prores')
    return [...filter, '-c:v', 'prores_ks', '-profile:v', '3', '-vendor', 'apl0', '-pix_fmt', 'yuv422p10le', ...colour]
  if (!other) return ['-c:v', 'copy']
  const gop = String(Math.round((2 * rate.num) / rate.den))
  return [
    ...filter,
    '-c:v',
    'libx264',
    '-preset',
    'medium',
    '-crf',
    '17',
    '-profile:v',
    'high',
    '-pix_fmt',
    'yuv420p',
    '-g',
    gop,
    ...colour,
  ]
}

function soundArguments(order: DeliveryOrder, gain: number): readonly string[] {
  const prores = order.delivery.codec === 'prores'
  const filter =
    gain === 0 ? [] : ['-af', `volume=${gain.toFixed(2)}dB,alimiter=limit=${(10 ** ((peakCeiling - 0.5) / 20)).toFixed(4)}:level=false`]
  if (prores) return [...filter, '-c:a', 'pcm_s24le', '-ar', '48000']
  return gain === 0 ? ['-c:a', 'copy'] : [...filter, ...aacArguments, '-ar', '48000']
}

/** Integrated loudness in LUFS, or undefined for silence. */
async function measure({ film, tool, signal }: DeliveryOrder): Promise<number | undefined> {
  const { stderr } = await tool.run(
    {
      inputs: [{ path: film }],
      outputs: [{ none: true, options: ['-vn', '-af', 'ebur128=framelog=verbose', '-f', 'null'] }],
      verbose: true,
    },
    { signal },
  )
  const told = [...stderr.matchAll(/^\s*I:\s*(-?[\d.]+) LUFS/gm)].at(-1)?.[1]
  const value = Number(told ?? Number.NaN)
  return Number.isFinite(value) && value > silence ? value : undefined
}

async function gainOf(order: DeliveryOrder): Promise<number> {
  const target = order.delivery.loudness
  if (target === undefined) return 0
  const now = order.measured ?? (await measure(order))
  const gain = now === undefined ? 0 : target - now
  return Math.abs(gain) < 0.3 ? 0 : gain
}

/** Makes the file, whole or not at all. Throws a ProviderFailure. */
export async function deliver(order: DeliveryOrder): Promise<void> {
  const gain = await gainOf(order)
  const format = order.delivery.codec === 'prores' ? ['-f', 'mov'] : ['-movflags', '+faststart', '-f', 'mp4']
  await finishFile(
    order.output,
    order.signal,
    async (temporary) => {
      const options = [
        ...pictureArguments(order),
        ...soundArguments(order, gain),
        '-map',
        '0:v:0',
        '-map',
        '0:a:0?',
        '-fflags',
        '+bitexact',
        ...format,
      ]
      const command: Command = { inputs: [{ path: order.film }], outputs: [{ path: temporary, options }] }
      await order.tool.run(command, { signal: order.signal })
    },
    async (temporary) => {
      const frames = async (path: string): Promise<number> =>
        (await readMp4(path)).tracks.find(({ kind }) => kind === 'video')?.samples ?? 0
      const [made, film] = [await frames(temporary), await frames(order.film)]
      if (made !== film) throw new Error(`the delivered file has ${made} frames, the film ${film}`)
    },
  )
}

// What a look at an own machine has shown, as data that was checked on its way in from the worker, and as text for a person:
// the device, its memory, versions, the model's files with their sizes, what fits.
import { fileSize } from '../report/say.ts'

type Device = { readonly kind: string; readonly name: string; readonly memory: number; readonly free: number }
type File = { readonly path: string; readonly bytes: number }
type Fit = {
  readonly stages: number
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly need: number
  readonly fits: boolean
  readonly offload?: string
}

/** The worker's answer. */
export type Seen = {
  readonly worker: string
  readonly versions: Readonly<Record<string, string>>
  readonly device: Device
  readonly devices: readonly Device[]
  /** Main memory, beside that of the device. */
  readonly main?: { readonly memory: number; readonly free: number }
  readonly model?: {
    readonly path: string
    readonly bytes: number
    readonly dtype?: string
    readonly stages: readonly number[]
    readonly files: readonly File[]
    readonly sampling?: string
    readonly missing: readonly string[]
    /** What does not go together, as sentences. */
    readonly mismatched: readonly string[]
  }
  readonly fits: readonly Fit[]
}

export type Look = {
  readonly provider?: string
  /** As it was asked for. */
  readonly device?: string
  readonly python?: string
  readonly seen?: Seen
  readonly trouble?: { readonly message: string; readonly next: string }
}

type Fields = Readonly<Record<string, unknown>>
const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined // an object has names
const listOf = <T>(value: unknown, read: (one: Fields) => T | undefined): readonly T[] =>
  Array.isArray(value) ? value.flatMap((one) => read(fieldsOf(one) ?? {}) ?? []) : []
const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0)

function deviceOf({ kind, name, memory, free }: Fields): Device | undefined {
  return typeof kind === 'string' && typeof name === 'string' ? { kind, name, memory: number(memory), free: number(free) } : undefined
}

/** The worker's line as it is meant; undefined where it is something else. */
export function asSeen(said: Fields | undefined): Seen | undefined {
  const device = deviceOf(fieldsOf(said?.device) ?? {})
  if (said?.is !== 'doctor' || device === undefined) return undefined
  const versions = Object.entries(fieldsOf(said.versions) ?? {}).flatMap(([name, one]) =>
    typeof one === 'string' ? [[name, one] as const] : [],
  )
  const model = fieldsOf(said.model)
  const main = fieldsOf(said.main)
  return {
    worker: String(said.worker ?? '?'),
    versions: Object.fromEntries(versions),
    device,
    devices: listOf(said.devices, deviceOf),
    ...(main === undefined ? {} : { main: { memory: number(main.memory), free: number(main.free) } }),
    ...(model === undefined ? {} : { model: modelOf(model) }),
    fits: listOf(said.fits, ({ stages, width, height, frames, need, fits, offload }) => ({
      ...(typeof offload === 'string' ? { offload } : {}),
      stages: number(stages),
      width: number(width),
      height: number(height),
      frames: number(frames),
      need: number(need),
      fits: fits === true,
    })),
  }
}

function modelOf({ path, bytes, dtype, sampling, stages, files, missing, mismatched }: Fields): NonNullable<Seen['model']> {
  return {
    path: String(path ?? ''),
    bytes: number(bytes),
    ...(typeof dtype === 'string' ? { dtype } : {}),
    ...(typeof sampling === 'string' ? { sampling } : {}),
    stages: Array.isArray(stages) ? stages.map(number) : [],
    files: listOf(files, (file) => (typeof file.path === 'string' ? { path: file.path, bytes: number(file.bytes) } : undefined)),
    missing: Array.isArray(missing) ? missing.map(String) : [],
    mismatched: Array.isArray(mismatched) ? mismatched.map(String) : [],
  }
}

const row = (mark: string, what: string, detail: string): string => `${mark} ${what.padEnd(8)} ${detail}\n`
const below = (detail: string): string => `           ${detail}\n`

/** The lines of one look. */
export function lookText(
  { provider, device, python, seen, trouble }: Look,
  gpus: readonly { readonly name: string; readonly memory: string }[],
): string {
  const title = provider === undefined ? '' : `${provider}${device === undefined ? '' : ` on ${device}`}\n`
  const failed = trouble === undefined ? '' : row('✗', seen === undefined ? 'worker' : 'model', trouble.message) + below(trouble.next)
  if (seen === undefined) {
    const cards = gpus.map(({ name, memory }) => row('·', 'gpu', `${name}, ${memory}, as its driver says`)).join('')
    return `${title}${python === undefined ? '' : row('·', 'python', python)}${failed}${cards}`
  }
  const versions = Object.entries(seen.versions).map(([name, version]) => `${name} ${version}`)
  return [
    title,
    row('✓', 'python', `${python ?? ''}`),
    below(`worker ${seen.worker}, ${versions.join(', ')}`),
    deviceText(seen, gpus),
    seen.main === undefined || seen.device.kind === 'cpu'
      ? ''
      : below(`main memory ${fileSize(seen.main.memory)}, ${fileSize(seen.main.free)} free`),
    modelText(seen, trouble),
    failed,
    fitText(seen),
  ].join('')
}

function deviceText({ device, devices }: Seen, gpus: readonly { readonly name: string }[]): string {
  const memory = ({ memory, free }: Device): string => `${fileSize(memory)} of memory, ${fileSize(free)} free`
  const others = devices.filter(({ name, kind, memory }) => name !== device.name || kind !== device.kind || memory !== device.memory)
  const more = others.map((one) => below(`also ${one.name} (${one.kind}), ${memory(one)}`)).join('')
  if (device.kind !== 'cpu' || devices.some(({ kind }) => kind !== 'cpu'))
    return row('✓', 'device', `${device.name} (${device.kind}), ${memory(device)}`) + more
  const [card] = gpus
  const why =
    card === undefined
      ? below('no GPU was found: a processor alone makes tests of the tiny model, no films')
      : below(`this machine has ${card.name}, but the torch of this Python was built without CUDA, or does not fit its driver`) +
        below('make it with another: ltx local setup --again --torch "torch==2.13.0" --index ADDRESS-OF-THE-CUDA-BUILDS')
  return row('·', 'device', `${device.name} (${device.kind}), ${memory(device)}`) + why + more
}

/** Files of a model folder by component: a part may have dozens. */
function modelText({ model }: Seen, trouble: Look['trouble']): string {
  if (model === undefined)
    return trouble !== undefined
      ? ''
      : row('·', 'model', 'none was named') + below('ltx local doctor --model FOLDER, or a film with a local provider')
  const parts = new Map<string, { bytes: number; files: number }>()
  for (const { path, bytes } of model.files) {
    const name = path.includes('/') ? (path.split('/')[0] ?? '') : '(top)'
    const known = parts.get(name) ?? { bytes: 0, files: 0 }
    parts.set(name, { bytes: known.bytes + bytes, files: known.files + 1 })
  }
  const lines = [...parts].map(([name, { bytes, files }]) =>
    below(`${name.padEnd(18)} ${fileSize(bytes).padStart(9)}  ${files} ${files === 1 ? 'file' : 'files'}`),
  )
  const kinds = [model.dtype, model.sampling, model.stages.includes(2) ? 'one or two stages' : 'one stage'].filter(
    (one) => one !== undefined,
  )
  return (
    row(
      model.missing.length + model.mismatched.length === 0 ? '✓' : '·',
      'model',
      `${model.path}: ${fileSize(model.bytes)}, ${kinds.join(', ')}`,
    ) + lines.join('')
  )
}

/** The worker tries the usual sizes and says of each how long a clip may be. */
function fitText({ fits, device }: Seen): string {
  if (fits.length === 0) return ''
  const lines = fits.map(({ stages, width, height, frames, need, fits: fit, offload }, at) => {
    const size = `${width}x${height}`.padEnd(9)
    const slow = offload === 'phases' || offload === 'leaves' ? `, with offload ${offload}` : ''
    const length =
      fit && frames > 0 ? `up to ${frames} frames (${(frames / 24).toFixed(1)} s at 24), needs ${fileSize(need)}${slow}` : 'does not fit'
    const text = `${size} ${stages === 2 ? 'two stages' : 'one stage'}  ${length}`
    return at === 0 ? row('·', 'fits', text) : below(text)
  })
  return `${lines.join('')}${below(`estimates, against ${fileSize(device.free)} that are free now`)}`
}

// Reads a script and what it uses, and checks what can be checked without looking at assets, locks or stores. Loads
// nothing but the language, so that `ltx check` starts at once.
import { isUtf8 } from 'node:buffer'
import { closeSync, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import type { Reporter } from './lang/diagnostic.ts'
import { openReporter } from './lang/diagnostic.ts'
import type { Lock } from './lang/lock.ts'
import { emptyLock } from './lang/lock.ts'
import { evaluate } from './lang/meaning/evaluate.ts'
import type { Loaded } from './lang/meaning/load.ts'
import { load } from './lang/meaning/load.ts'
import type { ParamInput } from './lang/meaning/param-input.ts'
import type { Plan } from './lang/plan.ts'
import type { Asset, Program } from './lang/program.ts'
import type { Source } from './lang/source.ts'
import { checkFile } from './lang/syntax/check.ts'
import { packageRoot } from './package-root.ts'
import { capabilitiesOf } from './providers/catalogue.ts'

/** A script that has been read. `script` is its path in the project, whose root is the script's folder. */
export type Opened = {
  readonly root: string
  readonly script: string
  readonly loaded: Loaded
  readonly reporter: Reporter
  /** Every text that a diagnostic may point into. */
  readonly sources: Map<string, Source>
}

export type FilmOptions = {
  readonly rung: Plan['rung']
  readonly params?: ReadonlyMap<string, ParamInput>
  /** Names the film among those of a series: its lock and journals go by it. */
  readonly episode?: string
  /** Params without a value get one of their type, to check a film before anybody has given values. */
  readonly sample?: boolean
  /** Told before something that takes long: the first look at a model of many gigabytes. */
  readonly tell?: (text: string) => void
}

/** More than this of a file is not read: what is longer is refused for its length anyway. */
const mostBytes = 64 * 1024 * 1024

/** A regular file's text, or undefined where there is none: a folder, a device and a pipe have none. */
export function readOrNothing(path: string): string | undefined {
  try {
    const facts = statSync(path)
    if (!facts.isFile()) return undefined
    return decode(facts.size <= mostBytes ? readFileSync(path) : readStart(path))
  } catch {
    return undefined
  }
}

function readStart(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(mostBytes)
    return bytes.subarray(0, readSync(file, bytes, 0, mostBytes, 0))
  } finally {
    closeSync(file)
  }
}

/** UTF-8. The first byte that is none becomes half a character, U+DC00 and the byte, which the parser names with its place. */
export function decode(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (isUtf8(bytes)) return text
  for (let at = text.indexOf('\ufffd'), byte = 0, from = 0; at !== -1; at = text.indexOf('\ufffd', from)) {
    byte += Buffer.byteLength(text.slice(from, at))
    const found = bytes[byte] ?? 0
    // The replacement character itself, honestly written.
    const written = found === 0xef && bytes[byte + 1] === 0xbf && bytes[byte + 2] === 0xbd
    if (!written) return `${text.slice(0, at)}${String.fromCharCode(0xdc00 + found)}${text.slice(at + 1)}`
    byte += 3
    from = at + 1
  }
  return text
}

/** The same for a file of the project: one that a link leads out of it is not there. */
export function readInside(root: string, name: string): string | undefined {
  const path = join(root, name)
  try {
    return realpathSync(path).startsWith(realpathSync(root) + sep) ? readOrNothing(path) : undefined
  } catch {
    return undefined
  }
}

/** Reads and checks a script and all it uses. `path` is absolute. Problems are in the reporter. */
export function openScript(path: string): Opened {
  const root = dirname(path)
  const script = basename(path)
  const reporter = openReporter()
  const loaded = load(
    script,
    (name) => (name === script ? readOrNothing(path) : readInside(root, name)),
    (name) => readOrNothing(join(packageRoot, 'stdlib', `${name}.ltx`)),
    reporter,
  )
  for (const file of loaded.files.values()) checkFile(file.ast, reporter)
  return { root, script, loaded, reporter, sources: new Map([...loaded.files].map(([name, file]) => [name, file.source])) }
}

/** What can be checked without looking at assets, locks or stores. Undefined for a library and where the script has errors. */
export function checkFilm(opened: Opened, options: FilmOptions, lock: Lock = emptyLock): Program | undefined {
  const program = evaluate(
    opened.loaded,
    {
      params: options.params ?? new Map(),
      catalogue: capabilitiesOf(''),
      origins: lock.moves,
      sample: options.sample ?? false,
      ...(options.rung === 'draft' ? { quality: 'fast' } : {}),
    },
    opened.reporter,
  )
  if (program !== undefined) keepInputs(program, opened.reporter)
  return program
}

/** No film may be written over a file that it is made from. Names that a disk takes for the same are the same. */
function keepInputs(program: Program, reporter: Reporter): void {
  const nameOf = (path: string): string => path.normalize('NFC').toLowerCase()
  const outputs = new Set([program.film.output, ...program.deliveries.map(({ output }) => output)].map(nameOf))
  for (const asset of assetsOf(program)) {
    if (outputs.has(nameOf(asset.path)))
      reporter.report('asset.path', asset.span, { path: asset.path, why: 'where the film itself would be written' })
  }
}

/** Every file the film names, once. */
export function assetsOf(program: Program): readonly Asset[] {
  const found: Asset[] = []
  const add = (asset: Asset | undefined): void => {
    if (asset !== undefined) found.push(asset)
  }
  for (const item of program.items) {
    if (item.kind === 'shot') {
      for (const asset of [item.from, item.to, item.sync, ...item.keys.map((key) => key.image)]) add(asset)
    } else if (item.kind === 'clip') add(item.asset)
    else if (item.kind === 'still') add(item.image)
  }
  for (const bed of program.beds) add(bed.asset)
  for (const member of program.cast) for (const asset of [member.image, member.voice]) add(asset)
  return found
}

/** What is wrong with a file that the script names, at the place that names it. */
export function reportAsset(
  asset: Asset,
  { kind, message }: { readonly kind: string; readonly message: string },
  reporter: Reporter,
): void {
  if (kind === 'missing') reporter.report('asset.missing', asset.span, { path: asset.path })
  else if (kind === 'outside') reporter.report('asset.outside', asset.span, { message })
  else reporter.report('asset.unusable', asset.span, { message })
}

// A Python that is none: it answers what `ltx local` asks of one, writes down how it was called, and fetches nothing. In goes how it
// is to behave, out come a folder for the PATH and what was asked of it.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderWith } from './kit.ts'

export type Behaviour = {
  /** As `sys.version_info` has it. */
  readonly version?: readonly number[]
  /** The torch that it has. */
  readonly torch?: string
  readonly complete?: boolean
  /** Does not run at all, as a shim without its Python. */
  readonly dead?: boolean
  /** What a dry run does: writes a report, or begins to fetch something large, or fails. */
  readonly dryRun?: 'report' | 'fetches' | 'fails'
  /** How often pip fails before it works; `hangs`: never ends. */
  readonly pip?: number | 'hangs'
  readonly versions?: 'fine' | 'broken'
  /** The answers of the hub, by action. */
  readonly hub?: Readonly<Record<string, object>>
  /** The worker's look at the machine, by device. */
  readonly doctor?: Readonly<Record<string, object>>
}

export type Asked = { readonly argv: readonly string[]; readonly names: readonly string[] }

const source = `
const fs = require('node:fs'), path = require('node:path')
const home = HOME, argv = process.argv.slice(2)
const behaviour = JSON.parse(fs.readFileSync(path.join(home, 'behaviour.json'), 'utf8'))
fs.appendFileSync(path.join(home, 'asked'), JSON.stringify({ argv, names: Object.keys(process.env) }) + '\\n')
const say = (value) => fs.writeSync(1, JSON.stringify(value) + '\\n')
const made = (what) => { const file = path.join(home, what); const count = fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : 0; fs.writeFileSync(file, String(count + 1)); return count }
const after = (name) => argv[argv.indexOf(name) + 1]
if (behaviour.dead) { fs.writeSync(2, 'no such version\\n'); process.exit(127) }
const [flag, what, ...rest] = argv
if (flag === '-c') {
  if (what.includes('[sys.executable,')) say([process.argv[1], behaviour.version ?? [3, 12, 4]])
  else if (what.includes('sys.executable'))
    say({ executable: process.argv[1], version: behaviour.version ?? [3, 12, 4], implementation: 'cpython', bits: 64, complete: behaviour.complete ?? true, torch: behaviour.torch ?? null })
  else process.exit(behaviour.torch === undefined ? 1 : 0)
} else if (what === 'venv') {
  const folder = rest.at(-1)
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(path.join(folder, 'bin'), { recursive: true })
  fs.symlinkSync(process.argv[1], path.join(folder, 'bin', 'python'))
} else if (what === 'pip' && argv.includes('--dry-run')) {
  const how = behaviour.dryRun ?? 'report'
  if (how === 'fails') process.exit(1)
  if (how === 'report') fs.writeFileSync(after('--report'), '{"install": []}')
  else { fs.writeSync(1, '  Downloading torch-2.13.0-cp312-none-any.whl (812.3 MB)\\n'); setTimeout(() => fs.writeFileSync(path.join(home, 'fetched'), ''), 20000) }
} else if (what === 'pip') {
  fs.writeSync(1, 'PIP IS INSTALLING\\n')
  if (behaviour.pip === 'hangs') setInterval(() => undefined, 1000)
  else if (made('pip') < (behaviour.pip ?? 0)) { fs.writeSync(2, 'ERROR: no matching distribution\\n'); process.exit(1) }
} else if (what === 'ltx_setup.download_size') say({ bytes: 271_000_000, files: 3, unknown: [] })
else if (what === 'ltx_setup.versions') {
  if (behaviour.versions === 'broken') { say({ error: 'torch cannot be loaded: OSError: libcudart is missing' }); process.exit(1) }
  say({ versions: { python: '3.12.4', torch: behaviour.torch ?? '2.13.0', diffusers: '0.40.0', transformers: '5.12.1', av: '18.1.0', worker: '1' } })
} else if (what === 'ltx_setup.hub') {
  const answer = behaviour.hub[rest[0]]
  say(answer)
  process.exit('error' in answer ? 1 : 0)
} else if (what === 'ltx_worker') {
  const answer = behaviour.doctor?.[argv.includes('--device') ? after('--device') : 'auto']
  if (answer === undefined) { fs.writeSync(2, 'Traceback\\nImportError: nothing works\\n'); process.exit(1) }
  say(answer)
  process.exit(answer.is === 'error' ? 1 : 0)
}
`

export type FakePython = {
  /** For the PATH. */
  readonly folder: string
  readonly path: string
  asked(): readonly Asked[]
  /** The calls of one module, as argument lists. */
  calls(module: string): readonly (readonly string[])[]
  behave(behaviour: Behaviour): void
  /** It was left to go on fetching. */
  fetched(): boolean
}

export function fakePython(behaviour: Behaviour = {}, name = 'python3.12'): FakePython {
  const home = folderWith()
  const folder = join(home, 'bin')
  const path = join(folder, name)
  mkdirSync(folder)
  writeFileSync(path, `#!${process.execPath}\n${source.replace('HOME', JSON.stringify(home))}`)
  chmodSync(path, 0o755)
  const behave = (how: Behaviour): void => writeFileSync(join(home, 'behaviour.json'), JSON.stringify(how))
  behave(behaviour)
  const asked = (): readonly Asked[] =>
    existsSync(join(home, 'asked'))
      ? readFileSync(join(home, 'asked'), 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Asked) // written by the program above
      : []
  return {
    folder,
    path,
    asked,
    behave,
    calls: (module) => asked().flatMap(({ argv }) => (argv[1] === module ? [argv.slice(2)] : [])),
    fetched: () => existsSync(join(home, 'fetched')),
  }
}

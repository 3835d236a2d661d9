// `ltx local setup`: a Python environment for the worker, made once per user, and a model's weights where a hub's name is given.
// Says what it will fetch before it does. An environment is whole when its marker file is there, which is written last: what was
// stopped half-way is gone on with, and never used.
import { existsSync, statfsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Marker } from '../providers/local/environment.ts'
import { environmentsFolder, markerName, readMarker, requirementsHash, workerFolder } from '../providers/local/environment.ts'
import { exitCode } from '../report/exit.ts'
import { clock, fileSize, oneLine } from '../report/say.ts'
import { safeText } from '../safe-text.ts'
import type { Call, Io } from './io.ts'
import { Stop } from './io.ts'
import { goOn } from './local-ask.ts'
import { fetchModel } from './local-hub.ts'
import { downloadSize, installArguments, onDisk, usualTorch } from './local-pip.ts'
import type { Python } from './local-python.ts'
import { choosePython, versionText } from './local-python.ts'
import { environmentOf, jsonOf, lastLines, runProgram } from './local-run.ts'

/** What an environment was begun with, written first: a half-made one of the same beginning is gone on with, and a folder without it is not ours. */
const beginningName = 'ltx-env.begun.json'

type Order = {
  readonly python: Python
  /** Where the environment is made, and where its marker is looked for by the runner. */
  readonly folder: string
  readonly home: string
  readonly requirements: string
  /** The environment sees the torch of its Python. */
  readonly systemTorch: boolean
  readonly torch: string
  readonly index?: string
  readonly yes: boolean
}

export async function setup(call: Call, io: Io): Promise<number> {
  const { options } = call
  const say = talk(io)
  const choice = await choosePython(options.value('python'), io)
  if (!('chosen' in choice)) return noPython(options.value('python'), choice.unfit, io)
  const python = choice.chosen
  const requirements = await requirementsHash(io.world)
  const [major, minor] = python.version
  const name = io.world.sha256(`${requirements}\n${python.implementation} ${major}.${minor}\n`).slice(0, 16)
  const home = join(environmentsFolder(io.world.variable), name)
  const named = options.value('folder')
  const index = options.value('index')
  const order: Order = {
    python,
    folder: named === undefined ? home : resolve(io.cwd, named),
    home,
    requirements,
    systemTorch: python.torch !== undefined && !options.has('torch'),
    torch: options.value('torch') ?? usualTorch,
    ...(index === undefined ? {} : { index }),
    yes: options.has('yes'),
  }
  const hold = await io.world.machine.hold(`ltx-worker-${name}`)
  if (hold === undefined) {
    io.stderr.write('ltx: another `ltx local setup` is at work\n  wait for it; it makes the same environment\n')
    return exitCode('locked')
  }
  try {
    const marker = await made(order, options.has('again'), say, io)
    const model = options.value('model')
    if (model !== undefined) await fetchModel(model, marker.python, order.yes, io)
    if (options.has('json')) io.stdout.write(`${JSON.stringify(marker)}\n`)
    else io.stdout.write(`${describe(marker)}\n  what this machine can make: ltx local doctor\n`)
    return exitCode('ok')
  } finally {
    await hold.release()
  }
}

const talk =
  (io: Io) =>
  (text: string): void => {
    if (!io.quiet) io.stderr.write(`${safeText(text)}\n`)
  }

type Say = ReturnType<typeof talk>

const describe = ({ python, pythonVersion, versions }: Marker): string => {
  const known = ['torch', 'diffusers', 'transformers', 'av'].map((name) => `${name} ${versions[name] ?? '?'}`).join(', ')
  return `the worker's environment is ready: Python ${safeText(pythonVersion)}, ${safeText(known)}\n  ${safeText(python)}`
}

function noPython(named: string | undefined, unfit: readonly { readonly path: string; readonly why: string }[], io: Io): number {
  const next = 'install Python 3.12 from python.org or with your system, or name one: ltx local setup --python PATH'
  const [first] = unfit
  if (named !== undefined && first !== undefined) io.stderr.write(`ltx: ${safeText(named)} ${safeText(first.why)}\n  ${next}\n`)
  else {
    io.stderr.write('ltx: no Python from 3.10 on was found on the PATH\n')
    for (const { path, why } of unfit.slice(0, 6)) io.stderr.write(`  ${safeText(path)} ${safeText(why)}\n`)
    io.stderr.write(`  ${next}\n`)
  }
  return exitCode('failed')
}

/** Ends the command with what went wrong and what to do. */
function fail(io: Io, message: string, next: string, details: readonly string[] = []): never {
  io.stderr.write(`ltx: ${safeText(message)}\n`)
  for (const line of details) io.stderr.write(`  | ${oneLine(line)}\n`)
  io.stderr.write(`  ${safeText(next)}\n`)
  throw new Stop(exitCode('failed'))
}

/** The environment, made now or there already. */
async function made(order: Order, again: boolean, say: Say, io: Io): Promise<Marker> {
  const { folder, home, requirements, torch } = order
  const there = await readMarker(io.world.files, folder)
  if (!again && there !== undefined && there.requirements === requirements && existsSync(there.python)) {
    const [, wanted] = /^torch==(.+)$/.exec(torch) ?? []
    const other = torch !== usualTorch && wanted !== undefined && !there.versions.torch?.startsWith(wanted)
    if (other) fail(io, `the environment is there with torch ${there.versions.torch}, not ${torch}`, 'make it anew: add --again')
    say(`it is there already, made ${there.made.slice(0, 10)}`)
    if (folder !== home) await writeMarker(home, there, io)
    return there
  }
  const started = io.world.clock.monotonic()
  await begin(order, again, say, io)
  const python = interpreterOf(folder)
  const systemTorch = order.systemTorch && (await seesTorch(python, io))
  await install(order, python, systemTorch, say, io)
  const marker = await finish(order, python, systemTorch, say, io)
  say(`made in ${clock(io.world.clock.monotonic() - started)}`)
  return marker
}

const interpreterOf = (folder: string): string =>
  process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')

const beginningOf = ({ python, systemTorch, requirements, torch, index }: Order): string =>
  `${JSON.stringify({ v: 1, python: python.path, version: versionText(python.version), systemTorch, requirements, torch, index: index ?? null })}\n`

/** An empty environment, or one that was begun in the same way before. */
async function begin(order: Order, again: boolean, say: Say, io: Io): Promise<void> {
  const { folder, python, systemTorch } = order
  const beginning = beginningOf(order)
  const begun = await readFile(join(folder, beginningName), 'utf8').catch(() => undefined)
  const ours = begun !== undefined || (await readMarker(io.world.files, folder)) !== undefined
  const content = await readdir(folder).catch(() => [])
  if (content.length > 0 && !ours)
    fail(io, `${folder} is not empty, and not an environment that ltx has begun`, 'name an empty folder, or one that is not there yet')
  if (begun === beginning && !again && existsSync(interpreterOf(folder))) return say(`going on with what was begun in ${folder}`)
  // No marker while anything is made or thrown away.
  for (const place of [folder, order.home]) await rm(join(place, markerName), { force: true })
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, beginningName), beginning)
  if (!python.complete) return fail(io, `${python.path} cannot make environments: venv or ensurepip is missing`, venvNext(python))
  say(`making an environment with Python ${versionText(python.version)} (${python.path}) in ${folder}`)
  const site = systemTorch ? ['--system-site-packages'] : []
  const { code, out, err } = await runProgram([python.path, '-m', 'venv', '--clear', ...site, folder], { env: environmentOf(io) })
  if (code !== 0) fail(io, 'the environment cannot be made', venvNext(python), lastLines(out + err, 4))
  // `--clear` has emptied the folder.
  await writeFile(join(folder, beginningName), beginning)
}

const venvNext = ({ version: [major, minor] }: Python): string =>
  `on Debian or Ubuntu: apt install python${major}.${minor}-venv; or name another Python: ltx local setup --python PATH`

/** An environment made with another environment's Python does not see what is in that one. */
async function seesTorch(python: string, io: Io): Promise<boolean> {
  const { code } = await runProgram([python, '-c', 'import importlib.metadata as m; m.version("torch")'], { env: environmentOf(io) })
  return code === 0
}

async function install(order: Order, python: string, systemTorch: boolean, say: Say, io: Io): Promise<void> {
  const wants = {
    python,
    requirements: join(workerFolder, 'requirements.txt'),
    ...(systemTorch ? {} : { torch: order.torch }),
    ...(order.index === undefined ? {} : { index: order.index }),
    quiet: io.quiet,
    scratch: order.folder,
  }
  if (systemTorch) say(`torch ${order.python.torch} is there already and is used as it is`)
  say('asking what is to be fetched …')
  const { bytes, kind } = await downloadSize(wants, workerFolder, io)
  const how = { exact: '', 'at least': ' or more', about: ' (an estimate: the packages’ own sizes could not be asked)' }[kind]
  const what = systemTorch ? 'diffusers, transformers and what they need' : `${order.torch}, diffusers, transformers and what they need`
  say(`to be fetched: ${what}: ${kind === 'about' ? 'about ' : ''}${fileSize(bytes)}${how}; on the disk about ${fileSize(onDisk(bytes))}`)
  const room = freeAt(order.folder)
  if (room !== undefined && room < onDisk(bytes))
    fail(io, `there are only ${fileSize(room)} free in ${order.folder}`, 'make room, or choose another disk: ltx local setup --folder PATH')
  if (!(await goOn('Go on?', order.yes, io))) {
    io.stderr.write('nothing was fetched\n')
    throw new Stop(exitCode('interrupted'))
  }
  const argv = installArguments(wants)
  for (let attempt = 1; ; attempt += 1) {
    const { code, err } = await runProgram(argv, { env: environmentOf(io), shown: !io.quiet })
    if (code === 0) return
    if (attempt === 2 || code === 130)
      fail(
        io,
        'the packages could not be installed',
        'look at pip’s words above, then run it again: what was installed is kept',
        lastLines(err, 4),
      )
    say('pip failed; once more')
  }
}

function freeAt(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return undefined
  }
}

/** Loads everything once, and only then says that it is whole. */
async function finish(order: Order, python: string, systemTorch: boolean, say: Say, io: Io): Promise<Marker> {
  say('loading it once …')
  const { out, err, code } = await runProgram([python, '-m', 'ltx_setup.versions'], {
    env: environmentOf(io, { PYTHONPATH: workerFolder }),
  })
  const said = jsonOf(out)
  const versions = said?.versions
  if (code !== 0 || typeof versions !== 'object' || versions === null)
    return fail(
      io,
      typeof said?.error === 'string' ? said.error : 'the environment does not work',
      'make it anew with `ltx local setup --again`; another torch: --torch "torch==2.7.1"',
      said === undefined ? lastLines(err, 4) : [],
    )
  const { python: pythonVersion = versionText(order.python.version), ...others } = versions as Readonly<Record<string, string>> // our own program's words
  const marker: Marker = {
    v: 1,
    python,
    pythonVersion,
    versions: others,
    requirements: order.requirements,
    systemTorch,
    made: new Date(io.world.clock.now()).toISOString(),
  }
  await writeMarker(order.folder, marker, io)
  if (order.folder !== order.home) await writeMarker(order.home, marker, io)
  return marker
}

async function writeMarker(folder: string, marker: Marker, io: Io): Promise<void> {
  await io.world.files.makeFolder(folder)
  await io.world.files.writeWhole(join(folder, markerName), `${JSON.stringify(marker, null, 2)}\n`)
}

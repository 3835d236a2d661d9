// `ltx local doctor`: what this machine can make films with. Finds the worker's Python, lets the worker itself look at devices, memory,
// versions, the files of each model and what fits, and says what to do about what is missing. Loads no weights, makes nothing.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ProviderUse } from '../lang/program.ts'
import { checkFilm, openScript } from '../open-script.ts'
import { findEnvironment, workerFolder } from '../providers/local/environment.ts'
import { hubFolder, isHubName } from '../providers/local/hub-cache.ts'
import { devicesOf } from '../providers/local/identity.ts'
import { exitCode } from '../report/exit.ts'
import { safeText } from '../safe-text.ts'
import { filmsHere, scriptNamed, showDiagnostics, wantedFilms } from './film.ts'
import type { Call, Io } from './io.ts'
import { Stop } from './io.ts'
import type { Look, Seen } from './local-doctor-text.ts'
import { asSeen, lookText } from './local-doctor-text.ts'
import { environmentOf, jsonOf, lastLines, runProgram } from './local-run.ts'

const patienceMs = 180_000

/** One thing to be looked at: a provider of the script, a model that was named, or the machine alone. */
type Subject = { readonly name?: string; readonly settings: ProviderUse['settings'] }

export async function localDoctor(call: Call, io: Io): Promise<number> {
  const subjects = await subjectsOf(call, io)
  const gpus = await nvidiaGpus(io)
  const looks: Look[] = []
  for (const subject of subjects) looks.push(...(await lookAt(subject, io)))
  const healthy = looks.every(({ trouble }) => trouble === undefined)
  if (call.options.has('json')) io.stdout.write(`${JSON.stringify({ v: 1, healthy, driver: gpus, looks })}\n`)
  else for (const look of looks) io.stdout.write(safeText(lookText(look, gpus)))
  return exitCode(healthy ? 'ok' : 'failed')
}

/** The local providers of the script, where there is one to mean; else the model that was named, else the machine. */
async function subjectsOf(call: Call, io: Io): Promise<readonly Subject[]> {
  const model = call.options.value('model')
  if (model !== undefined && call.files[0] === undefined) return [{ settings: { model } }]
  const named = call.files[0]
  const films = named === undefined ? await filmsHere(io) : []
  const path = named === undefined ? (films.length === 1 ? resolve(io.cwd, films[0] ?? '') : undefined) : await scriptNamed(named, io)
  if (path === undefined) return [{ settings: {} }]
  const opened = openScript(path)
  const [wanted] = wantedFilms(call, opened, io)
  // Read, not planned: a plan wants to know the model, byte by byte.
  const program = checkFilm(opened, { rung: 'final', ...wanted })
  if (program === undefined || opened.reporter.failed()) {
    showDiagnostics(opened, io)
    throw new Stop(exitCode('script'))
  }
  const uses = program.providers.filter(({ kind }) => kind === 'local')
  if (uses.length === 0 && named !== undefined) {
    io.stderr.write(`ltx: ${safeText(named)} has no provider of the kind \`local\`\n  provider gpu local { model "FOLDER" }\n`)
    throw new Stop(exitCode('usage'))
  }
  if (uses.length === 0) return [{ settings: {} }]
  return uses.map(({ name, settings }) => ({
    name,
    settings: { ...fromRoot(settings, opened.root), ...(model === undefined ? {} : { model }) },
  }))
}

/** Folders in a script lie below the script's own. */
const fromRoot = (settings: ProviderUse['settings'], root: string): ProviderUse['settings'] =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      const isPath = ['model', 'upsampler', 'refiner'].includes(name) && typeof value === 'string' && existsSync(resolve(root, value))
      return [name, isPath ? resolve(root, value) : value]
    }),
  )

const textOf = (value: ProviderUse['settings'][string] | undefined): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined

/** One look for each device that is named, one where none is. */
async function lookAt({ name, settings }: Subject, io: Io): Promise<readonly Look[]> {
  const about = { ...(name === undefined ? {} : { provider: name }) }
  const own = textOf(settings.python)
  const variable = (key: string): string | undefined => (key === 'LTX_WORKER_PYTHON' && own !== undefined ? own : io.world.variable(key))
  const environment = await findEnvironment({ ...io.world, variable })
  if ('why' in environment) return [{ ...about, trouble: { message: environment.why, next: environment.next } }]
  // A provider has the devices that a render would use; the machine alone is asked for its best.
  const devices = name === undefined ? [undefined] : devicesOf(settings)
  const looks: Look[] = []
  for (const one of devices) {
    const answer = await askWorker(environment.python, settings, one, io)
    looks.push({ ...about, ...(one === undefined ? {} : { device: one }), python: environment.python, ...answer })
  }
  return looks
}

/** What the worker is started with to look and not to work. */
export function doctorArguments(python: string, settings: ProviderUse['settings'], device: string | undefined): readonly string[] {
  const model = textOf(settings.model)
  const named = (option: string, value: string | undefined): readonly string[] => (value === undefined ? [] : [option, value])
  return [
    python,
    '-m',
    'ltx_worker',
    'doctor',
    ...named('--device', device),
    ...named('--model', model),
    ...(model === undefined ? [] : ['upsampler', 'refiner', 'sampling'].flatMap((name) => named(`--${name}`, textOf(settings[name])))),
    ...named('--offload', textOf(settings.offload)),
    ...named('--dtype', textOf(settings.dtype)),
  ]
}

async function askWorker(
  python: string,
  settings: ProviderUse['settings'],
  device: string | undefined,
  io: Io,
): Promise<Pick<Look, 'seen' | 'trouble'>> {
  const model = textOf(settings.model)
  const named = model === undefined ? undefined : resolve(io.cwd, model)
  const folder = named === undefined || existsSync(named) ? named : await hubFolder(model ?? '', io.world)
  if (model !== undefined && folder === undefined) {
    // The machine can be looked at all the same.
    const { model: _, ...others } = settings
    const rest = await askWorker(python, others, device, io)
    return { ...rest, trouble: rest.trouble ?? noModel(model) }
  }
  const refiner = textOf(settings.refiner)
  const within = folder && refiner && existsSync(resolve(folder, refiner)) ? { refiner: resolve(folder, refiner) } : {}
  const argv = doctorArguments(python, folder === undefined ? settings : { ...settings, ...within, model: folder }, device)
  const env = environmentOf(io, { PYTHONPATH: workerFolder })
  const { code, out, err, unstarted } = await runProgram(argv, { env, timeoutMs: patienceMs })
  const said = jsonOf(out)
  if (said?.is === 'error') return { trouble: { message: String(said.message), next: nextOf(String(said.message)) } }
  const seen: Seen | undefined = code === 0 ? asSeen(said) : undefined
  if (seen !== undefined) return { seen, ...problemOf(seen) }
  const words = unstarted ?? lastLines(err, 1)[0] ?? `it ended with ${code}`
  return { trouble: { message: `the worker does not start: ${words}`, next: 'make its environment anew: ltx local setup --again' } }
}

const nextOf = (message: string): string => {
  if (message.startsWith('no such device'))
    return 'name another `device`; a torch with CUDA: ltx local setup --again --torch SPEC --index ADDRESS'
  if (message.includes('cannot be loaded')) return 'make the environment anew: ltx local setup --again'
  return 'look at the folder of the model'
}

const noModel = (model: string): NonNullable<Look['trouble']> => ({
  message: `there is no model ${model} on this machine`,
  next: isHubName(model) ? `bring it from the hub: ltx local setup --model ${model}` : 'name the folder that holds its model_index.json',
})

function problemOf({ model }: Seen): Pick<Look, 'trouble'> {
  const { missing = [], mismatched = [] } = model ?? {}
  const some = missing.slice(0, 6).join(', ') + (missing.length > 6 ? ', …' : '')
  if (missing.length > 0)
    return {
      trouble: {
        message: `the model is not whole: ${some} ${missing.length === 1 ? 'is' : 'are'} missing`,
        next: 'bring its files again, all of them: a folder as diffusers saves a model, with model_index.json',
      },
    }
  const [first] = mismatched
  return first === undefined ? {} : { trouble: { message: first, next: 'name another model folder, or change `sampling` or `upsampler`' } }
}

export type Gpu = { readonly name: string; readonly memory: string; readonly driver: string }

/** What the driver sees, whatever torch sees of it. */
async function nvidiaGpus(io: Io): Promise<readonly Gpu[]> {
  const argv = ['nvidia-smi', '--query-gpu=name,memory.total,driver_version', '--format=csv,noheader']
  const { code, out } = await runProgram(argv, { env: environmentOf(io), timeoutMs: 20_000 })
  if (code !== 0) return []
  return lastLines(out, 64).flatMap((line) => {
    const [name, memory, driver] = line.split(',').map((part) => part.trim())
    return name === undefined || memory === undefined || driver === undefined ? [] : [{ name, memory, driver }]
  })
}

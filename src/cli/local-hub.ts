// A model's weights by its name at the hub: how large they are is said first, then the hub's own library brings them into its own
// cache folder, where every other program of this user finds them too. A folder needs nothing of this.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { workerFolder } from '../providers/local/environment.ts'
import { isHubName } from '../providers/local/hub-cache.ts'
import { exitCode } from '../report/exit.ts'
import { fileSize } from '../report/say.ts'
import { safeText } from '../safe-text.ts'
import type { Io } from './io.ts'
import { Stop } from './io.ts'
import { goOn } from './local-ask.ts'
import { environmentOf, jsonOf, lastLines, runProgram } from './local-run.ts'

/** The program and its arguments that ask the hub for one thing. */
export function hubArguments(python: string, action: 'look' | 'fetch', name: string): readonly string[] {
  const [id = '', revision] = name.split('@')
  return [python, '-m', 'ltx_setup.hub', action, id, ...(revision === undefined ? [] : [revision])]
}

function refuse(io: Io, message: string, next: string): never {
  io.stderr.write(`ltx: ${safeText(message)}\n  ${safeText(next)}\n`)
  throw new Stop(exitCode('failed'))
}

async function ask(python: string, action: 'look' | 'fetch', name: string, io: Io): Promise<Readonly<Record<string, unknown>>> {
  // The hub's token goes to the hub's own library and to nothing else.
  const token = io.env.HF_TOKEN
  const env = environmentOf(io, { PYTHONPATH: workerFolder, ...(token === undefined ? {} : { HF_TOKEN: token }) })
  const { code, out, err } = await runProgram(hubArguments(python, action, name), {
    env,
    shown: action === 'fetch' && !io.quiet,
    line: () => undefined,
  })
  const said = jsonOf(out)
  if (typeof said?.error === 'string') refuse(io, said.error, typeof said.next === 'string' ? said.next : 'try again later')
  if (code !== 0 || said === undefined) refuse(io, 'the hub could not be asked', lastLines(err, 1)[0] ?? 'try again later')
  return said
}

const number = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** Brings a model; stops the command where that cannot be done. */
export async function fetchModel(name: string, python: string, yes: boolean, io: Io): Promise<void> {
  const path = resolve(io.cwd, name)
  if (existsSync(path)) {
    io.stderr.write(`${safeText(name)} is a folder of this machine: nothing is to be fetched\n`)
    return
  }
  if (!isHubName(name))
    refuse(io, `there is no folder ${name}, and it is no name of a model at the hub`, 'a name is OWNER/MODEL or OWNER/MODEL@REVISION')
  const seen = await ask(python, 'look', name, io)
  if (seen.pipeline !== true)
    refuse(io, `${name} is no model in the layout of diffusers: it has no model_index.json`, 'name the one whose name ends in -Diffusers')
  const [bytes, missing] = [number(seen.bytes), number(seen.missing)]
  if (missing === 0) io.stderr.write(`${safeText(name)} is here already: ${fileSize(bytes)}\n`)
  else {
    io.stderr.write(`to be fetched: the weights of ${safeText(name)}: ${fileSize(missing)} of ${fileSize(bytes)}\n`)
    if (!(await goOn('Go on?', yes, io))) {
      io.stderr.write('no weights were fetched\n')
      throw new Stop(exitCode('interrupted'))
    }
  }
  const { folder } = await ask(python, 'fetch', name, io)
  io.stderr.write(`${safeText(name)} is in ${safeText(String(folder))}\n  in the script: model "${safeText(name)}"\n`)
}

// Keys of hosts by name: from the environment, else from a file of `NAME=value` lines that is for its owner alone. The file is
// LTX_KEYS, or ltx/keys in the folder for settings. In goes a name, out its value; it is kept nowhere else.
import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ProviderFailure } from './failure.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Where the key file is, whether it is there or not. */
export function keyFilePath(environment: Environment): string {
  const named = environment.LTX_KEYS
  if (named !== undefined && named !== '') return named
  const settings = environment.XDG_CONFIG_HOME
  return join(settings === undefined || settings === '' ? join(environment.HOME ?? homedir(), '.config') : settings, 'ltx', 'keys')
}

const refuse = (message: string, next: string): never => {
  throw new ProviderFailure({ kind: 'auth', message, next, retry: false, billed: 'no' })
}

/** What others may read is refused, whatever stands in it. */
function checkOwner(path: string): void {
  if (process.platform === 'win32') return
  const { mode, uid } = statSync(path)
  const own = process.getuid?.()
  if (own !== undefined && uid !== own) refuse(`the key file ${path} belongs to another user`, `make one of your own: chmod 600 ${path}`)
  if ((mode & 0o077) !== 0)
    refuse(`the key file ${path} can be read by others (its mode is ${(mode & 0o777).toString(8).padStart(4, '0')})`, `chmod 600 ${path}`)
}

/** Lines of `NAME=value`, `export` before it or quotes around it allowed; `#` begins a comment. */
function parseKeys(text: string): ReadonlyMap<string, string> {
  const keys = new Map<string, string>()
  for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line)
    const value = match?.[2]?.replace(/^(["'])(.*)\1$/, '$2')
    if (match?.[1] !== undefined && value !== undefined && value !== '') keys.set(match[1], value)
  }
  return keys
}

function readKeyFile(path: string, named: boolean): ReadonlyMap<string, string> {
  try {
    checkOwner(path)
    return parseKeys(readFileSync(path, 'utf8'))
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    if (missing && !named) return new Map()
    if (missing) return refuse(`LTX_KEYS names ${path}, and there is no such file`, 'make it, with NAME=value lines and mode 0600')
    throw error
  }
}

/** Gives values by name. The environment wins; the file is read when it is first needed. */
export function openSecrets(environment: Environment): (name: string) => string | undefined {
  let file: ReadonlyMap<string, string> | undefined
  return (name) => {
    const own = environment[name]?.trim()
    if (own === undefined || own === '') file ??= readKeyFile(keyFilePath(environment), (environment.LTX_KEYS ?? '') !== '')
    const value = own === undefined || own === '' ? file?.get(name) : own
    // A header takes nothing else; a key with a line end in it is a mistake of pasting.
    if (value !== undefined && !/^[\x21-\x7e]+$/.test(value))
      refuse(`the key ${name} holds characters that no key has (a space, or a line end)`, `set ${name} again`)
    return value
  }
}

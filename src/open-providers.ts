// The providers of a film, ready to be called: each opened with its key, its limits and what it may use. Every word they say has
// the keys blotted out. In go a film and the names that are needed; out come open providers by name.
import { join } from 'node:path'
import type { Film } from './compile.ts'
import { asUsed } from './lang/catalogue.ts'
import type { ProviderUse } from './lang/program.ts'
import { policyOf } from './runtime/adjust.ts'
import { keptPath, uploadsPath } from './runtime/layout.ts'
import { guardCalls, openRedactor } from './runtime/redact.ts'
import type { OpenProvider } from './runtime/run.ts'
import type { World } from './world.ts'

export type ProviderOptions = {
  readonly world: World
  readonly signal: AbortSignal
  /** Where each has its private folder. */
  readonly scratch: string
  /** At most so many jobs at once at each provider. */
  readonly jobs?: number
  /** Nobody watches: what a host has adjusted is refused unless the script says otherwise. */
  readonly ci?: boolean
}

/** Two names with one key at one address are one account. Nothing of the key can be read off it. */
function accountOf({ kind, keyEnv, settings }: ProviderUse, world: World): string {
  const key = keyEnv === undefined ? '' : (world.secret(keyEnv) ?? keyEnv)
  return world.sha256(JSON.stringify([kind, settings.base ?? '', settings.device ?? '', settings.run ?? '', key])).slice(0, 16)
}

const settingOf = (film: Film, name: string): ProviderUse | undefined =>
  name === 'cut'
    ? { name, kind: 'cut', settings: {}, span: film.plan.film.span }
    : film.program.providers.find((provider) => provider.name === name)

/** Opens those of `names` that this build can call. */
export async function openProviders(
  film: Film,
  names: ReadonlySet<string>,
  options: ProviderOptions,
): Promise<ReadonlyMap<string, OpenProvider>> {
  const { callableProviders } = await import('./providers/index.ts')
  const { openUploads } = await import('./providers/uploads.ts')
  const redactor = openRedactor()
  const world = redactor.watch(options.world)
  const known = callableProviders(film.tool)
  const uploads = openUploads(world, uploadsPath(film.dotLtx))
  const opened = new Map<string, OpenProvider>()
  for (const name of names) {
    const use = settingOf(film, name)
    const provider = use === undefined ? undefined : known.get(use.kind)
    if (use === undefined || provider === undefined) continue
    const context = {
      world,
      root: film.opened.root,
      scratch: join(options.scratch, name),
      kept: keptPath(film.dotLtx, name),
      signal: options.signal,
      use,
      tool: async () => film.tool,
      uploads,
    }
    const capabilities = asUsed(provider.capabilities, use.settings)
    const most = Math.min(options.jobs ?? Number.POSITIVE_INFINITY, capabilities.concurrency)
    await world.files.makeFolder(context.scratch)
    opened.set(name, {
      capabilities: { ...capabilities, concurrency: most },
      calls: guardCalls(provider.open(context), redactor),
      account: accountOf(use, world),
      ...(provider.affinity === undefined ? {} : { affinity: provider.affinity }),
      adjust: policyOf(use.settings.adjust, options.ci === true),
    })
  }
  return opened
}

/** Whatever they have started goes. What does not end well has ended all the same. */
export async function closeProviders(providers: ReadonlyMap<string, OpenProvider>): Promise<void> {
  await Promise.allSettled([...providers.values()].map(({ calls }) => calls.close?.()))
}

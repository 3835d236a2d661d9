// For the planner: what the jobs of own machines are made with. In go the film and its lock, out come, by provider, the words for the key
// of each job. Where the model or the environment is not on this machine, a colleague's, what the lock says of the job is taken:
// the clips that are made stay made, and a film is cut from them.
import type { Reporter } from '../../lang/diagnostic.ts'
import type { LockedJob } from '../../lang/lock.ts'
import type { JobId, Request, Sha256, Tuning } from '../../lang/plan.ts'
import type { Program, ProviderUse } from '../../lang/program.ts'
import { adapterOf, identify, type Look } from './identity.ts'

export type MadeWith = {
  readonly madeWith: (job: JobId) => Pick<Request, 'weights' | 'stack' | 'tuning'>
  readonly adapters: ReadonlyMap<string, Sha256>
}

type Known = { readonly look: Look; readonly locked: ReadonlyMap<JobId, LockedJob>; readonly reporter: Reporter }

/** Only of those that make something in this film: a model is not read for nothing. */
export async function madeWithOf(program: Program, known: Known): Promise<ReadonlyMap<string, MadeWith>> {
  const shots = program.items.filter((item) => item.kind === 'shot')
  const names = new Set(shots.flatMap((shot) => [shot.provider, ...(shot.routes ?? []).map(({ provider }) => provider)]))
  const uses = program.providers.filter(({ kind, name }) => kind === 'local' && names.has(name))
  if (uses.length === 0) return new Map()
  const adapters = await adaptersOf(program, known)
  const found = new Map<string, MadeWith>()
  for (const use of uses) found.set(use.name, { madeWith: await wordsOf(use, known), adapters })
  return found
}

async function wordsOf(use: ProviderUse, { look, locked }: Known): Promise<MadeWith['madeWith']> {
  const { weights, stack } = await identify(use, look)
  const tuning = tuningOf(use)
  // Of a job that the lock does not know: whatever was used last.
  const usual = [...locked.values()].filter(({ provider }) => provider.name === use.name).at(-1)?.request
  return (id) => {
    const old = locked.get(id)?.request
    const bytes = 'here' in weights ? weights.here : (old?.weights ?? usual?.weights)
    const versions = 'here' in stack ? stack.here : (old?.stack ?? usual?.stack)
    return {
      ...(bytes === undefined ? {} : { weights: bytes }),
      ...(versions === undefined ? {} : { stack: versions }),
      ...(tuning === undefined ? {} : { tuning }),
    }
  }
}

/** Steps and guidance are for guided sampling alone. */
function tuningOf({ settings }: ProviderUse): Tuning | undefined {
  const { sampling, steps, guidance, dtype } = settings
  const tuning = {
    ...(sampling === 'guided' && typeof steps === 'number' ? { steps } : {}),
    ...(sampling === 'guided' && typeof guidance === 'number' ? { guidance } : {}),
    ...(typeof dtype === 'string' && dtype !== 'auto' ? { dtype } : {}),
  }
  return Object.keys(tuning).length === 0 ? undefined : tuning
}

/** Adapters are files of the project here, as pictures are. */
async function adaptersOf(program: Program, { look, reporter }: Known): Promise<ReadonlyMap<string, Sha256>> {
  const found = new Map<string, Sha256>()
  for (const { lora, span } of program.cast) {
    // One with an address is for a host.
    if (lora === undefined || lora.includes('://') || found.has(lora)) continue
    const sha256 = await adapterOf(lora, look)
    if (sha256 === undefined) reporter.report('asset.missing', span, { path: lora })
    else found.set(lora, sha256)
  }
  return found
}

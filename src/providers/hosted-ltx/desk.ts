// What every call of this provider stands on: the doors to the host, and a job put into the API's words with its files
// uploaded.
import { type Failure, ProviderFailure } from '../../failure.ts'
import type { Explain } from '../explain.ts'
import { type Doors, openDoors } from '../http.ts'
import type { Context, Ready } from '../provider.ts'
import { accountOf } from '../uploads.ts'
import { explainLtx } from './answers.ts'
import { type Inputs, inputsOf, type Sender } from './inputs.ts'
import { type Asked, askFor } from './request.ts'

export const host = 'the LTX API'
const usualBase = 'https://api.ltx.io'

export type Desk = {
  readonly context: Context
  readonly doors: Doors
  /** A server on this machine. */
  readonly atHome: boolean
  /** The job in the API's words, its files uploaded. */
  ask(job: Ready): Promise<{ readonly asked: Asked; readonly inputs: Inputs }>
  /** A refusal that a file's expiry at the host explains is tried once more, with the file sent anew. */
  orForget<T>(inputs: Inputs, work: Promise<T>): Promise<T>
}

/** What a submit is told for which the server has no place. */
const nowhere = ({ use }: Context, said: string): Pick<Failure, 'kind' | 'message' | 'next' | 'retry' | 'billed'> => ({
  kind: 'invalid',
  message: `${host} takes no such job at this address${/: .*/.exec(said)?.[0] ?? ''}`,
  next:
    use.settings.transport === 'sync'
      ? 'this old form is gone at the official API: take `transport sync` out of the provider block, or name a server that speaks it by `base`'
      : 'correct `base` or `model` in the provider block',
  retry: false,
  billed: 'no',
})

const isHome = (base: string): boolean => /^https?:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?(\/|$)/i.test(base)

export function openDesk(context: Context): Desk {
  const { world, signal, use } = context
  const env = use.keyEnv ?? 'LTX_API_KEY'
  const base = typeof use.settings.base === 'string' ? use.settings.base : usualBase
  const atHome = isHome(base)
  const key = { env, header: 'authorization', before: 'Bearer ', ...(atHome ? { optional: true } : {}) }
  const explain: Explain = (seen) => {
    const told = explainLtx(seen)
    const next = `make a key at console.ltx.io, then: export ${env}=YOUR_KEY`
    return told?.kind === 'auth' ? { next, ...told } : told
  }
  const doors = openDoors({ world, signal, base, key, host, explain })
  const sender: Sender = { context, doors, host, account: accountOf(world, base, world.secret(env)) }
  return {
    context,
    doors,
    atHome,
    async ask(job) {
      const inputs = await inputsOf(sender, job)
      return { asked: askFor(job.request, inputs.uris), inputs }
    },
    async orForget({ uris, fresh }, work) {
      try {
        return await work
      } catch (error) {
        if (!(error instanceof ProviderFailure)) throw error
        const { kind, message } = error.failure
        // Before there is a job, `not found` speaks of a file or of the address: nothing was taken.
        const failure: Failure = kind === 'expired' ? { ...error.failure, ...nowhere(context, message) } : error.failure
        if (failure.kind !== 'invalid' || uris.size === 0 || !/uri|upload|storage|could not read/i.test(message))
          throw new ProviderFailure(failure)
        for (const uri of uris.values()) await context.uploads.forget(uri)
        throw new ProviderFailure({ ...failure, retry: !fresh })
      }
    },
  }
}

// The built-in provider: true animatics, offline and free. It works in this process: `submit` only hands out a ticket,
// `poll` paints the clip into the scratch folder, `fetch` moves it to where it is wanted.

import type { Failure } from '../../failure.ts'
import { ProviderFailure } from '../../failure.ts'
import type { Tool } from '../../media/ffmpeg.ts'
import type { Calls, Context, Provider, Ready } from '../provider.ts'
import { animaticCapabilities } from './capabilities.ts'
import { makeClip } from './clip.ts'

export { animaticCapabilities, animaticVersion } from './capabilities.ts'

/** ffmpeg is looked for when the first clip is made; its version must be known before, since it is part of every key. */
export function animatic(findTool: () => Promise<Tool>, toolVersion: string): Provider {
  return {
    kind: 'animatic',
    capabilities: animaticCapabilities(toolVersion),
    open: (context) => openCalls(context, findTool),
  }
}

const wasStopped: Failure = {
  kind: 'cancelled',
  message: 'the animatic was stopped',
  next: 'run again to go on',
  retry: true,
  billed: 'no',
}

function openCalls(context: Context, findTool: () => Promise<Tool>): Calls {
  const { world, scratch, signal } = context
  const made = (job: Ready): string => `${scratch}/${job.key}.mp4`
  const stopped = new Map<string, AbortController>()
  return {
    async submit(job, sent) {
      await sent()
      return { key: job.key }
    },
    async poll(_ticket, job, report) {
      const stop = new AbortController()
      stopped.set(job.key, stop)
      try {
        await makeClip({ tool: await findTool(), world, scratch, job, signal: AbortSignal.any([signal, stop.signal]), report })
        return { state: 'done', servedModel: 'animatic' }
      } catch (error) {
        if (error instanceof ProviderFailure) return { state: 'failed', failure: error.failure }
        if (stop.signal.aborted || signal.aborted) return { state: 'failed', failure: wasStopped }
        throw error
      } finally {
        stopped.delete(job.key)
      }
    },
    async fetch(_ticket, job, into) {
      await world.files.linkOrCopy(made(job), into)
      await world.files.remove(made(job))
    },
    async cancel(ticket) {
      stopped.get(String(ticket.key))?.abort(new Error('cancelled'))
    },
  }
}

// ByteCompute: a form goes in, a job comes back, perhaps with less than was asked for; then it is asked for until it is
// completed and downloaded within 24 hours. Nothing settles a lost answer. Its address stands in the script: none is public.
import { ProviderFailure } from '../../failure.ts'
import type { Slot } from '../../lang/plan.ts'
import type { InputRules, Prepared } from '../../media/prepare.ts'
import { prepareInput } from '../../media/prepare.ts'
import { openDoors } from '../http.ts'
import type { Calls, Context, Provider, Ready, Status, Ticket } from '../provider.ts'
import { strangeStatus } from '../provider.ts'
import { adjustedBy, type Changes } from './adjustments.ts'
import { explainByte, host, readJob, readSubmit, standingOf } from './answers.ts'
import { bytecomputeCapabilities } from './capabilities.ts'
import { partsOf } from './request.ts'

const pollMs = 3000
const keptMs = 24 * 3600_000

const rules: InputRules = {
  image: { types: ['png', 'jpeg'], maxBytes: 20_000_000, maxSide: 1920, exactCanvas: true },
  audio: { types: [], maxBytes: 0 },
  video: { codecs: [], maxBytes: 0, maxSide: 0, minFrames: 0 },
}

/** `https://us-01.example/v1` and the same without its version are one address. */
function baseOf({ use }: Context): string {
  const own = use.settings.base
  if (typeof own === 'string' && URL.canParse(own)) return own.replace(/\/+$/, '').replace(/\/v1$/, '')
  throw new ProviderFailure({
    kind: 'invalid',
    message: `the provider ${use.name} needs the address of ByteCompute`,
    next: `write it in the script: provider ${use.name} bytecompute { base "https://…/v1" }`,
    retry: false,
    billed: 'no',
  })
}

/** What was changed goes with the ticket: a later run must know it too. */
const noted = (changes: Changes | undefined): Ticket => (changes === undefined ? {} : { adjusted: true, ...changes })

function notesOf(ticket: Ticket): Changes | undefined {
  if (ticket.adjusted !== true) return undefined
  const number = (name: string): number | undefined => (typeof ticket[name] === 'number' ? ticket[name] : undefined)
  return Object.fromEntries(
    ['seconds', 'fps', 'width', 'height'].flatMap((name) => (number(name) === undefined ? [] : [[name, number(name)]])),
  )
}

const idOf = (ticket: Ticket): string => encodeURIComponent(String(ticket.id ?? ''))

function open(context: Context): Calls {
  const { world, signal, scratch, tool, use } = context
  const env = use.keyEnv ?? 'BYTECOMPUTE_API_KEY'
  const base = baseOf(context)
  const doors = openDoors({ world, signal, base, key: { env, header: 'authorization', before: 'Bearer ' }, host, explain: explainByte })

  const preparedFiles = async ({ files, request }: Ready): Promise<ReadonlyMap<Slot, Prepared>> =>
    new Map(
      await Promise.all(
        [...files].map(
          async ([slot, path]) =>
            [slot, await prepareInput({ world, tool, signal, scratch, rules, slot, path, size: request.size })] as const,
        ),
      ),
    )
  return {
    async submit(job, sent) {
      partsOf(job.request, new Map())
      const parts = partsOf(job.request, await preparedFiles(job))
      const reply = await doors
        .pay({ method: 'POST', path: '/v1/generate', body: { kind: 'form', parts } }, sent)
        .catch((error: unknown) => {
          // Before there is a job, `not found` speaks of the address.
          if (!(error instanceof ProviderFailure) || error.failure.kind !== 'expired') throw error
          const next = 'correct `base` in the provider block'
          throw new ProviderFailure({
            ...error.failure,
            kind: 'invalid',
            message: `there is no ${host} at ${base}`,
            next,
            retry: false,
            billed: 'no',
          })
        })
      const { id, changes, expiresAt } = readSubmit(reply)
      return { id, expiresAt: expiresAt ?? world.clock.now() + keptMs, ...noted(changes) }
    },
    async poll(ticket, job): Promise<Status> {
      const reply = await doors.read({ method: 'POST', path: `/v1/jobs/${idOf(ticket)}` })
      const answer = readJob(reply)
      const standing = standingOf(answer)
      switch (standing.state) {
        case 'waiting':
        case 'working': {
          const { progress } = answer
          return { state: standing.state, nextPollMs: pollMs, ...(progress === undefined ? {} : { progress }) }
        }
        case 'strange':
          return strangeStatus(doors.words(standing.word), pollMs)
        case 'done': {
          const [before, now] = [notesOf(ticket), answer.changes]
          const changes = before === undefined && now === undefined ? undefined : { ...before, ...now }
          const until = answer.expiresAt ?? ticket.expiresAt
          return {
            state: 'done',
            ...(typeof until === 'number' ? { expiresAt: until } : {}),
            ...(changes === undefined ? {} : { adjusted: adjustedBy(changes, job.request) }),
          }
        }
        case 'failed':
          return { state: 'failed', failure: doors.failure(standing.explained, reply.requestId ?? answer.id) }
      }
    },
    async fetch(ticket, _job, into) {
      await doors.download(`/v1/jobs/${idOf(ticket)}/download`, into, { method: 'POST' })
    },
    adopt: (id) => ({ id: /jobs\/([\w-]+)/.exec(id)?.[1] ?? id }),
    async probe() {
      try {
        await doors.read({ method: 'POST', path: '/v1/jobs/00000000-0000-4000-8000-000000000000' })
      } catch (error) {
        if (!(error instanceof ProviderFailure) || error.failure.kind !== 'expired') throw error
      }
      return { key: 'accepted', detail: 'the host answers and knows the key' }
    },
  }
}

export const bytecompute: Provider = { kind: 'bytecompute', capabilities: bytecomputeCapabilities, open }

// The API's first form, for servers that still speak it: the answer to the submit is the clip, and it comes once. It is
// written to a folder that outlives the run before anything else, so that a crash behind it loses nothing. An answer that
// did not come whole stays open: it may have been bought, and cannot be asked for again.
import { ProviderFailure } from '../../failure.ts'
import { checkWhole } from '../../media/mp4.ts'
import { keptBack, refusesContent } from '../content.ts'
import { wordsIn } from '../explain.ts'
import { jsonOf } from '../http.ts'
import type { Calls, Ready, Ticket } from '../provider.ts'
import { type Desk, host } from './desk.ts'

/** A clip may be under way for as long as the server holds the line. */
const holdMs = 15 * 60_000
const readBytes = 4000
const shownLetters = 400

type Came = { readonly type: string; readonly requestId: string | undefined }

export function openSync(desk: Desk): Calls {
  const { doors, context } = desk
  const { files } = context.world
  const nameOf = (job: Ready): string => `${job.clientKey}.mp4`
  const pathOf = (name: string): string => `${context.kept}/${name}`

  /** A whole clip gets its name; anything else stays aside as what it is. */
  const takeIn = async (name: string): Promise<boolean> => {
    const part = `${pathOf(name)}.part`
    const whole = await checkWhole(part).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ProviderFailure) return false
        throw error
      },
    )
    if (whole) {
      await files.rename(part, pathOf(name))
      await files.sync(pathOf(name))
    }
    return whole
  }

  const notClip = async (name: string, { type, requestId }: Came): Promise<ProviderFailure> => {
    if (type.startsWith('image/')) return keptBack(doors, `it sent a picture (${type}) in place of the clip`, requestId)
    const bytes = await files.readBytes(`${pathOf(name)}.part`)
    const text = new TextDecoder().decode(bytes.subarray(0, readBytes))
    const isText = /^[\s\w<{["]/.test(text) && !text.includes('\u0000')
    const safe = doors.words(text).slice(0, shownLetters)
    const said = isText && type.includes('json') ? (wordsIn(jsonOf(text)) ?? '') : ''
    if (refusesContent(said)) return new ProviderFailure(doors.failure({ kind: 'moderation', words: said }, requestId))
    const shown = isText ? `: ${safe}` : ''
    const words = `its answer is no whole clip (${bytes.length} bytes, kept aside as ${name}.part)${shown}`
    return new ProviderFailure({ ...doors.failure({ kind: 'host', words, billed: 'unknown' }, requestId), retry: false })
  }

  return {
    async submit(job, sent) {
      const { asked, inputs } = await desk.ask(job)
      const name = nameOf(job)
      await files.makeFolder(context.kept)
      const call = {
        method: 'POST',
        path: `/v1/${asked.endpoint}`,
        json: asked.body,
        headers: { accept: 'video/mp4, application/json' },
        headMs: holdMs,
      } as const
      const came = await desk.orForget(inputs, doors.payForFile(call, sent, `${pathOf(name)}.part`))
      if (!(await takeIn(name))) throw await notClip(name, came)
      return { file: name, ...(came.requestId === undefined ? {} : { request: came.requestId }) }
    },
    async poll(ticket) {
      context.signal.throwIfAborted()
      if (await files.exists(pathOf(String(ticket.file)))) return { state: 'done' }
      const gone = { kind: 'expired', words: 'its only copy of the clip was kept here and is gone', billed: 'yes' } as const
      throw new ProviderFailure(doors.failure(gone))
    },
    async fetch(ticket, _job, into) {
      await files.linkOrCopy(pathOf(String(ticket.file)), into)
    },
    async release(ticket) {
      await files.remove(pathOf(String(ticket.file)))
    },
    /** Only what came whole before a crash can be found; of everything else nobody can tell. */
    async find(job): Promise<Ticket | undefined> {
      const name = nameOf(job)
      if (await files.exists(pathOf(name))) return { file: name }
      if ((await files.exists(`${pathOf(name)}.part`)) && (await takeIn(name))) return { file: name }
      throw new ProviderFailure({
        kind: 'uncertain',
        message: `the job was sent to ${host}, and its clip did not come whole: it may have been bought`,
        next: 'look at the account; `ltx resolve` says whether it may be sent again',
        retry: false,
        billed: 'unknown',
      })
    },
  }
}

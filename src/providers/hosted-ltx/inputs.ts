// A job's files at the host: made fit by its rules, uploaded once by their bytes, named by their `ltx://` address. The
// signed address that takes the bytes never sees the key.
import { ProviderFailure } from '../../failure.ts'
import type { Slot } from '../../lang/plan.ts'
import type { Size } from '../../lang/program.ts'
import type { InputRules, Prepared } from '../../media/prepare.ts'
import { prepareInput } from '../../media/prepare.ts'
import { probe } from '../../media/probe.ts'
import type { Doors } from '../http.ts'
import { answerAs } from '../http.ts'
import type { Context, Ready } from '../provider.ts'
import { openSending } from '../unread.ts'
import type { Uploaded } from '../uploads.ts'
import { uploadSlot } from './answers.ts'

const mega = 1_000_000
/** An uploaded object lives a day; it is used for jobs that begin well inside it. */
const objectLivesMs = 24 * 3600_000

/** As the API's pages tell; PCM and HE-AAC are refused there. */
const rules: InputRules = {
  image: { types: ['png', 'jpeg', 'webp'], maxBytes: 15 * mega, maxSide: 4096, exactCanvas: true },
  audio: { types: ['m4a', 'mp3', 'ogg'], maxBytes: 100 * mega, minSeconds: 2, maxSeconds: 20 },
  video: { codecs: ['h264', 'h265'], maxBytes: 100 * mega, maxSide: 3840, minFrames: 73, exactCanvas: true },
}

/** `fresh`: at least one of them was not yet there. */
export type Inputs = { readonly uris: ReadonlyMap<Slot, string>; readonly fresh: boolean }

export type Sender = { readonly context: Context; readonly doors: Doors; readonly account: string; readonly host: string }

async function send({ context, doors, host }: Sender, file: Prepared): Promise<Uploaded> {
  // This call took more than half a minute at times.
  const slot = answerAs(await doors.read({ method: 'POST', path: '/v1/upload', headMs: 90_000 }), uploadSlot, host)
  await doors.upload({
    method: 'PUT',
    path: slot.upload_url,
    headers: { ...slot.required_headers, 'content-type': file.mime },
    body: { kind: 'file', path: file.path, bytes: file.bytes },
  })
  return { uri: slot.storage_uri, until: context.world.clock.now() + objectLivesMs }
}

/** A slot takes one object and no second: where an answer was lost, sending again is refused, and a fresh slot is asked for. */
async function sendTo(sender: Sender, file: Prepared): Promise<Uploaded> {
  try {
    return await send(sender, file)
  } catch (error) {
    if (!(error instanceof ProviderFailure) || error.failure.kind !== 'invalid') throw error
    return send(sender, file)
  }
}

/** An extend comes back at the size it was sent at; a retake always at the size asked for, so a clip of that shape goes as it is. */
async function canvasOf({ request }: Ready, path: string): Promise<Size> {
  const { size, operation } = request
  if (operation !== 'retake') return size
  const its = (await probe(path)).size
  return Math.abs(its.width / its.height / (size.width / size.height) - 1) < 0.002 ? its : size
}

export async function inputsOf(sender: Sender, job: Ready): Promise<Inputs> {
  const { context, account } = sender
  const { world, tool, signal, scratch } = context
  const { size, rate, heard } = job.request
  const uris = new Map<Slot, string>()
  const sending = openSending((file) => sendTo(sender, file))
  for (const [slot, path] of job.files) {
    const stretch = slot === 'audio' && heard !== undefined ? { heard } : {}
    const canvas = slot === 'video' ? await canvasOf(job, path) : size
    const file = await prepareInput({ world, tool, signal, scratch, rules, slot, path, size: canvas, rate, ...stretch })
    uris.set(slot, await context.uploads.uriOf({ account, file, send: sending.send }))
  }
  return { uris, fresh: sending.fresh() }
}

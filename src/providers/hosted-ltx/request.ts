// A job as the API wants to hear it. In go the request and the URIs of its uploaded inputs, out comes the endpoint and
// the body: only fields that the API has, with what it would guess said outright.
import type { Request, Slot } from '../../lang/plan.ts'
import { toNumber } from '../../lang/time.ts'

export type Endpoint = 'text-to-video' | 'image-to-video' | 'audio-to-video' | 'retake' | 'extend'
export type Asked = { readonly endpoint: Endpoint; readonly body: Readonly<Record<string, unknown>> }
export type Uris = ReadonlyMap<Slot, string>

const modes = { both: 'replace_audio_and_video', picture: 'replace_video', sound: 'replace_audio' } as const

/** Thousandths of a second: finer than a frame, and nothing that a sum could carry over a limit. */
const down = (seconds: number): number => Math.floor(seconds * 1000 + 1e-6) / 1000
const near = (seconds: number): number => Math.round(seconds * 1000) / 1000

const secondsOf = (frames: number, request: Request): number => frames / toNumber(request.rate)

/** Clips come on a grid of 8k + 1 frames; the seconds that are asked for are whole. */
const wholeSeconds = (request: Request): number => Math.max(1, Math.floor(secondsOf(request.frames, request) + 1e-9))

function generation(request: Request): Record<string, unknown> {
  return {
    prompt: request.prompt,
    model: request.model,
    resolution: `${request.size.width}x${request.size.height}`,
    fps: toNumber(request.rate),
    ...(request.camera === undefined ? {} : { camera_motion: request.camera }),
  }
}

const named = (field: string, uri: string | undefined): Record<string, string> => (uri === undefined ? {} : { [field]: uri })

/** Words of a step are optional at the host; an empty text is none. */
const words = ({ prompt }: Request): Record<string, string> => (prompt === '' ? {} : { prompt })

export function askFor(request: Request, uris: Uris): Asked {
  const pictures = { ...named('image_uri', uris.get('first-frame')), ...named('last_frame_uri', uris.get('last-frame')) }
  const length = { duration: wholeSeconds(request), generate_audio: request.sound }
  switch (request.operation) {
    case 'text-to-video':
      return { endpoint: 'text-to-video', body: { ...generation(request), ...length } }
    case 'image-to-video':
      return { endpoint: 'image-to-video', body: { ...generation(request), ...length, ...pictures } }
    case 'audio-to-video':
      return { endpoint: 'audio-to-video', body: { ...generation(request), ...named('audio_uri', uris.get('audio')), ...pictures } }
    case 'extend': {
      const { at = 'end', context = 0 } = request.extend ?? {}
      const duration = near(secondsOf(request.frames, request))
      const shown = context === 0 ? {} : { context: down(secondsOf(context, request)) }
      const video = named('video_uri', uris.get('video'))
      return { endpoint: 'extend', body: { ...video, duration, ...words(request), mode: at, ...shown, model: request.model } }
    }
    case 'retake': {
      const { from = 0, to = request.frames, mode = 'both' } = request.retake ?? {}
      const body = {
        ...named('video_uri', uris.get('video')),
        start_time: near(secondsOf(from, request)),
        duration: near(secondsOf(to - from, request)),
        ...words(request),
        mode: modes[mode],
        resolution: `${request.size.width}x${request.size.height}`,
        model: request.model,
      }
      return { endpoint: 'retake', body }
    }
    case 'conform':
    case 'join':
    case 'splice':
    case 'footage':
    case 'card':
    case 'still':
      throw new Error(`${request.operation} is no work for a host`)
  }
}

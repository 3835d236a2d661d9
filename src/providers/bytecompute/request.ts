// A job as ByteCompute wants it: the parts of a form. In go the request and its pictures, made fit; what kind of job it is
// the host tells from the pictures that are there.
import { ProviderFailure } from '../../failure.ts'
import type { Request, Slot } from '../../lang/plan.ts'
import { toNumber } from '../../lang/time.ts'
import type { Prepared } from '../../media/prepare.ts'
import type { FormPart } from '../../world.ts'

const invalid = (message: string, next: string): never => {
  throw new ProviderFailure({ kind: 'invalid', message, next, retry: false, billed: 'no' })
}

/** Whole seconds, as they are sold. */
export const secondsOf = ({ frames, rate }: Pick<Request, 'frames' | 'rate'>): number => Math.max(1, Math.round(frames / toNumber(rate)))

export function partsOf(request: Request, files: ReadonlyMap<Slot, Prepared>): readonly FormPart[] {
  if (request.operation !== 'text-to-video' && request.operation !== 'image-to-video')
    return invalid(`ByteCompute makes no ${request.operation}`, 'use another provider for this shot')
  const { width, height } = request.size
  const [first, last] = [files.get('first-frame'), files.get('last-frame')]
  const picture = (name: string, file: Prepared | undefined): readonly FormPart[] =>
    file === undefined ? [] : [{ name, path: file.path, fileName: file.name, type: file.mime }]
  return [
    { name: 'model', text: request.model },
    { name: 'prompt', text: request.prompt },
    { name: 'duration', text: String(secondsOf(request)) },
    { name: 'resolution', text: `${width}x${height}` },
    { name: 'fps', text: String(Math.round(toNumber(request.rate))) },
    // One picture makes it move; with a last one it goes from frame to frame.
    ...picture(last === undefined ? 'image' : 'first_frame', first),
    ...picture('last_frame', last),
  ]
}

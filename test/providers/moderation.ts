// The eight shapes in which hosts refuse content, and how each host says each of them on its own wire: the table that the
// film suite goes through. Where a host has no such answer, a word says why not.
import type { Failure } from '../../src/failure.ts'
import type { Fault } from '../hosts/fault.ts'

export const shapes = {
  'at-submit': 'refused in the answer to the submit, by its code',
  'in-200': 'refused inside an answer that calls itself a success',
  failed: 'the job fails, and its reason is named',
  flagged: 'the job is done, with a flag against what was made',
  empty: 'the job is done, and nothing is in it',
  withheld: 'the job is done, and the clip is kept back: no address, or a picture in its place',
  words: 'nothing but the words of a message says so',
  input: 'a file that was sent along is refused',
} as const
export type ShapeName = keyof typeof shapes
export const shapeNames = Object.keys(shapes) as readonly ShapeName[] // the table's own names

/** One way to say no: what goes wrong, what of the host's words must be read afterwards, and what it cost. */
export type Saying = { readonly fault: Fault; readonly said: string; readonly billed: NonNullable<Failure['billed']> }
export type Moderation = Readonly<Record<ShapeName, readonly Saying[] | string>>

/** Steers a terminal, if it is let. */
const nasty = '\u001b[2J'
const safe = '\\x1b[2J'
const filters = 'Rejected by safety filters'
const policy = 'The prompt violates the content policy'
const file = 'the picture was flagged as sensitive'

type Billed = Saying['billed']
/** Answered instead of the submit. */
const refused = (status: number, json: unknown, said: string, billed: Billed): Saying => ({
  fault: { route: 'submit', kind: 'status', status, json, headers: { 'x-request-id': 'req-41d7' } },
  said: `${said}${safe}`,
  billed,
})
/** The job that is taken ends so. */
const ends = (fate: Extract<Fault, { kind: 'job' }>['fate'], said: string, billed: Billed): Saying => ({
  fault: { route: 'submit', kind: 'job', fate: fate.words === undefined ? fate : { ...fate, words: `${fate.words}${nasty}` } },
  said: fate.words === undefined ? said : `${said}${safe}`,
  billed,
})
const flagged = ends({ kind: 'flagged' }, 'flags what it has made', 'unknown')
const empty = ends({ kind: 'empty' }, 'hands out no clip', 'unknown')
const withheld = ends({ kind: 'withheld' }, 'hands out no clip', 'unknown')
const picture = (route: string): Saying => ({
  fault: { route, kind: 'picture' },
  said: 'a picture (image/png) in place of the clip',
  billed: 'unknown',
})

const ltx = (type: string, message: string) => ({ type: 'error', error: { type, message: `${message}${nasty}` } })
const fal = (type: string, message: string, field = 'prompt') => ({ detail: [{ loc: ['body', field], msg: `${message}${nasty}`, type }] })
const wave = (code: number, message: string) => ({ code, message: `${message}${nasty}`, data: null })
const repl = (detail: string) => ({ title: 'Input validation failed', detail: `${detail}${nasty}`, status: 422 })
const openai = (code: string, message: string, param: string | null = null) => ({
  error: { code, message: `${message}${nasty}`, param, type: 'invalid_request_error' },
})

export const moderation: Readonly<Record<string, Moderation>> = {
  'hosted-ltx': {
    'at-submit': [refused(422, ltx('content_filtered_error', filters), filters, 'no')],
    'in-200': [refused(200, ltx('content_filtered_error', filters), filters, 'no')],
    failed: [ends({ kind: 'moderated', words: filters }, filters, 'no')],
    flagged: 'flagless',
    empty: [empty],
    withheld: [withheld, picture('result')],
    words: [refused(400, ltx('invalid_request_error', policy), policy, 'no'), ends({ kind: 'failed', words: policy }, policy, 'no')],
    input: [refused(422, ltx('content_filtered_error', file), file, 'no')],
  },
  'hosted-ltx, transport sync': {
    'at-submit': [
      refused(422, ltx('content_filtered_error', filters), filters, 'no'),
      ends({ kind: 'moderated', words: filters }, filters, 'no'),
    ],
    'in-200': [refused(200, ltx('content_filtered_error', filters), filters, 'unknown')],
    failed: 'jobless',
    flagged: 'jobless',
    empty: 'uncertain',
    withheld: [picture('submit')],
    words: [refused(400, ltx('invalid_request_error', policy), policy, 'no')],
    input: [refused(422, ltx('content_filtered_error', file), file, 'no')],
  },
  fal: {
    'at-submit': [
      refused(
        422,
        fal('content_policy_violation', 'It was flagged by a content checker.'),
        'It was flagged by a content checker.',
        'unknown',
      ),
    ],
    'in-200': [
      refused(
        200,
        fal('content_policy_violation', 'It was flagged by a content checker.'),
        'It was flagged by a content checker.',
        'unknown',
      ),
    ],
    failed: [ends({ kind: 'moderated', words: filters }, filters, 'unknown')],
    flagged: [flagged],
    empty: [empty],
    withheld: [withheld, picture('result')],
    words: [refused(422, { detail: `${policy}${nasty}` }, policy, 'unknown')],
    input: [refused(422, fal('content_policy_violation', file, 'image_url'), `image_url: ${file}`, 'unknown')],
  },
  wavespeed: {
    'at-submit': [refused(403, wave(403, policy), policy, 'no')],
    'in-200': [
      refused(200, wave(400, 'content moderation failed'), 'content moderation failed', 'no'),
      ends({ kind: 'moderated', words: filters, atOnce: true }, filters, 'no'),
    ],
    failed: [ends({ kind: 'moderated' }, 'the content was flagged', 'no')],
    flagged: [flagged],
    empty: [empty],
    withheld: [withheld, picture('result')],
    words: [
      refused(400, wave(400, 'the prompt contains sensitive content'), 'the prompt contains sensitive content', 'no'),
      ends({ kind: 'failed', words: 'NSFW content detected' }, 'NSFW content detected', 'no'),
    ],
    input: [refused(400, wave(400, `image: ${file}`), `image: ${file}`, 'no')],
  },
  replicate: {
    'at-submit': [refused(422, repl(`- input.prompt: ${policy}`), policy, 'no')],
    'in-200': [ends({ kind: 'moderated', words: `${filters} (E005)`, atOnce: true }, `${filters} (E005)`, 'unknown')],
    failed: [ends({ kind: 'moderated' }, 'flagged as sensitive', 'unknown')],
    flagged: 'flagless',
    empty: [empty],
    withheld: [withheld, picture('result')],
    words: [ends({ kind: 'failed', words: `content_filtered_error: ${filters}` }, filters, 'unknown')],
    input: [refused(422, repl(`- input.image: ${file}`), `- input.image: ${file}`, 'no')],
  },
  bytecompute: {
    'at-submit': [refused(400, ltx('content_policy', 'Refused'), 'Refused', 'no')],
    'in-200': [
      refused(200, ltx('content_policy', 'Refused'), 'Refused', 'no'),
      ends({ kind: 'moderated', words: filters, atOnce: true }, filters, 'unknown'),
    ],
    failed: [ends({ kind: 'moderated' }, 'Refused', 'unknown')],
    flagged: 'flagless',
    empty: 'streamed',
    withheld: [picture('download')],
    words: [refused(400, ltx('invalid_request', policy), policy, 'no'), ends({ kind: 'failed', words: policy }, policy, 'unknown')],
    input: [refused(400, ltx('invalid_request', `first_frame: ${file}`), `first_frame: ${file}`, 'no')],
  },
  'openai-video': {
    'at-submit': [refused(400, openai('moderation_blocked', 'Refused'), 'Refused', 'no')],
    'in-200': [ends({ kind: 'moderated', words: filters, atOnce: true }, filters, 'no')],
    failed: [ends({ kind: 'moderated', words: 'Refused' }, 'Refused', 'no')],
    flagged: 'flagless',
    empty: 'streamed',
    withheld: [picture('content')],
    words: [refused(400, openai('invalid_value', policy), policy, 'no'), ends({ kind: 'failed', words: policy }, policy, 'no')],
    input: [refused(400, openai('moderation_blocked', file, 'input_reference'), file, 'no')],
  },
  // A server of one's own refuses nothing. A node of a graph may, and says so in words.
  comfyui: {
    'at-submit': 'unfiltered',
    'in-200': 'unfiltered',
    failed: 'unfiltered',
    flagged: 'unfiltered',
    empty: 'unfiltered',
    withheld: 'unfiltered',
    words: [ends({ kind: 'failed', words: policy }, policy, 'no')],
    input: 'unfiltered',
  },
}

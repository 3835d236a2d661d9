// fal against the suite that every provider passes.
import { fal } from '../../src/providers/fal/index.ts'
import { conforms, type HostSide } from './conformance.ts'

const detail = (type: string, msg: string) => ({ detail: [{ loc: ['body', 'prompt'], msg, type }] })
const flagged = 'The content could not be processed because it was flagged by a content checker.'
const status = (route: string, code: number, json: unknown, headers: Record<string, string> = {}) =>
  ({ route, kind: 'status', status: code, json, headers }) as const

const host: HostSide = {
  protocol: 'fal',
  settings: ({ base }) => ({ base }),
  routes: { submit: 'submit', poll: 'status', fetch: 'result' },
  refusals: {
    auth: { status: 401, json: { detail: 'Cannot authenticate' } },
    funds: { status: 403, json: { detail: 'User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.' } },
    invalid: { status: 422, json: detail('literal_error', "Input should be '1080p'") },
    rate: {
      status: 429,
      json: { detail: 'Concurrent requests limit reached', error_type: 'concurrent_requests_limit' },
      headers: { 'x-fal-error-type': 'concurrent_requests_limit', 'x-fal-needs-retry': '1' },
    },
  },
  moderation: [
    { name: 'in the answer to the submit', fault: status('submit', 422, detail('content_policy_violation', flagged)) },
    { name: 'by its words alone', fault: status('submit', 422, { detail: flagged }) },
    { name: 'in the result of what is `COMPLETED`', fault: { route: 'submit', kind: 'job', fate: { kind: 'moderated' } } },
  ],
  expires: { jobs: true, results: true },
}

conforms({ name: 'fal', provider: () => fal, host })

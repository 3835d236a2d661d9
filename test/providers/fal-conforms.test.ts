// fal against the suite that every provider passes.
import { fal } from '../../src/providers/fal/index.ts'
import { conforms, type HostSide } from './conformance.ts'

const detail = (type: string, msg: string) => ({ detail: [{ loc: ['body', 'prompt'], msg, type }] })

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
  expires: { jobs: true, results: true },
}

conforms({ name: 'fal', provider: () => fal, host })

// Replicate against the suite that every provider passes.
import { replicate } from '../../src/providers/replicate/index.ts'
import { conforms, type HostSide } from './conformance.ts'

const host: HostSide = {
  protocol: 'replicate',
  settings: ({ base }) => ({ base }),
  routes: { submit: 'submit', poll: 'status', fetch: 'result' },
  refusals: {
    auth: { status: 401, json: { title: 'Unauthenticated', detail: 'You did not pass a valid authentication token', status: 401 } },
    funds: { status: 402, json: { title: 'Insufficient credit', detail: 'You have insufficient credit to run this model.', status: 402 } },
    invalid: { status: 422, json: { title: 'Input validation failed', detail: '- input.resolution: must be one of: 1080p', status: 422 } },
    rate: { status: 429, json: { detail: 'Request was throttled.', status: 429 } },
  },
  expires: { jobs: true, results: true },
}

conforms({ name: 'replicate', provider: () => replicate, host })

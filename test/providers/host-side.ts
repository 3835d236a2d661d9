// How a candidate of the suites is described: its provider, the test host that speaks its protocol, how that host says no.
import type { ModelOperation } from '../../src/lang/catalogue.ts'
import type { ProviderUse } from '../../src/lang/program.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import type { Calls, Provider, Ready } from '../../src/providers/provider.ts'
import type { Fault } from '../hosts/fault.ts'
import type { HostOptions, TestHost } from '../hosts/kit.ts'
import type { SuiteWorld } from './suite-world.ts'

export type Refusal = Pick<Extract<Fault, { kind: 'status' }>, 'status' | 'json' | 'text' | 'headers'>

/** How a host is spoken to and how it says no. How it refuses content stands in `moderation.ts`. */
export type HostSide = {
  /** A file of `test/hosts`. */
  readonly protocol: string
  readonly options?: HostOptions
  readonly settings: (host: TestHost) => ProviderUse['settings']
  /** Names of the host's routes. `fetch` is where the clip's bytes come from. */
  readonly routes: { readonly submit: string; readonly poll: string; readonly fetch: string }
  /** Absent: the host knows no such answer. */
  readonly refusals: {
    readonly auth?: Refusal
    readonly funds?: Refusal
    readonly invalid?: Refusal
    readonly rate?: Refusal
  }
  /** The clip comes in the answer to the submit. */
  readonly sync?: true
  /** The host forgets jobs, and addresses of results die. */
  readonly expires?: { readonly jobs?: true; readonly results?: true }
  /** Operations that only other tests show, with the reason. */
  readonly elsewhere?: Readonly<Partial<Record<ModelOperation, string>>>
}

export type Candidate = {
  readonly name: string
  readonly provider: (tool: Tool) => Provider
  /** Absent for what works in this process. */
  readonly host?: HostSide
  /** For a provider without a host. */
  readonly settings?: (suite: SuiteWorld) => ProviderUse['settings']
}

export type Open = {
  readonly suite: SuiteWorld
  readonly provider: Provider
  readonly host: TestHost | undefined
  /** As a new process would. */
  readonly fresh: (signal?: AbortSignal, kept?: string) => Calls
  readonly job: (operation?: ModelOperation, prompt?: string) => Promise<Ready>
}

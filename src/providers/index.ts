// The list of providers: one line each. ffmpeg's version is part of what the two that use it would make.
import type { Capabilities } from '../lang/catalogue.ts'
import type { Tool } from '../media/ffmpeg.ts'
import { animaticCapabilities } from './animatic/capabilities.ts'
import { animatic } from './animatic/index.ts'
import { cut, cutCapabilities } from './cut.ts'
import { hostedLtx } from './hosted-ltx.ts'
import { local } from './local.ts'
import type { Provider } from './provider.ts'

/** What every kind of provider can do. `toolVersion` is ffmpeg's; empty where only the script is checked. */
export const capabilitiesOf = (toolVersion: string): ReadonlyMap<string, Capabilities> =>
  new Map([animaticCapabilities(toolVersion), cutCapabilitiesOf(toolVersion), hostedLtx, local].map((known) => [known.kind, known]))

const cutCapabilitiesOf = (toolVersion: string): Capabilities => ({
  ...cutCapabilities,
  version: `${cutCapabilities.version}-ffmpeg-${toolVersion}`,
})

/** The providers that have calls, by kind. */
export const callableProviders = (tool: Tool): ReadonlyMap<string, Provider> =>
  new Map([animatic(async () => tool, tool.version), cut].map((provider) => [provider.kind, provider]))

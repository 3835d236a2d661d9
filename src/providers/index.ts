// The list of providers that have calls: one line each.
import type { Tool } from '../media/ffmpeg.ts'
import { animatic } from './animatic/index.ts'
import { cut } from './cut.ts'
import type { Provider } from './provider.ts'

/** By kind. */
export const callableProviders = (tool: Tool): ReadonlyMap<string, Provider> =>
  new Map([animatic(async () => tool, tool.version), cut].map((provider) => [provider.kind, provider]))

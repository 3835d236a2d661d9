// The list of providers that have calls: one line each.
import type { Tool } from '../media/ffmpeg.ts'
import { animatic } from './animatic/index.ts'
import { bytecompute } from './bytecompute/index.ts'
import { comfyui } from './comfyui/index.ts'
import { command } from './command/index.ts'
import { cut } from './cut.ts'
import { fal } from './fal/index.ts'
import { hostedLtxProvider } from './hosted-ltx/index.ts'
import { local } from './local/index.ts'
import { openaiVideo } from './openai-video/index.ts'
import type { Provider } from './provider.ts'
import { replicate } from './replicate/index.ts'
import { wavespeed } from './wavespeed/index.ts'

/** By kind. */
export const callableProviders = (tool: Tool): ReadonlyMap<string, Provider> =>
  new Map(
    [
      animatic(async () => tool, tool.version),
      cut,
      hostedLtxProvider,
      local(),
      comfyui,
      openaiVideo,
      command,
      fal,
      replicate,
      bytecompute,
      wavespeed,
    ].map((provider) => [provider.kind, provider]),
  )

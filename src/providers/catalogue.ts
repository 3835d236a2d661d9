// What every kind of provider can do, as data: light enough for `ltx check`. ffmpeg's version is part of what the two
// providers that use it would make.
import type { Capabilities } from '../lang/catalogue.ts'
import { animaticCapabilities } from './animatic/capabilities.ts'
import { bytecomputeCapabilities } from './bytecompute/capabilities.ts'
import { comfyui } from './comfyui/capabilities.ts'
import { command } from './command/capabilities.ts'
import { cutCapabilities } from './cut.ts'
import { falCapabilities } from './fal/capabilities.ts'
import { hostedLtx } from './hosted-ltx/capabilities.ts'
import { local } from './local/capabilities.ts'
import { openaiVideo } from './openai-video/capabilities.ts'
import { replicateCapabilities } from './replicate/capabilities.ts'
import { wavespeedCapabilities } from './wavespeed/capabilities.ts'

const cutCapabilitiesOf = (toolVersion: string): Capabilities => ({
  ...cutCapabilities,
  version: `${cutCapabilities.version}-ffmpeg-${toolVersion}`,
})

/** By kind. `toolVersion` is ffmpeg's; empty where only the script is checked. */
export const capabilitiesOf = (toolVersion: string): ReadonlyMap<string, Capabilities> =>
  new Map(
    [
      animaticCapabilities(toolVersion),
      cutCapabilitiesOf(toolVersion),
      hostedLtx,
      local,
      comfyui,
      openaiVideo,
      command,
      falCapabilities,
      replicateCapabilities,
      bytecomputeCapabilities,
      wavespeedCapabilities,
    ].map((known) => [known.kind, known]),
  )

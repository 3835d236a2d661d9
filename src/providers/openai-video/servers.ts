// Servers that speak the OpenAI-style `/v1/videos`, and where each of them goes its own way: as data, read on the dates
// beside them. One driver serves them all; `server "NAME"` in the script's provider block says which one it is.

export type ServerName = 'vllm-omni' | 'sglang' | 'fastvideo' | 'aquiles'

export type Quirks = {
  readonly title: string
  /** Where it listens unless told otherwise. */
  readonly base: string
  /** Where jobs are sent, asked for and listed. */
  readonly path: string
  /** Text jobs go as JSON where that is taken; a job with a picture is always a form. */
  readonly text: 'json' | 'form'
  /** `frames`: exact frames, rate, size and seed are taken. `tiers`: only seconds from a list, by the frames that really come. */
  readonly asks: { readonly kind: 'frames' } | { readonly kind: 'tiers'; readonly secondsByFrames: Readonly<Record<number, string>> }
  /** Fields that must stand in every job so that sound comes, or nothing else does. */
  readonly always: Readonly<Record<string, string | number | boolean>>
  /** Steps of the distilled model, where the server must be told; it then refuses a negative prompt. */
  readonly distilledSteps?: number
  /** DELETE stops a running job; elsewhere it only forgets it. */
  readonly stops: boolean
  /** Answers without work. */
  readonly health: string
}

const frames = { kind: 'frames' } as const

export const servers: Readonly<Record<ServerName, Quirks>> = {
  // Its documents and protocol as of August 2026. Without `num_frames` it makes one frame.
  'vllm-omni': {
    title: 'vLLM-Omni',
    base: 'http://127.0.0.1:8000',
    path: '/v1/videos',
    text: 'form',
    asks: frames,
    always: {},
    distilledSteps: 8,
    stops: true,
    health: '/health',
  },
  // Cookbook of LTX-2.3, 2026. The seed is 1024 unless one is sent.
  sglang: {
    title: 'SGLang',
    base: 'http://127.0.0.1:30000',
    path: '/v1/videos',
    text: 'json',
    asks: frames,
    always: {},
    stops: false,
    health: '/health',
  },
  // Its sources of November 2026; earlier ones blocked at another path. Sound only when it is asked for.
  fastvideo: {
    title: 'FastVideo',
    base: 'http://127.0.0.1:8000',
    path: '/v1/videos',
    text: 'json',
    asks: frames,
    always: { generate_sound: true },
    stops: false,
    health: '/health',
  },
  // Its sources of 2026-08-22: size, rate and steps are its own, and there is no seed.
  aquiles: {
    title: 'Aquiles-Image',
    base: 'http://127.0.0.1:5500',
    path: '/v1/videos',
    text: 'json',
    asks: { kind: 'tiers', secondsByFrames: { 125: '4', 200: '8', 300: '12' } },
    always: { model: 'ltx-2.3', quality: 'standard' },
    stops: false,
    health: '/v1/videos',
  },
}

export const usualServer: ServerName = 'vllm-omni'
export const isServer = (name: unknown): name is ServerName => typeof name === 'string' && Object.hasOwn(servers, name)

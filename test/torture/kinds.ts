// The kinds of host that runners are killed at, as data: every promise about a lost submit is here, with what each may
// leave behind. In goes a kind and its host's address, out comes the film that is bought there.
import type { HostOptions } from '../hosts/kit.ts'

export type Kind = {
  /** What stands in the table. */
  readonly name: string
  readonly kind: string
  /** A file of `test/hosts`; absent where a program does the buying. */
  readonly protocol?: string
  readonly options?: HostOptions
  /** Statements of the provider's block besides `base` and `key`. */
  readonly block?: string
  /**
   * What becomes of a submit whose fate is unknown. `itself`: it is settled, and nobody is asked. `person`: it may be left to one.
   * `free`: it is made again, since it costs nothing.
   */
  readonly settles: 'itself' | 'person' | 'free'
  /** What the next run writes down of a submit that left no further than our own record. */
  readonly mends?: 'job.absent' | 'job.uncertain'
}

export const kinds: readonly Kind[] = [
  { name: 'hosted-ltx', kind: 'hosted-ltx', protocol: 'hosted-ltx', settles: 'person', mends: 'job.uncertain' },
  {
    name: 'hosted-ltx/sync',
    kind: 'hosted-ltx',
    protocol: 'hosted-ltx',
    block: 'transport sync',
    settles: 'person',
    mends: 'job.uncertain',
  },
  { name: 'fal', kind: 'fal', protocol: 'fal', settles: 'itself', mends: 'job.absent' },
  // Its list does not tell what was asked for: of two lost submits at once a person has to say which is which.
  { name: 'wavespeed', kind: 'wavespeed', protocol: 'wavespeed', settles: 'person', mends: 'job.absent' },
  {
    name: 'wavespeed/list',
    kind: 'wavespeed',
    protocol: 'wavespeed',
    options: { settings: { list: 'inputs' } },
    settles: 'itself',
    mends: 'job.absent',
  },
  { name: 'replicate', kind: 'replicate', protocol: 'replicate', settles: 'itself', mends: 'job.absent' },
  { name: 'bytecompute', kind: 'bytecompute', protocol: 'bytecompute', settles: 'person', mends: 'job.uncertain' },
  { name: 'comfyui', kind: 'comfyui', protocol: 'comfyui', settles: 'itself', mends: 'job.absent' },
  { name: 'openai-video', kind: 'openai-video', protocol: 'openai-video', settles: 'free' },
  // A program that buys, since it has a price, is started once.
  { name: 'command', kind: 'command', block: 'price $0.05', settles: 'person' },
]

export const key = 'torture-key-4d81c0aa97'
export const shots = 4

/** `reach`: where the host is, as its provider's block says it. */
export const scriptOf = ({ kind, block = '' }: Kind, reach: string, count: number): string => `ltx 1

provider host ${kind} { ${reach}  key env SUITE_KEY  ${block} }

project "Torture" {
  size    1280x720
  fps     24
  seed    7
  quality fast
  on      host
}

${Array.from({ length: count }, (_, at) => `shot s${at} 6s { "a boat leaves the quay, number ${at}" }`).join('\n')}
`

// A job in, a graph for ComfyUI out: which of our graphs makes it, what is left out of it, and every value in its place.
// The graphs are data (`graphs/*.json`): nodes by readable names, and the places where a value goes as `node.input`.
import type { Request, Slot } from '../../lang/plan.ts'
import { toNumber } from '../../lang/time.ts'
import type { Outline } from '../provider.ts'
import { models } from './capabilities.ts'
import distilled from './graphs/distilled.json' with { type: 'json' }
import guided from './graphs/guided.json' with { type: 'json' }
import sound from './graphs/sound.json' with { type: 'json' }
import twoStage from './graphs/two-stage.json' with { type: 'json' }

export type Input = string | number | boolean | readonly (string | number)[]
export type Node = { readonly class_type: string; readonly inputs: Readonly<Record<string, Input>> }
/** What is sent to the server. */
export type Nodes = Readonly<Record<string, Node>>

/** A model file that the server must have: by its usual names, else by what its name looks like. */
export type ModelFile = {
  readonly names: readonly string[]
  readonly like: string
  readonly folder: string
  readonly at: readonly string[]
  /** Set for a checkpoint: whether it is the distilled one. */
  readonly distilled?: boolean
}

/** Nodes that go when something is not there, inputs that go with them, and links that go round them. */
type Removal = {
  readonly drop: readonly string[]
  readonly unset: readonly string[]
  readonly link: Readonly<Record<string, readonly (string | number)[]>>
}

export type Graph = {
  readonly nodes: Nodes
  readonly bind: Readonly<Record<string, readonly string[]>>
  readonly files: Readonly<Record<string, ModelFile>>
  readonly without: Readonly<Record<string, Removal>>
  /** The node whose file is the clip. */
  readonly result: string
}

/** JSON's own types know nothing of the pattern that all graphs follow. */
const read = (graph: unknown): Graph => graph as Graph // ours, and held to the pattern by a test
export const graphs: Readonly<Record<'distilled' | 'two-stage' | 'guided' | 'sound', Graph>> = {
  distilled: read(distilled),
  'two-stage': read(twoStage),
  guided: read(guided),
  sound: read(sound),
}

/** The checkpoint that the script asks for by its file's name, if it does. */
export const ownCheckpoint = (request: Request): string | undefined =>
  request.model === models.fast || request.model === models.pro ? undefined : request.model

/** A model of the script's own is told by its name: the distilled one needs no second stage and no adapter. */
const inTwoStages = (request: Request): boolean => {
  const own = ownCheckpoint(request)
  return own === undefined ? request.model === models.pro : !/distill/i.test(own)
}

export function graphFor(request: Request, files: Outline['slots']): Graph {
  const whole = chooseGraph(request, files)
  const missing = Object.keys(whole.without).filter((part) => (part === 'sound' ? !request.sound : !files.has(part as Slot))) // the keys are slots, and a test says so
  return missing.reduce((graph, part) => leaveOut(graph, graph.without[part]), whole)
}

function chooseGraph(request: Request, files: Outline['slots']): Graph {
  if (request.operation === 'audio-to-video') return graphs.sound
  if (files.has('last-frame')) return graphs.guided
  return inTwoStages(request) ? graphs['two-stage'] : graphs.distilled
}

const placeOf = (place: string): readonly [node: string, input: string] => {
  const dot = place.indexOf('.')
  return [place.slice(0, dot), place.slice(dot + 1)]
}

/** Sets inputs, where their nodes still are. */
function set(nodes: Nodes, places: readonly string[], value: Input): Nodes {
  let changed = nodes
  for (const place of places) {
    const [name, input] = placeOf(place)
    const node = changed[name]
    if (node !== undefined) changed = { ...changed, [name]: { ...node, inputs: { ...node.inputs, [input]: value } } }
  }
  return changed
}

function leaveOut(graph: Graph, removal: Removal | undefined): Graph {
  if (removal === undefined) return graph
  const kept: Record<string, Node> = {}
  for (const [name, node] of Object.entries(graph.nodes)) {
    if (removal.drop.includes(name)) continue
    const inputs = Object.entries(node.inputs).filter(([input]) => !removal.unset.includes(`${name}.${input}`))
    kept[name] = { ...node, inputs: Object.fromEntries(inputs) }
  }
  const nodes = Object.entries(removal.link).reduce<Nodes>((all, [place, link]) => set(all, [place], link), kept)
  return { ...graph, nodes }
}

/** What the server calls its own: uploaded inputs by slot, model files by their name in the graph. */
export type Names = { readonly inputs: ReadonlyMap<Slot, string>; readonly files: ReadonlyMap<string, string>; readonly prefix: string }

/** Puts every value in its place. A seed is exact in JavaScript and in the server's 64 bits alike: ours have 31. */
export function fill(graph: Graph, request: Request, names: Names): Nodes {
  const { width, height } = request.size
  const rate = toNumber(request.rate)
  // Sound is brought as the stretch that is heard, so it begins at its own start.
  const seconds = request.heard === undefined ? request.frames / rate : toNumber(request.heard.to) - toNumber(request.heard.from)
  const values: Readonly<Record<string, Input | undefined>> = {
    prompt: request.prompt,
    seed: request.seed ?? 0,
    width,
    height,
    'half-width': width / 2,
    'half-height': height / 2,
    frames: request.frames,
    rate,
    prefix: names.prefix,
    'heard-seconds': seconds,
    'first-frame': names.inputs.get('first-frame'),
    'last-frame': names.inputs.get('last-frame'),
    audio: names.inputs.get('audio'),
  }
  let nodes = graph.nodes
  for (const [name, places] of Object.entries(graph.bind)) {
    const value = values[name]
    if (value !== undefined) nodes = set(nodes, places, value)
  }
  for (const [name, file] of Object.entries(graph.files)) nodes = set(nodes, file.at, names.files.get(name) ?? '')
  return nodes
}

/** A job's id at the server: the client's own, in the form of a UUID. */
export const promptId = (clientKey: string): string => {
  const hex = clientKey
    .toLowerCase()
    .replace(/[^0-9a-f]/g, '')
    .padEnd(32, '0')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')
}

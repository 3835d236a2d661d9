// How far a job is, from the server's socket: one text message in, what is known so far out. Only ever shown; what came
// of the job is read from the history.
import { z } from 'zod'

/** `over`: the server says that the job has ended, so the history is worth a look now. */
export type Progress = { readonly part: number; readonly phase: string; readonly over: boolean }

export const begun: Progress = { part: 0, phase: 'waiting', over: false }

const messageSchema = z.object({ type: z.string(), data: z.record(z.string(), z.unknown()).default({}) })
const nodeStateSchema = z.object({ value: z.number(), max: z.number(), state: z.string() })

/** Names of our graphs' nodes that a person would name otherwise. */
const phases: Readonly<Record<string, string>> = {
  checkpoint: 'loading',
  encoder: 'loading',
  'sound-coder': 'loading',
  adapter: 'loading',
  doubler: 'loading',
  wanted: 'reading',
  unwanted: 'reading',
  sampled: 'sampling',
  'sampled-2': 'refining',
  doubled: 'enlarging',
  frames: 'decoding',
  sound: 'decoding',
  clip: 'saving',
  file: 'saving',
}
const phaseOf = (node: string): string => phases[node] ?? 'preparing'

/** Nodes weigh by what they cost: nearly all of it is sampling. `total`: nodes of the graph. */
const weightOf = (node: string): number => (node === 'sampled' || node === 'sampled-2' ? 40 : node === 'frames' ? 10 : 1)

/** Folds one message in. Messages of other jobs, and what is not understood, change nothing. */
export function fold(progress: Progress, text: string, id: string, nodes: readonly string[]): Progress {
  const message = read(text)
  if (message === undefined || message.data.prompt_id !== id) return progress
  const { data } = message
  switch (message.type) {
    case 'execution_success':
    case 'execution_error':
    case 'execution_interrupted':
      return { ...progress, over: true }
    case 'executing':
      // An older server says the end like this; newer ones repeat it.
      return typeof data.node === 'string' ? { ...progress, phase: phaseOf(data.node) } : { ...progress, over: true }
    case 'progress_state':
      return { ...progress, ...stateOf(data.nodes, nodes, progress) }
    case 'progress': {
      const { node, value, max } = data
      if (typeof node !== 'string' || typeof value !== 'number' || typeof max !== 'number' || max <= 0) return progress
      return {
        ...progress,
        phase: phaseOf(node),
        part: Math.max(progress.part, sumTo(nodes, node) + (weightOf(node) * value) / max / total(nodes)),
      }
    }
    default:
      return progress
  }
}

function read(text: string): z.infer<typeof messageSchema> | undefined {
  try {
    const parsed = messageSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

const total = (nodes: readonly string[]): number =>
  Math.max(
    1,
    nodes.reduce((sum, node) => sum + weightOf(node), 0),
  )
/** The share of the nodes before one, in the order of the graph. */
const sumTo = (nodes: readonly string[], node: string): number =>
  nodes.slice(0, Math.max(0, nodes.indexOf(node))).reduce((sum, before) => sum + weightOf(before), 0) / total(nodes)

function stateOf(states: unknown, nodes: readonly string[], before: Progress): Partial<Progress> {
  const known = z.record(z.string(), z.unknown()).safeParse(states)
  if (!known.success) return {}
  let part = 0
  let phase = before.phase
  for (const node of nodes) {
    const state = nodeStateSchema.safeParse(known.data[node])
    if (!state.success) continue
    const share = state.data.state === 'finished' ? 1 : state.data.max > 0 ? Math.min(1, state.data.value / state.data.max) : 0
    part += (weightOf(node) * share) / total(nodes)
    if (state.data.state === 'running') phase = phaseOf(node)
  }
  return { part: Math.max(before.part, part), phase }
}

// What a server has of what a graph needs: nodes and model files, asked of it before the first job. In go a graph and
// the server's descriptions of its nodes; out come the names of the files, or all that is missing at once.
import { z } from 'zod'
import type { Graph, ModelFile } from './graph.ts'

const choicesSchema = z.union([
  z.tuple([z.array(z.unknown())], z.unknown()),
  z.tuple([z.string(), z.object({ options: z.array(z.unknown()) })], z.unknown()),
])
const nodeSchema = z.object({
  input: z.object({ required: z.record(z.string(), z.unknown()).default({}), optional: z.record(z.string(), z.unknown()).default({}) }),
})

/** A node's inputs that are chosen from a list, with the list. */
export type Choices = ReadonlyMap<string, readonly string[]>

/** `GET /object_info/CLASS`: undefined when the server has no such node. */
export function readNode(json: unknown, kind: string): Choices | undefined {
  const read = z.record(z.string(), z.unknown()).safeParse(json)
  const node = read.success ? nodeSchema.safeParse(read.data[kind]) : undefined
  if (node?.success !== true) return undefined
  const { required, optional } = node.data.input
  const choices = new Map<string, readonly string[]>()
  for (const [name, described] of Object.entries({ ...optional, ...required })) {
    const found = choicesSchema.safeParse(described)
    if (!found.success) continue
    const [first, second] = found.data
    const options = typeof first === 'string' ? (second as { readonly options: readonly unknown[] }).options : first // the schema's two forms
    choices.set(
      name,
      options.filter((option) => typeof option === 'string'),
    )
  }
  return choices
}

/** The file's own name, whatever folders the server has it in. */
const baseName = (name: string): string => name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)

/** The server's file for a place in the graph: by its usual names, else by what its name looks like. */
export function chooseFile(file: ModelFile, options: readonly string[], own: string | undefined): string | undefined {
  const named = (wanted: string): string | undefined => options.find((option) => option === wanted || baseName(option) === wanted)
  if (own !== undefined) return named(own)
  const usual = file.names.map(named).find((found) => found !== undefined)
  const like = new RegExp(file.like, 'i')
  return usual ?? [...options].sort().find((option) => like.test(baseName(option)))
}

export type Stock =
  | { readonly state: 'there'; readonly files: ReadonlyMap<string, string> }
  | { readonly state: 'lacking'; readonly nodes: readonly string[]; readonly files: readonly string[] }

/** The kinds of nodes in a graph, once each. */
export const kindsIn = (graph: Graph): readonly string[] => [...new Set(Object.values(graph.nodes).map((node) => node.class_type))].sort()

/** `own`: the checkpoint that the script names; it stands where the graph wants one of its sort. */
export function takeStock(graph: Graph, known: ReadonlyMap<string, Choices | undefined>, own: string | undefined): Stock {
  const nodes = kindsIn(graph).filter((kind) => known.get(kind) === undefined)
  const files = new Map<string, string>()
  const lacking: string[] = []
  for (const [name, file] of Object.entries(graph.files)) {
    const [nodeName, input] = (file.at[0] ?? '').split('.')
    const node = graph.nodes[nodeName ?? '']
    if (node === undefined || input === undefined) continue
    const options = known.get(node.class_type)?.get(input)
    if (options === undefined) continue // the node itself is missing, and told
    const wanted = own !== undefined && file.distilled === /distill/i.test(own) ? own : undefined
    const found = chooseFile(file, options, wanted)
    if (found === undefined) lacking.push(`${file.folder}/${wanted ?? file.names[0] ?? name}`)
    else files.set(name, found)
  }
  return nodes.length + lacking.length === 0 ? { state: 'there', files } : { state: 'lacking', nodes, files: lacking }
}

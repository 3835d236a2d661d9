// Compiles scripts held in memory, with the real standard library, as the tests of the language need it.
import { readFileSync } from 'node:fs'
import type { Capabilities, Catalogue } from '../../src/lang/catalogue.ts'
import { type Diagnostic, openReporter } from '../../src/lang/diagnostic.ts'
import { type EvaluateSettings, evaluate } from '../../src/lang/meaning/evaluate.ts'
import { type Loaded, load } from '../../src/lang/meaning/load.ts'
import type { Program } from '../../src/lang/program.ts'
import { checkFile } from '../../src/lang/syntax/check.ts'

/** Enough of a provider to be named. */
export function capabilities(kind: string, rest: Partial<Capabilities> = {}): Capabilities {
  return {
    kind,
    title: kind,
    version: '1',
    offers: [],
    seed: true,
    negative: true,
    promptLimit: 5000,
    reproducibility: 'exact',
    ready: true,
    continues: 'whole',
    needsKey: false,
    concurrency: 1,
    staggerMs: 0,
    submit: 'client-id',
    pace: { perSecond: 1, fixed: 0 },
    callable: true,
    ...rest,
  }
}

export const catalogue: Catalogue = new Map(['animatic', 'hosted-ltx', 'local'].map((kind) => [kind, capabilities(kind)]))

export function readStandard(name: string): string | undefined {
  try {
    return readFileSync(new URL(`../../stdlib/${name}.ltx`, import.meta.url), 'utf8')
  } catch {
    return undefined
  }
}

export type Compiled = {
  readonly loaded: Loaded
  readonly program: Program | undefined
  readonly diagnostics: readonly Diagnostic[]
  /** `code "the text at its place": message`, one a line. */
  readonly told: readonly string[]
  readonly codes: readonly string[]
}

/** `files` by path; the first is the film. */
export function compile(files: Readonly<Record<string, string>> | string, settings: Partial<EvaluateSettings> = {}): Compiled {
  const all = typeof files === 'string' ? { 'film.ltx': files } : files
  const texts = new Map(Object.entries(all))
  const reporter = openReporter()
  const loaded = load([...texts.keys()][0] ?? '', (path) => texts.get(path), readStandard, reporter)
  for (const file of loaded.files.values()) checkFile(file.ast, reporter)
  const program = evaluate(loaded, { catalogue, ...settings }, reporter)
  const diagnostics = reporter.diagnostics()
  const at = (diagnostic: Diagnostic): string =>
    (loaded.files.get(diagnostic.span.path)?.source.text ?? '').slice(diagnostic.span.start, diagnostic.span.end).split('\n')[0] ?? ''
  return {
    loaded,
    program,
    diagnostics,
    told: diagnostics.map((diagnostic) => `${diagnostic.code} "${at(diagnostic)}": ${diagnostic.message}`),
    codes: diagnostics.map((diagnostic) => diagnostic.code),
  }
}

/** A film around these statements of its top. */
export const film = (body: string): string => `ltx 1\nproject "Film" { size 640x360 fps 24 seed 7 }\n${body}\n`
/** A film with one scene of these shots. */
export const scene = (body: string): string => film(`scene s "a quay at dawn" {\n${body}\n}`)
/** A program that must come out whole. */
export function program(source: Readonly<Record<string, string>> | string, settings: Partial<EvaluateSettings> = {}): Program {
  const compiled = compile(source, settings)
  if (compiled.program === undefined) throw new Error(`no program:\n${compiled.told.join('\n')}`)
  return compiled.program
}

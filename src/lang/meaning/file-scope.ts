// The names a file declares at its top: `use`, `param`, `let`, `cast`, `template`. In goes a loaded set of files, out comes a
// scope for each; values are worked out when first asked for, so their order in the file is free.

import type { Command, Param, Template } from '../ast.ts'
import type { Cast } from '../program.ts'
import { rowOf } from '../schema.ts'
import { argument, nameText, readAsset, readNewName, readText } from './argument.ts'
import { checkTemplate } from './check-templates.ts'
import { expandBlock, type Placed } from './expand.ts'
import { bindOnce, type Frame, type Run, report, settle } from './expansion.ts'
import { evaluateExpression } from './expression.ts'
import type { Loaded, LoadedFile, Use } from './load.ts'
import { type ParamInput, type ParamSpec, readInput, sampleOf } from './param-input.ts'
import { type Binding, declare, type Lazy, openScope, type Scope } from './scope.ts'
import { readSettings } from './settings.ts'
import { settingOf } from './timeline-statement.ts'
import { fitTo, readType } from './types.ts'
import type { Value } from './value.ts'

export type Given = { readonly params: ReadonlyMap<string, ParamInput>; readonly sample: boolean }

export type Scopes = {
  readonly entry: Scope
  /** Works out every value that nobody asked for and reads every template nobody placed, so that their mistakes are found, and gives the cast in file order. */
  readonly finish: () => readonly Cast[]
}

export function openScopes(loaded: Loaded, run: Run, given: Given): Scopes {
  const scopes = new Map<string, Scope>()
  const casts: (() => Cast | undefined)[] = []
  const taken = new Set<string>()
  const templates: { template: Template; frame: Frame }[] = []
  const lazies: Lazy[] = []
  const open = (path: string): Scope => {
    const known = scopes.get(path)
    if (known !== undefined) return known
    const scope = openScope()
    scopes.set(path, scope)
    const file = loaded.files.get(path)
    if (file === undefined) return scope
    const frame: Frame = { run, scope, depth: 0 }
    const add = (name: string, lazy: Lazy): void => {
      if (put(frame, name, lazy)) lazies.push(lazy)
    }
    for (const statement of file.ast.body) {
      if (statement.kind === 'template') {
        if (put(frame, statement.name.text, { kind: 'template', template: statement, scope, span: statement.name.span })) {
          templates.push({ template: statement, frame })
        }
      } else if (statement.kind === 'param') add(statement.name.text, paramOf(statement, frame, path === loaded.entry ? given : undefined))
      else if (statement.kind === 'command' && statement.word.text === 'let') declareLet(statement, frame, add)
      else if (statement.kind === 'command' && statement.word.text === 'cast') declareCast(statement, frame, add, { casts, taken, file })
    }
    // After the file's own names, so that its cast keeps them where a library knows somebody of the same name.
    for (const use of file.uses)
      put(frame, use.name, use.missing === true ? lost(use) : { kind: 'library', path: use.path, scope: open(use.path), span: use.span })
    return scope
  }
  return {
    entry: open(loaded.entry),
    finish: () => {
      for (const lazy of lazies) settle(lazy, run)
      for (const { template, frame } of templates) checkTemplate(template, frame)
      return casts.map((cast) => cast()).filter((cast) => cast !== undefined)
    },
  }
}

/** A library that could not be read was reported; what is asked of it is not reported again. */
const lost = (use: Use): Binding => ({ kind: 'value', what: 'let', value: undefined, span: use.span })

function put(frame: Frame, name: string, binding: Binding): boolean {
  const before = declare(frame.scope, name, binding)
  if (before === undefined) return true
  report(frame, 'name.duplicate', binding.span, { what: 'things', name }, { notes: [{ message: 'the first one', span: before.span }] })
  return false
}

const lazyOf = (what: Lazy['what'], name: string, span: Lazy['span'], work: () => Value | undefined): Lazy => ({
  kind: 'lazy',
  what,
  name,
  span,
  work,
  state: 'new',
  value: undefined,
})

type Add = (name: string, lazy: Lazy) => void

function placedOf(command: Command, frame: Frame): Placed | undefined {
  const row = rowOf(command.word.text, 'file')
  const bound = row === undefined ? undefined : bindOnce(command, row, frame.run)
  if (row !== undefined && bound !== undefined) return { kind: 'statement', row, command, bound, frame }
  frame.run.skipped = true
  return undefined
}

function declareLet(command: Command, frame: Frame, add: Add): void {
  const placed = placedOf(command, frame)
  const name = placed === undefined ? undefined : argument(placed, 'name')
  const value = placed === undefined ? undefined : argument(placed, 'value')
  if (name?.expr.kind !== 'name' || value === undefined) return
  add(
    nameText(name.expr),
    lazyOf('let', nameText(name.expr), name.expr.span, () => evaluateExpression(value.expr, frame)),
  )
}

type CastList = { readonly casts: (() => Cast | undefined)[]; readonly taken: Set<string>; readonly file: LoadedFile }

/** Two libraries may know a person by the same name: the second goes by `library.name`. */
function castName(name: string, { taken, file }: CastList): string {
  const stem = file.source.path.slice(file.source.path.lastIndexOf('/') + 1).replace(/\.ltx$/, '')
  const free = [name, `${stem}.${name}`, `${file.source.path}.${name}`].find((one) => !taken.has(one)) ?? name
  taken.add(free)
  return free
}

function declareCast(command: Command, frame: Frame, add: Add, list: CastList): void {
  const placed = placedOf(command, frame)
  const name = placed === undefined ? undefined : readNewName(argument(placed, 'name'))
  if (placed === undefined || name === undefined) return
  const known = castName(name, list)
  const lazy = lazyOf('cast', name, placed.bound.args.get('name')?.[0]?.span ?? command.span, () => {
    const words = readText(argument(placed, 'words'))
    return words === undefined ? undefined : { unit: 'cast', name: known, words: words.text }
  })
  add(name, lazy)
  list.casts.push(() => castOf(placed, lazy))
}

function castOf(placed: Placed, lazy: Lazy): Cast | undefined {
  const settings = readSettings(expandBlock(placed.command.block, placed.frame, 'cast'), 'cast')
  const image = readAsset(settingOf(settings, 'image', 'image'), 'image')
  const voice = readAsset(settingOf(settings, 'voice', 'audio'), 'audio')
  const lora = readText(settingOf(settings, 'lora', 'path'))
  if (lazy.value?.unit !== 'cast') return undefined
  return {
    name: lazy.value.name,
    words: lazy.value.words,
    ...(image === undefined ? {} : { image }),
    ...(voice === undefined ? {} : { voice }),
    ...(lora === undefined ? {} : { lora: lora.text }),
    span: placed.command.span,
  }
}

/** `given` only for the params of the film itself; a library's are its constants. */
function paramOf(param: Param, frame: Frame, given: Given | undefined): Lazy {
  const name = param.name.text
  return lazyOf('param', name, param.name.span, () => {
    const type = readType(param.type, (unknown, at) =>
      report(frame, 'type.unknown', at.kind === 'named-type' ? at.name.span : at.span, { name: unknown }),
    )
    if (type === undefined) return undefined
    const input = given?.params.get(name)
    if (input === undefined && param.default === undefined) {
      if (given?.sample === true) return sampleOf(type, name, param.span.path)
      report(frame, 'value.param-missing', param.name.span, { param: name })
      return undefined
    }
    const value = input === undefined && param.default !== undefined ? evaluateExpression(param.default, frame) : undefined
    if (input === undefined && value === undefined) return undefined
    const fits = input !== undefined ? readInput(input, type, param.span.path) : value === undefined ? undefined : fitTo(value, type)
    if (fits?.ok === true) return fits.value
    if (fits !== undefined)
      report(frame, 'type.mismatch', param.default?.span ?? param.name.span, {
        what: `\`${name}\``,
        expected: fits.expected,
        found: fits.found,
      })
    return undefined
  })
}

/** The params of the film, as `--set` and the table of a series see them. */
export function paramsOf(loaded: Loaded): readonly ParamSpec[] {
  const entry = loaded.files.get(loaded.entry)
  return (entry?.ast.body ?? []).flatMap((statement) => {
    if (statement.kind !== 'param') return []
    const type = readType(statement.type, () => {})
    return type === undefined ? [] : [{ name: statement.name.text, type, optional: statement.default !== undefined }]
  })
}

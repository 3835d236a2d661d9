// Which names stand for what at one place of a script. Scopes are chains of maps (never objects: `__proto__` is a name like
// any other). A `let` or `cast` at the top of a file is worked out when it is first asked for, so their order is free.
import type { Template } from '../ast.ts'
import type { Span } from '../source.ts'
import { nearest as nearestWord, type Suggestion } from '../suggest.ts'
import type { Value } from './value.ts'

export type Binding =
  | { readonly kind: 'value'; readonly what: 'param' | 'let' | 'for'; readonly value: Value | undefined; readonly span: Span }
  | Lazy
  | { readonly kind: 'template'; readonly template: Template; readonly scope: Scope; readonly span: Span }
  | { readonly kind: 'library'; readonly path: string; readonly scope: Scope; readonly span: Span }

/** A value not asked for yet. `busy` while it is being worked out: meeting it then is a circle. */
export type Lazy = {
  readonly kind: 'lazy'
  readonly what: 'let' | 'cast' | 'param'
  readonly name: string
  readonly span: Span
  readonly work: () => Value | undefined
  state: 'new' | 'busy' | 'done'
  value: Value | undefined
}

export type Scope = { readonly names: Map<string, Binding>; readonly outer?: Scope }

export const openScope = (outer?: Scope): Scope => (outer === undefined ? { names: new Map() } : { names: new Map(), outer })

/** Puts a name into a scope; returns what already stands under it there, which is then left alone. */
export function declare(scope: Scope, name: string, binding: Binding): Binding | undefined {
  const before = scope.names.get(name)
  if (before === undefined) scope.names.set(name, binding)
  return before
}

export function find(scope: Scope, name: string): Binding | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
    const binding = at.names.get(name)
    if (binding !== undefined) return binding
  }
  return undefined
}

/** Every name that can be said here, nearest first. */
export function visible(scope: Scope, wanted: (binding: Binding) => boolean = () => true): readonly string[] {
  const names = new Set<string>()
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
    for (const [name, binding] of at.names) if (wanted(binding)) names.add(name)
  }
  return [...names]
}

/** The nearest spelling among the names that can be said here. */
export const nearest = (scope: Scope, name: string, wanted?: (binding: Binding) => boolean): Suggestion | undefined =>
  nearestWord(name, visible(scope, wanted))

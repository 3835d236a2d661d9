// The public face, and the flow on one screen:
//
//   text ─openScript─▶ Opened ─compile─▶ Film (program, plan) ─make─▶ Event… ─▶ Made (outcome, deliveries)
//
// `openScript` reads, `compile` decides and prices, `make` is the only step that can cost anything.
import type { Film } from './compile.ts'
import { compile } from './compile.ts'
import type { Diagnostic } from './lang/diagnostic.ts'
import type { Made, MakeOptions } from './make.ts'
import { make } from './make.ts'
import type { FilmOptions } from './open-script.ts'
import { openScript } from './open-script.ts'
import { openNodeWorld } from './world.node.ts'

export type { Film } from './compile.ts'
export type { Diagnostic } from './lang/diagnostic.ts'
export type { Plan } from './lang/plan.ts'
export type { Made, MakeOptions } from './make.ts'
export type { FilmOptions } from './open-script.ts'
export type { Stamped } from './runtime/event.ts'
export { compile, make, openNodeWorld, openScript }

/** A film that could not be planned: what its writer has to mend. */
export type Refused = { readonly diagnostics: readonly Diagnostic[] }

/** From the absolute path of a script to a plan, or to what is wrong with it. Makes nothing and needs no network. */
export async function planFilm(script: string, options: FilmOptions): Promise<Film | Refused> {
  const opened = openScript(script)
  const film = await compile(opened, options, openNodeWorld(), process.env)
  return film ?? { diagnostics: opened.reporter.diagnostics() }
}

/** From a plan to a film on the disk. */
export function makeFilm(film: Film, options: Omit<MakeOptions, 'world'>): Promise<Made> {
  return make(film, { ...options, world: openNodeWorld() })
}

// The canvases that hosts sell by name, lying and standing, with what a second of each costs on the fast and the pro model.
import type { Size } from '../lang/program.ts'

/** Prices in dollars a second. */
export type Tier = { readonly name: string; readonly sizes: readonly Size[]; readonly fast: number; readonly pro: number }

export const tier = (name: string, width: number, height: number, fast: number, pro: number): Tier => ({
  name,
  sizes: [
    { width, height },
    { width: height, height: width },
  ],
  fast,
  pro,
})

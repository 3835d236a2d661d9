// Which face a run gets, and what every face can do. A terminal gets the live view, everything else a line an event,
// `--quiet` its failures alone, `--json` the events themselves. The live view and its packages are loaded only when it is chosen.
import type { Plan } from '../lang/plan.ts'
import type { Screen, ScreenOptions, Stream } from './stream.ts'

export type { Screen, ScreenOptions, Stream } from './stream.ts'

export type Face = 'tui' | 'plain' | 'quiet' | 'json'

type Setting = {
  readonly json?: boolean
  readonly noTui?: boolean
  readonly quiet?: boolean
  readonly isTTY: boolean
  readonly env: Readonly<Record<string, string | undefined>>
}

const set = (value: string | undefined): boolean => value !== undefined && value !== ''

/** Nobody watches: a build server. */
export const isCi = (env: Readonly<Record<string, string | undefined>>): boolean => set(env.CI) && env.CI !== '0' && env.CI !== 'false'

/** `--json` wins, then `--quiet`; then the live view, where there is a terminal that can move its cursor and nobody said no. */
export function chooseScreen({ json = false, quiet = false, noTui = false, isTTY, env }: Setting): Face {
  if (json) return 'json'
  if (quiet) return 'quiet'
  const dumb = env.TERM === 'dumb' || env.TERM === ''
  return isTTY && !noTui && !dumb && !isCi(env) ? 'tui' : 'plain'
}

/** Colour: `--no-color` and NO_COLOR say no, FORCE_COLOR says yes (0: no), else a terminal that is not dumb has it. */
export function chooseColour({
  noColour = false,
  isTTY,
  env,
}: Omit<Setting, 'json' | 'noTui' | 'quiet'> & { readonly noColour?: boolean }): boolean {
  if (noColour || set(env.NO_COLOR)) return false
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return isTTY && env.TERM !== 'dumb'
}

export async function openScreen(face: Face, plan: Plan, stream: Stream, options: ScreenOptions): Promise<Screen> {
  switch (face) {
    case 'tui': {
      const { openTui } = await import('./tui.ts')
      return openTui(plan, stream, options)
    }
    case 'plain': {
      const { openPlain } = await import('./plain.ts')
      return openPlain(plan, stream, options)
    }
    case 'quiet': {
      const { openQuiet } = await import('./quiet.ts')
      return openQuiet(plan, stream, options)
    }
    case 'json': {
      const { openJson } = await import('./json.ts')
      return openJson(stream)
    }
  }
}

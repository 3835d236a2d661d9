// `ltx plan`: what would be made, why, and for how much. Needs no key and no network, and makes nothing.

import type { Film } from '../compile.ts'
import { openScript } from '../open-script.ts'
import { planJson } from '../report/plan-json.ts'
import { planShotText } from '../report/plan-shot-text.ts'
import { planText } from '../report/plan-text.ts'
import { safeText } from '../safe-text.ts'
import { knownPath, planFilms, rungOf, scriptOf, showDiagnostics, staleOf, wantedFilms } from './film.ts'
import type { Call, Io } from './io.ts'

export async function plan(call: Call, io: Io): Promise<number> {
  const opened = openScript(await scriptOf(call, io))
  const { options } = call
  for (const film of await planFilms(wantedFilms(call, opened, io), rungOf(call), opened, io)) {
    const shot = options.value('shot')
    if (options.has('json')) io.stdout.write(planJson(film.plan))
    else if (shot !== undefined) io.stdout.write(shotText(film, shot, io))
    else io.stdout.write(releasedText(film) + planText(film.plan, { colour: io.colour, width: io.width, verbose: options.has('verbose') }))
  }
  if (!io.quiet) showDiagnostics(opened, io)
  return 0
}

const releasedText = (film: Film): string => {
  const stale = staleOf(film)
  return stale === undefined ? '' : `${safeText(stale)}\n`
}

function shotText(film: Film, name: string, io: Io): string {
  return planShotText(film.program, film.plan, knownPath(name, film, io), { colour: io.colour, width: io.width })
}

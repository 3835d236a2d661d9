// `ltx plan`: what would be made, why, and for how much. Needs no key and no network, and makes nothing.

import type { Film } from '../compile.ts'
import { openScript } from '../open-script.ts'
import { planJson } from '../report/plan-json.ts'
import { planShotText } from '../report/plan-shot-text.ts'
import { planText } from '../report/plan-text.ts'
import { safeText } from '../safe-text.ts'
import { ceilingsOf, rungPrice } from './budget.ts'
import { knownPath, planFilms, rungOf, scriptOf, showDiagnostics, staleOf, typedFilm, type Wanted, wantedFilms } from './film.ts'
import type { Call, Io } from './io.ts'

export async function plan(call: Call, io: Io): Promise<number> {
  const opened = openScript(await scriptOf(call, io))
  const { options } = call
  const wanted = wantedFilms(call, opened, io)
  for (const [index, film] of (await planFilms(wanted, rungOf(call), opened, io)).entries()) {
    const shot = options.value('shot')
    if (options.has('json')) io.stdout.write(planJson(film.plan))
    else if (shot !== undefined) io.stdout.write(await shotText(film, shot, io))
    else {
      const next = await nextRung(film, wanted[index] ?? {}, io)
      const look = {
        colour: io.colour,
        width: io.width,
        verbose: options.has('verbose'),
        script: typedFilm(film, io),
        ceilings: (await ceilingsOf(film, io)).film,
      }
      io.stdout.write(releasedText(film) + planText(film.plan, next === undefined ? look : { ...look, next }))
    }
  }
  if (!io.quiet) showDiagnostics(opened, io)
  return 0
}

const rungAfter = { animatic: 'draft', draft: 'final', final: undefined } as const

/** What the ladder's next rung would cost; nothing where it cannot be planned. */
async function nextRung(film: Film, wanted: Wanted, io: Io) {
  const rung = rungAfter[film.plan.rung]
  const price = rung === undefined ? undefined : await rungPrice(film, rung, wanted, io)
  return rung === undefined || price === undefined ? undefined : { rung, price }
}

const releasedText = (film: Film): string => {
  const stale = staleOf(film)
  return stale === undefined ? '' : `${safeText(stale)}\n`
}

async function shotText(film: Film, name: string, io: Io): Promise<string> {
  const path = knownPath(name, film, io)
  const ceiling = (await ceilingsOf(film, io)).shots.get(path)
  const look = { colour: io.colour, width: io.width, ...(ceiling === undefined ? {} : { ceiling }) }
  return planShotText(film.program, film.plan, path, look)
}

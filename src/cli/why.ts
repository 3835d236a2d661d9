// `ltx why SHOT`: what decides that a shot is kept, made again or cut again.
import { openScript } from '../open-script.ts'
import { whyText } from '../report/why-text.ts'
import { knownPath, planFilm, rungOf, scriptOf, typedFilm, wantedFilms } from './film.ts'
import type { Call, Io } from './io.ts'

export async function why(call: Call, io: Io): Promise<number> {
  const opened = openScript(await scriptOf(call, io))
  for (const wanted of wantedFilms(call, opened, io)) {
    const film = await planFilm(opened, wanted, rungOf(call), io)
    const path = knownPath(call.words[0] ?? '', film, io)
    io.stdout.write(whyText(film.plan, path, { colour: io.colour, width: io.width, script: typedFilm(film, io) }))
  }
  return 0
}

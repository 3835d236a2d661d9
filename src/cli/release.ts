// `ltx release`: the film, or an episode of a series, is out. Written into its lock; from then on it is made again only
// on somebody's word.
import { openScript } from '../open-script.ts'
import { exitCode } from '../report/exit.ts'
import { openLockFile } from '../runtime/lock-file.ts'
import { safeText } from '../safe-text.ts'
import { planFilm, scriptOf, showDiagnostics, wantedFilms } from './film.ts'
import type { Call, Io } from './io.ts'

export async function release(call: Call, io: Io): Promise<number> {
  const opened = openScript(await scriptOf(call, io))
  const out = !call.options.has('undo')
  for (const wanted of wantedFilms(call, opened, io)) {
    const film = await planFilm(opened, wanted, 'final', io)
    const lock = await openLockFile(io.world.files, film.lockPath, `${film.journalName}.lock`, opened.reporter)
    if (lock === undefined) {
      showDiagnostics(opened, io)
      return exitCode('script')
    }
    lock.release(out)
    await lock.save()
    io.stdout.write(`${safeText(film.plan.film.title)} ${out ? 'is released: it never changes by itself' : 'is no longer released'}\n`)
  }
  return 0
}

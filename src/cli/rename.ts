// `ltx rename OLD NEW`: what was made under one path is now another's. Written into the lock; nothing is made again,
// since a shot's seed goes on deriving from the path it was first made under.
import { openScript } from '../open-script.ts'
import { exitCode } from '../report/exit.ts'
import { openLockFile } from '../runtime/lock-file.ts'
import { safeText } from '../safe-text.ts'
import { knownPath, planFilm, scriptOf, showDiagnostics, typedScript, wantedFilms } from './film.ts'
import type { Call, Io } from './io.ts'

export async function rename(call: Call, io: Io): Promise<number> {
  const opened = openScript(await scriptOf(call, io))
  const [wanted] = wantedFilms(call, opened, io)
  const film = await planFilm(opened, wanted ?? {}, 'final', io)
  const [from = '', to = ''] = call.words
  const path = knownPath(to, film, io)
  const lock = await openLockFile(io.world.files, film.lockPath, `${film.journalName}.lock`, opened.reporter)
  if (lock === undefined) {
    showDiagnostics(opened, io)
    return exitCode('script')
  }
  const known = [...lock.lock().jobs.keys()].some((id) => id === from || id.startsWith(`${from}@`))
  if (!known) {
    io.stderr.write(`ltx: the lock knows no clip of \`${safeText(from)}\`\n  see what it offers: ltx plan ${typedScript(opened, io)}\n`)
    return exitCode('usage')
  }
  if (film.program.items.some((item) => item.path === from)) {
    io.stderr.write(`ltx: the script still has \`${safeText(from)}\`\n  rename it there first\n`)
    return exitCode('usage')
  }
  // Of a shot renamed twice, the first name is the one its seed derives from.
  lock.move(lock.lock().moves.get(from) ?? from, path)
  await lock.save()
  io.stdout.write(`the clips of ${safeText(from)} are now those of ${safeText(path)}\n`)
  return 0
}

// `ltx pick SHOT N`: the choice of a take, written into the lock. Makes nothing; the next render cuts it in.
import { openScript } from '../open-script.ts'
import { exitCode } from '../report/exit.ts'
import { openLockFile } from '../runtime/lock-file.ts'
import { safeText } from '../safe-text.ts'
import { knownPath, planFilm, scriptOf, showDiagnostics, wantedFilms } from './film.ts'
import type { Call, Io } from './io.ts'

export async function pick(call: Call, io: Io): Promise<number> {
  const opened = openScript(await scriptOf(call, io))
  const [wanted] = wantedFilms(call, opened, io)
  const film = await planFilm(opened, wanted ?? {}, 'final', io)
  const [shot = '', number = ''] = call.words
  const path = knownPath(shot, film, io)
  const most = film.plan.lines.find((line) => line.path === path)?.takes ?? 1
  const take = /^[1-9]\d{0,3}$/.test(number) ? Number(number) : 0
  if (take < 1 || take > most) {
    io.stderr.write(
      `ltx: ${safeText(path)} has ${most === 1 ? 'one take' : `the takes 1 to ${most}`}, not \`${safeText(number)}\`\n  more of them: \`takes ${Math.max(take, most + 1)}\` in its block\n`,
    )
    return exitCode('usage')
  }
  const lock = await openLockFile(io.world.files, film.lockPath, `${film.journalName}.lock`, opened.reporter)
  if (lock === undefined) {
    showDiagnostics(opened, io)
    return exitCode('script')
  }
  lock.pick(path, take)
  await lock.save()
  io.stdout.write(`take ${take} of ${safeText(path)} it is; the next render cuts it in\n`)
  return 0
}

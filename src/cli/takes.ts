// `ltx takes SHOT`: the takes of a shot that are made, which one is in the film, and a sheet that shows them side by side.
import { join, relative } from 'node:path'
import type { Film } from '../compile.ts'
import { outputOf } from '../deliver.ts'
import type { Job } from '../lang/plan.ts'
import { timecode } from '../lang/time.ts'
import { openScript } from '../open-script.ts'
import { exitCode } from '../report/exit.ts'
import { safeText } from '../safe-text.ts'
import { knownPath, planFilm, rungOf, scriptOf, typedFilm, wantedFilms } from './film.ts'
import type { Call, Io } from './io.ts'

export type TakeLine = {
  readonly take: number
  readonly picked: boolean
  readonly made: boolean
  readonly frames: number
  readonly seed: number | null
  readonly file: string | null
  readonly sha256: string | null
}

/** The last job of each take: its file is the take. */
function takesOf(film: Film, path: string): readonly { readonly take: number; readonly job: Job }[] {
  const last = new Map<number, Job>()
  for (const job of film.plan.jobs) if (job.path === path) last.set(job.take, job)
  return [...last].map(([take, job]) => ({ take, job })).sort((a, b) => a.take - b.take)
}

export async function takes(call: Call, io: Io): Promise<number> {
  const opened = openScript(await scriptOf(call, io))
  const [wanted] = wantedFilms(call, opened, io)
  const film = await planFilm(opened, wanted ?? {}, rungOf(call), io)
  const path = knownPath(call.words[0] ?? '', film, io)
  const found = takesOf(film, path)
  const picked = film.lock.picks.get(path) ?? 1
  const lines = found.map(({ take, job }): TakeLine => {
    const first = film.plan.jobs.find((one) => one.path === path && one.take === take && one.step === 0)
    const { made } = job
    return {
      take,
      picked: take === Math.min(picked, found.length),
      made: made !== undefined,
      frames: made?.delivered.frames ?? job.request.frames,
      seed: first?.request.seed ?? null,
      file: made === undefined ? null : film.peek.pathOf(made.sha256),
      sha256: made?.sha256 ?? null,
    }
  })
  if (call.options.has('json')) {
    io.stdout.write(`${JSON.stringify({ v: 1, shot: path, takes: lines })}\n`)
    return 0
  }
  for (const line of lines) {
    const state = line.made
      ? `${timecode(line.frames, film.plan.film.rate)}  ${safeText(relative(io.cwd, line.file ?? ''))}`
      : 'not made yet'
    io.stdout.write(`${line.picked ? '▸' : ' '} take ${line.take}  ${line.seed === null ? 'no seed ' : `seed ${line.seed}`}  ${state}\n`)
  }
  const there = lines.filter((line) => line.made)
  if (there.length === 0) {
    io.stdout.write(
      `nothing is made yet: ltx render ${typedFilm(film, io)}${film.namespace === 'animatic' ? ' --animatic' : ''} --only ${path}\n`,
    )
    return exitCode('ok')
  }
  const sheet = await writeSheet(film, path, there, io)
  io.stdout.write(`side by side  ${safeText(relative(io.cwd, sheet))}\nnext          ltx pick ${typedFilm(film, io)} ${path} N\n`)
  return 0
}

async function writeSheet(film: Film, path: string, lines: readonly TakeLine[], io: Io): Promise<string> {
  const { takesSheet } = await import('../media/sheet.ts')
  const output = outputOf(film)
  const sheet = join(output, '..', `${path.replaceAll('/', '-')}.takes.png`)
  const png = await takesSheet({
    path,
    takes: lines.map((line) => ({
      take: line.take,
      ...(line.file === null ? {} : { file: line.file }),
      frames: line.frames,
      picked: line.picked,
      ...(line.seed === null ? {} : { note: String(line.seed) }),
    })),
    rate: film.plan.film.rate,
    size: film.plan.film.size,
    tool: film.tool,
    signal: new AbortController().signal,
  })
  await io.world.files.makeFolder(join(sheet, '..'))
  await io.world.files.writeWhole(sheet, png)
  return sheet
}

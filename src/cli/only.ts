// `--only`: which items of a film are meant: a shot, a scene, or whatever failed last time.

import type { Film } from '../compile.ts'
import { closest } from '../lang/suggest.ts'
import { exitCode } from '../report/exit.ts'
import { journalFolder, parseJournal } from '../runtime/journal.ts'
import { safeText } from '../safe-text.ts'
import type { Call, Io } from './io.ts'
import { Stop } from './io.ts'

/** Paths of the items that are meant; undefined: all. */
export async function onlyPaths(film: Film, call: Call, io: Io): Promise<ReadonlySet<string> | undefined> {
  const wanted = call.options.values('only')
  if (wanted.length === 0) return undefined
  const found = new Set<string>()
  for (const name of wanted) {
    const paths =
      name === 'failed'
        ? await failedPaths(film, io)
        : film.program.items.filter((item) => item.path === name || item.scene === name).map((item) => item.path)
    if (paths.length === 0) refuse(name, film, io)
    for (const path of paths) found.add(path)
  }
  return found
}

function refuse(name: string, film: Film, io: Io): never {
  if (name === 'failed') {
    io.stderr.write('ltx: nothing failed last time\n  ltx render makes what is missing\n')
    throw new Stop(exitCode('ok'))
  }
  const known = [
    ...film.program.items.map((item) => item.path),
    ...new Set(film.program.items.map((item) => item.scene).filter((scene) => scene !== '')),
  ]
  const near = closest(name, known)
  io.stderr.write(
    `ltx: the film has no shot and no scene \`${safeText(name)}\`\n  ${near === undefined ? `it has ${safeText(known.slice(0, 8).join(', '))}` : `did you mean \`${safeText(near)}\`?`}\n`,
  )
  throw new Stop(exitCode('usage'))
}

/** So many runs are looked back on. */
const mostRuns = 50

/** Items of which a job failed, or could not begin, when it was last tried. Runs in which nobody tried it say nothing of it. */
async function failedPaths(film: Film, io: Io): Promise<readonly string[]> {
  const folder = journalFolder(film.dotLtx, film.journalName, io.world.sha256)
  const { files } = io.world
  const runs = await Promise.all(
    [folder, `${folder}/done`].map(async (place) =>
      (await files.exists(place))
        ? (await files.list(place)).filter((name) => name.endsWith('.ndjson')).map((name) => ({ name, path: `${place}/${name}` }))
        : [],
    ),
  )
  const latest = runs
    .flat()
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .slice(-mostRuns)
  const failed = new Set<string>()
  for (const { path } of latest) {
    for (const event of parseJournal(await files.readText(path), path).events) {
      if (event.type === 'job.failed' || event.type === 'job.blocked' || event.type === 'job.uncertain') failed.add(event.job)
      if (event.type === 'job.stored') failed.delete(event.job)
    }
  }
  return [...new Set(film.plan.jobs.filter((job) => failed.has(job.id) && job.made === undefined).map((job) => job.path))]
}

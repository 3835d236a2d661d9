// From made clips to what a person holds: the film, its captions, its contact sheet, and every other file the script
// asks to have delivered. A film whose parts have not changed is not cut again.
import { createHash } from 'node:crypto'
import { basename, dirname, extname, join, relative } from 'node:path'
import type { Film } from './compile.ts'
import { ProviderFailure } from './failure.ts'
import { canonicalJson } from './lang/key.ts'
import type { Adjusted, Delivered, JobId, Request } from './lang/plan.ts'
import { layCaptions, toSrt, toVtt } from './media/captions.ts'
import { deliver } from './media/delivery.ts'
import { makeFilm } from './media/film.ts'
import type { House } from './media/house.ts'
import type { Keep } from './media/lettering.ts'
import { drawCaption, drawTitle } from './media/lettering.ts'
import type { Overlay } from './media/pieces.ts'
import { probe } from './media/probe.ts'
import { contactSheet } from './media/sheet.ts'
import { makeSound } from './media/sound.ts'
import { layoutOf } from './providers/animatic/layout.ts'
import { differenceOf, isAsAdjusted } from './runtime/adjust.ts'
import type { Check, CutFiles, CutMade } from './runtime/run.ts'
import type { Files } from './world.ts'

/** What lies on the disk after a cut. Absolute paths. */
export type Deliveries = {
  readonly film: string
  readonly sheet: string
  readonly captions: readonly string[]
  readonly others: readonly string[]
  readonly cutAgain: boolean
}

type Setting = { readonly scratch: string; readonly signal: AbortSignal; readonly files: Files }

export type FilmCut = {
  readonly check: Check
  make(files: CutFiles, report: (progress: number, phase: string) => void): Promise<CutMade>
  made(): Deliveries | undefined
}

/** Raise when the same parts would be cut into another film. */
const generation = 2
const titleFade = 0.25

/** Where the film goes: the lower rungs beside the real one, never over it. */
export function outputOf(film: Film, output = film.plan.film.output): string {
  const { rung } = film.plan
  const path = join(film.opened.root, output)
  if (rung === 'final') return path
  const end = extname(path)
  return `${path.slice(0, path.length - end.length)}.${rung}${end}`
}

const houseOf = (film: Film): House => ({
  size: film.plan.film.size,
  rate: film.plan.film.rate,
  quality: film.plan.house,
})

export function openCut(film: Film, setting: Setting): FilmCut {
  let made: Deliveries | undefined
  return {
    check: (path, request, adjusted) => checkClip(film, path, request, adjusted),
    async make(files, report) {
      const result = await cutFilm(film, files, setting, report)
      made = result.deliveries
      return result.made
    },
    made: () => made,
  }
}

/** Is the file what was asked for, or what its host says it made instead? */
async function checkClip(film: Film, path: string, request: Request, adjusted: Adjusted | undefined): Promise<Delivered> {
  const delivered = await probe(path)
  const known = film.capabilities.get(request.provider.split('/')[0] ?? '')
  const fit = { ready: known?.ready === true, ...(known?.slack === undefined ? {} : { slack: known.slack }) }
  const wrong = differenceOf(delivered, request, fit)
  if (wrong === undefined || (adjusted !== undefined && isAsAdjusted(delivered, request, adjusted, fit))) return delivered
  throw new ProviderFailure({
    kind: 'mismatch',
    message: `the clip is not what was asked for: ${wrong}`,
    next: 'run again to have it made once more',
    retry: true,
  })
}

type Cutting = { readonly deliveries: Deliveries; readonly made: CutMade }

async function cutFilm(film: Film, files: CutFiles, setting: Setting, report: (progress: number, phase: string) => void): Promise<Cutting> {
  const { plan } = film
  const output = outputOf(film)
  const key = cutKey(film, files)
  const record = join(film.dotLtx, film.namespace, `film-${film.journalName}.json`)
  const before = await readRecord({ path: record, key, root: film.opened.root }, setting.files)
  if (before !== undefined) return before
  await setting.files.makeFolder(dirname(output))
  await setting.files.makeFolder(setting.scratch)
  const clips = new Map<JobId, string>()
  for (const { job } of plan.cut.clips) clips.set(job, await files.open(job))
  report(0.02, 'letters')
  const overlays = await drawOverlays(film, setting)
  const sound = await makeSound({
    cut: plan.cut,
    rate: plan.film.rate,
    files: clips,
    assets: new Map(plan.cut.beds.map((bed) => [bed.path, join(film.opened.root, bed.path)])),
    delivered: heardOf(film, files),
    ...(plan.film.loudness === undefined ? {} : { loudness: plan.film.loudness }),
    tool: film.tool,
    scratch: setting.scratch,
    signal: setting.signal,
    onProgress: (done, phase) => report(0.05 + 0.45 * done, phase),
  })
  await makeFilm({
    cut: plan.cut,
    house: houseOf(film),
    files: clips,
    overlays,
    sound,
    tags: { title: plan.film.title, comment: disclosure(film) },
    output,
    scratch: setting.scratch,
    tool: film.tool,
    signal: setting.signal,
    onProgress: (phase, done) => report(0.5 + (phase === 'picture' ? 0.35 * done : 0.35 + 0.05 * done), phase),
  })
  const measured = sound.loudness === undefined ? {} : { loudness: sound.loudness }
  // Each of these reads what is finished, and none waits for another.
  const works = [
    writeCaptions(film, output, setting),
    writeSheet(film, clips, output, setting),
    deliverOthers(film, { output, ...measured }, setting, report),
    setting.files.sha256(output),
  ] as const
  // All of them end, also when one fails: nothing goes on writing behind a run that has ended.
  await Promise.allSettled(works)
  const [captions, sheet, others, sha256] = await Promise.all(works)
  report(1, 'done')
  const made: CutMade = { output, sha256, frames: plan.cut.frames, ...measured }
  const deliveries: Deliveries = { film: output, sheet, captions, others, cutAgain: true }
  await writeRecord({ path: record, key, root: film.opened.root }, { deliveries, made }, setting.files)
  return { deliveries, made }
}

/** What each clip brings to the sound: a muted one brings none. */
function heardOf(film: Film, files: CutFiles): ReadonlyMap<JobId, Delivered> {
  const muted = new Set(film.plan.cut.clips.filter((clip) => clip.muted).map((clip) => clip.job))
  return new Map([...files.made].map(([id, { delivered }]) => [id, muted.has(id) ? { ...delivered, soundSamples: 0 } : delivered]))
}

/** What a viewer is told by the file itself. */
function disclosure(film: Film): string {
  const models = [...new Set(film.plan.jobs.filter((job) => job.provider !== 'cut').map((job) => job.request.model))].sort()
  if (film.plan.rung === 'animatic') return 'animatic made with ltx'
  return models.length === 0 ? 'made with ltx' : `contains pictures and sound generated by ${models.join(', ')}; made with ltx`
}

/** The bands that an animatic's clips have under a stretch of the film: words of ours stay out of them. */
function bandsUnder({ plan }: Film, from: number, to: number): { readonly keep?: Keep } {
  const shown = new Set(plan.cut.clips.filter((clip) => clip.start < to && clip.start + clip.frames > from).map((clip) => clip.job))
  const paths = new Set(plan.jobs.filter((job) => shown.has(job.id)).map((job) => job.path))
  const slated = plan.jobs.filter((job) => paths.has(job.path) && job.request.slate !== undefined)
  if (slated.length === 0) return {}
  const { top, bottom } = layoutOf(
    plan.film.size,
    1,
    slated.some((job) => job.request.operation === 'audio-to-video'),
  )
  return { keep: { top, bottom } }
}

/** Titles and burned-in captions as pictures with their times. */
async function drawOverlays(film: Film, setting: Setting): Promise<readonly Overlay[]> {
  const { cut, film: what } = film.plan
  const overlays: Overlay[] = []
  const add = async (png: Uint8Array, from: number, to: number, fadeFrames: number): Promise<void> => {
    const path = join(setting.scratch, `letters-${overlays.length}.png`)
    await setting.files.writeWhole(path, png)
    overlays.push({ png: path, from, to, fadeFrames })
  }
  const fade = Math.round((titleFade * what.rate.num) / what.rate.den)
  for (const { text, below, style, from, to } of cut.titles) {
    if (to > from)
      await add(
        drawTitle({ text, style, size: what.size, ...(below === undefined ? {} : { below }), ...bandsUnder(film, from, to) }),
        from,
        to,
        Math.min(fade, Math.floor((to - from) / 2)),
      )
  }
  if (cut.captions?.burn === true) {
    for (const caption of layCaptions(cut.captions.cues, what.rate, cut.frames)) {
      const text = caption.lines.join('\n')
      await add(drawCaption({ text, size: what.size, ...bandsUnder(film, caption.from, caption.to) }), caption.from, caption.to, 0)
    }
  }
  return overlays
}

const beside = (output: string, end: string): string => join(dirname(output), `${basename(output, extname(output))}${end}`)

async function writeCaptions(film: Film, output: string, { files }: Setting): Promise<readonly string[]> {
  const { captions, frames } = film.plan.cut
  if (captions === undefined) return []
  const laid = layCaptions(captions.cues, film.plan.film.rate, frames)
  const texts = [
    [beside(output, '.srt'), toSrt(laid, film.plan.film.rate)],
    [beside(output, '.vtt'), toVtt(laid, film.plan.film.rate)],
  ] as const
  for (const [path, text] of texts) await files.writeWhole(path, text)
  return texts.map(([path]) => path)
}

async function writeSheet(film: Film, clips: ReadonlyMap<JobId, string>, output: string, setting: Setting): Promise<string> {
  const { plan } = film
  const path = beside(output, '.sheet.png')
  const png = await contactSheet({
    title: plan.film.title,
    cut: plan.cut,
    rate: plan.film.rate,
    size: plan.film.size,
    files: clips,
    tool: film.tool,
    scratch: setting.scratch,
    signal: setting.signal,
  })
  await setting.files.writeWhole(path, png)
  return path
}

async function deliverOthers(
  film: Film,
  made: { readonly output: string; readonly loudness?: number },
  setting: Setting,
  report: (progress: number, phase: string) => void,
): Promise<readonly string[]> {
  const paths: string[] = []
  for (const delivery of film.plan.cut.deliveries) {
    report(0.92, `deliver ${delivery.name}`)
    const target = outputOf(film, delivery.output)
    await setting.files.makeFolder(dirname(target))
    await deliver({
      film: made.output,
      size: film.plan.film.size,
      rate: film.plan.film.rate,
      ...(made.loudness === undefined ? {} : { measured: made.loudness }),
      delivery,
      output: target,
      tool: film.tool,
      signal: setting.signal,
    })
    paths.push(target)
  }
  return paths
}

// ---- the film that is there already -------------------------------------------------------------------------

/** The hash of everything that decides the finished file. */
function cutKey(film: Film, files: CutFiles): string {
  const { plan } = film
  const clips = plan.cut.clips.map(({ path, job, ...place }) => ({ ...place, name: path, sha256: files.made.get(job)?.sha256 ?? '' }))
  const { size, rate, loudness, title, output } = plan.film
  const spanless = JSON.parse(
    JSON.stringify({ ...plan.cut, clips }, (name, value: unknown) => (name === 'span' ? undefined : value)),
  ) as unknown
  return createHash('sha256')
    .update(canonicalJson({ generation, tool: film.tool.version, rung: plan.rung, cut: spanless, size, rate, loudness, title, output }))
    .digest('hex')
}

/** Where a cut is written down. The paths in it are those of the project, so that a folder that was moved or copied finds its own film. */
type Place = { readonly path: string; readonly key: string; readonly root: string }
type Kept = { readonly key: string; readonly cutting: Cutting; readonly files: Readonly<{ [path: string]: Written }> }
/** A file as it was when it was written. */
type Written = { readonly bytes: number; readonly mtimeMs: number; readonly sha256: string }

async function writtenAt(path: string, files: Files, known?: string): Promise<Written> {
  const { bytes, mtimeMs } = await files.stat(path)
  return { bytes, mtimeMs, sha256: known ?? (await files.sha256(path)) }
}

/** One that nobody has touched since is not read; one that was copied or put back is compared byte for byte. */
async function isAsWritten(path: string, { bytes, mtimeMs, sha256 }: Written, files: Files): Promise<boolean> {
  const now = await files.stat(path)
  if (now.bytes !== bytes) return false
  return now.mtimeMs === mtimeMs || (await files.sha256(path)) === sha256
}

const pathsOf = ({ film, sheet, captions, others }: Deliveries): readonly string[] => [film, sheet, ...captions, ...others]

/** The same cut with every path passed through `move`. */
function withPaths({ deliveries, made }: Cutting, move: (path: string) => string): Cutting {
  const { film, sheet, captions, others } = deliveries
  const moved = { film: move(film), sheet: move(sheet), captions: captions.map(move), others: others.map(move) }
  return { deliveries: { ...deliveries, ...moved }, made: { ...made, output: move(made.output) } }
}

/** The last cut, when it was of the very same parts and its files still lie there. */
async function readRecord({ path, key, root }: Place, files: Files): Promise<Cutting | undefined> {
  try {
    // Written by us; whatever does not fit its shape throws or differs, and the film is cut again.
    const kept = JSON.parse(await files.readText(path)) as Kept
    if (kept.key !== key) return undefined
    for (const name of pathsOf(kept.cutting.deliveries)) {
      const written = kept.files[name]
      if (written === undefined || !(await isAsWritten(join(root, name), written, files))) return undefined
    }
    const { made, deliveries } = withPaths(kept.cutting, (name) => join(root, name))
    return { made, deliveries: { ...deliveries, cutAgain: false } }
  } catch {
    return undefined
  }
}

async function writeRecord({ path, key, root }: Place, cutting: Cutting, files: Files): Promise<void> {
  const inside = withPaths(cutting, (name) => relative(root, name))
  const written = await Promise.all(
    pathsOf(inside.deliveries).map(async (name) => {
      const known = name === inside.made.output ? inside.made.sha256 : undefined
      return [name, await writtenAt(join(root, name), files, known)] as const
    }),
  )
  const kept: Kept = { key, cutting: inside, files: Object.fromEntries(written) }
  await files.writeWhole(path, `${JSON.stringify(kept)}\n`)
}

// The film's timeline: where each item starts, what plays under it, what is written over it. Pure arithmetic in
// whole frames; an item that dissolves or wipes into the next one overlaps it.
import type { AssetFacts, Cue, Cut, CutClip, JobId, PlacedBed, PlacedTitle } from '../plan.ts'
import type { Bed, Item, Line, Over, Program, Title, Transition } from '../program.ts'

/** An item with its length and start in film frames. */
export type Placed = { readonly item: Item; readonly start: number; readonly frames: number }

const overlapOf = (into: Transition): number => (into.kind === 'dissolve' || into.kind === 'wipe' ? into.frames : 0)

/** Lays the items end to end, less what overlaps. */
export function placeItems(items: readonly Item[], lengthOf: (item: Item) => number): readonly Placed[] {
  let start = 0
  return items.map((item) => {
    const frames = lengthOf(item)
    const placed = { item, start, frames }
    start += frames - overlapOf(item.into)
    return placed
  })
}

export function filmFrames(placed: readonly Placed[]): number {
  const last = placed.at(-1)
  return last === undefined ? 0 : last.start + last.frames
}

/** The frames `[from, to)` that a scene, an item or a stretch from one to another covers. */
export function stretchOf(over: Over | undefined, placed: readonly Placed[]): { readonly from: number; readonly to: number } {
  if (over === undefined) return { from: 0, to: filmFrames(placed) }
  const named = (path: string): readonly Placed[] => placed.filter(({ item }) => item.path === path || item.scene === path)
  const first = named(over.from)[0]
  const last = named(over.to).at(-1)
  if (first === undefined || last === undefined) return { from: 0, to: 0 }
  return { from: first.start, to: last.start + last.frames }
}

/** Where a bed lies on the timeline. */
export function placeBed(bed: Bed, placed: readonly Placed[], facts: ReadonlyMap<string, AssetFacts>): PlacedBed {
  const { over, asset, ...rest } = bed
  return { ...rest, path: asset.path, sha256: facts.get(asset.path)?.sha256 ?? '', ...stretchOf(over, placed) }
}

function placeTitle(title: Title, placed: readonly Placed[]): PlacedTitle {
  const { over, ...rest } = title
  const stretch = stretchOf(over, placed)
  return { ...rest, from: Math.min(stretch.from + title.from, stretch.to), to: Math.min(stretch.from + title.to, stretch.to) }
}

const wordsIn = (text: string): number => Math.max(1, text.split(/\s+/).filter(Boolean).length)

/** Shares a stretch among its lines by how many words each has. */
function shareOut(lines: readonly Line[], from: number, to: number): readonly Cue[] {
  const total = lines.reduce((sum, line) => sum + wordsIn(line.text), 0)
  let spoken = 0
  return lines.map((line) => {
    const start = from + Math.round(((to - from) * spoken) / total)
    spoken += wordsIn(line.text)
    return { from: start, to: from + Math.round(((to - from) * spoken) / total), who: line.who ?? '', text: line.text }
  })
}

/** Lines of dialogue over the link of the shot in which they are said. */
function cuesOf({ item, start, frames }: Placed): readonly Cue[] {
  if (item.kind !== 'shot') return []
  const extended = item.steps.reduce((sum, step) => sum + (step.kind === 'extend' ? step.frames : 0), 0)
  const before = item.steps.reduce((sum, step) => sum + (step.kind === 'extend' && step.at === 'start' ? step.frames : 0), 0)
  const cues = [...shareOut(item.words.say, start + before, start + before + frames - extended)]
  let end = start + before + frames - extended
  let head = start + before
  for (const step of item.steps) {
    if (step.kind !== 'extend') continue
    const from = step.at === 'end' ? end : head - step.frames
    if (step.words.say !== item.words.say) cues.push(...shareOut(step.words.say, from, from + step.frames))
    if (step.at === 'end') end += step.frames
    else head -= step.frames
  }
  return cues.sort((a, b) => a.from - b.from)
}

/** People speak in it: a shot made to sound, or one with lines. */
export const isVoiced = (item: Item): boolean => item.kind === 'shot' && (item.sync !== undefined || item.words.say.length > 0)

const isMuted = (item: Item): boolean => item.kind === 'shot' && item.toBeat !== undefined

/** The cut of a film whose items' files come from the jobs `jobOf` names. */
export function planCut(
  program: Program,
  placed: readonly Placed[],
  jobOf: (item: Item) => JobId,
  facts: ReadonlyMap<string, AssetFacts>,
): Cut {
  const clips = placed.map(
    ({ item, start, frames }): CutClip => ({
      path: item.path,
      job: jobOf(item),
      start,
      frames,
      into: item.into,
      voice: isVoiced(item),
      muted: isMuted(item),
    }),
  )
  return {
    clips,
    beds: program.beds.map((bed) => placeBed(bed, placed, facts)),
    titles: program.titles.map((title) => placeTitle(title, placed)),
    ...(program.captions === undefined ? {} : { captions: { ...program.captions, cues: placed.flatMap(cuesOf) } }),
    deliveries: program.deliveries,
    frames: filmFrames(placed),
  }
}

// What a step of a shot goes on from. A provider that carries its model's own state is given the link it touches, as long as the film
// still shows that link's own frames there; all others get the whole shot so far. Frames are the film's.
import type { Offer } from '../catalogue.ts'
import type { FrameRange, JobId } from '../plan.ts'
import type { Link, Standing, Take } from './plan-take.ts'

/** Where groups of frames begin. */
type Grid = NonNullable<NonNullable<Offer['retake']>['grid']>

/** `start`: the frame of the shot where the file's frame 0 lies, which is below 0 where the film does not show its beginning. */
export type Source = {
  readonly job: JobId
  readonly start: number
  /** Frames of the file that can be gone on from, counted from its first. */
  readonly frames: number
  /** The link it is, where it is one. */
  readonly link?: Link
  /** Where its groups of frames begin: at 0, and every so many from here on. */
  readonly phase: number
}

/** A range is done in a link's own state when no other retake has changed what lies within so many frames of it. */
const nearFrames = 24

/** Only what this provider has made carries a state that it knows. */
const isOwn = ({ setting }: Take, link: Link): boolean =>
  setting.provider.capabilities.continues === 'link' && link.provider === setting.provider.name

const overlap = (a: FrameRange, b: FrameRange): boolean => a.from < b.to && a.to > b.from
const isTouched = ({ touched = [] }: Link, range: FrameRange): boolean => touched.some((one) => overlap(one, range))

/** Frames of a link's file before those that the film shows. */
export const hiddenOf = (link: Link | undefined): number => link?.hidden ?? 0

const wholeOf = (standing: Standing): Source => ({ job: standing.whole, start: 0, frames: standing.frames, phase: 1 })

const linkAs = (link: Link, start: number): Source => ({
  job: link.job,
  start: start - hiddenOf(link),
  frames: hiddenOf(link) + link.frames,
  link,
  phase: link.phase ?? 1,
})

/** For an extend, which is shown at most `shown` frames of what is there. */
export function sourceOf(take: Take, standing: Standing, at: 'end' | 'start', shown: number): Source {
  const link = at === 'end' ? standing.links.at(-1) : standing.links[0]
  if (link === undefined || !isOwn(take, link)) return wholeOf(standing)
  const seen = at === 'end' ? { from: Math.max(0, link.frames - shown), to: link.frames } : { from: 0, to: Math.min(shown, link.frames) }
  if (isTouched(link, seen)) return wholeOf(standing)
  return linkAs(link, at === 'end' ? standing.frames - link.frames : 0)
}

/** For a retake: its link where one link holds all of it, and what lies around it there is what the film shows. */
export function sourceAt(take: Take, standing: Standing, range: FrameRange, grid: Grid | undefined): Source {
  let start = 0
  for (const link of standing.links) {
    if (range.from < start + link.frames) {
      if (range.to > start + link.frames || !isOwn(take, link)) return wholeOf(standing)
      const own = linkAs(link, start)
      const { from, to } = grid === undefined ? range : onGrid(range, grid, own)
      const around = [
        { from: from - start - nearFrames, to: from - start },
        { from: to - start, to: to - start + nearFrames },
      ]
      return around.some((one) => isTouched(link, one)) ? wholeOf(standing) : own
    }
    start += link.frames
  }
  return wholeOf(standing)
}

/** A range that is shorter than can be asked for is asked for with its surroundings, which are then left out of the splice. */
export function widen(range: FrameRange, frames: number, within: Source): FrameRange {
  const first = Math.max(0, within.start)
  const wanted = Math.min(within.start + within.frames - first, Math.max(range.to - range.from, frames))
  const centred = range.from - Math.floor((wanted - (range.to - range.from)) / 2)
  const from = Math.max(first, Math.min(centred, within.start + within.frames - wanted))
  return { from, to: from + wanted }
}

/**
 * The whole groups of frames that a range lies in, as far as the film shows them. An edge that is one frame off a group's edge goes there,
 * outwards or inwards: whole seconds are often just that far off, and eight frames more for one would be no better cut.
 */
export function onGrid(range: FrameRange, { multiple }: Grid, within: Source): FrameRange {
  const phase = ((within.phase % multiple) + multiple) % multiple || multiple
  const down = (frame: number): number => (frame < phase ? 0 : Math.floor((frame - phase) / multiple) * multiple + phase)
  const up = (frame: number): number => (frame <= 0 ? 0 : Math.max(0, Math.ceil((frame - phase) / multiple)) * multiple + phase)
  const [first, end] = [range.from - within.start, range.to - within.start]
  const close = { from: up(first) - first <= 1 ? up(first) : down(first), to: end - down(end) <= 1 ? down(end) : up(end) }
  // Of a short range no frame is given up.
  const { from, to } = close.to - close.from >= multiple ? close : { from: down(first), to: up(end) }
  return {
    from: Math.max(0, within.start, within.start + from),
    to: Math.min(within.start + within.frames, within.start + to),
  }
}

/** The links after a retake of a stretch: each remembers where the film no longer shows it. */
export function afterRetake(links: readonly Link[], range: FrameRange): readonly Link[] {
  let start = 0
  return links.map((link) => {
    const own = { from: Math.max(0, range.from - start), to: Math.min(link.frames, range.to - start) }
    start += link.frames
    return own.from < own.to ? { ...link, touched: [...(link.touched ?? []), own] } : link
  })
}

/** A link whose beginning the film shows now as well. */
export function shown(link: Link): Link {
  const { hidden = 0, touched, ...rest } = link
  const moved = touched?.map(({ from, to }) => ({ from: from + hidden, to: to + hidden }))
  return { ...rest, frames: link.frames + hidden, ...(moved === undefined ? {} : { touched: moved }) }
}

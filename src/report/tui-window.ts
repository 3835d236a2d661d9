// Which shots fit on the screen. In: the view and a number of rows. Out: scenes, shots and "n more" lines, in film
// order, never more than the rows there are. What works and what failed is always shown first.
import type { SceneView, ShotView, State, View } from './view.ts'
import { isActive, isDone, isTrouble, states } from './view.ts'

export type Entry =
  | { readonly kind: 'scene'; readonly scene: SceneView }
  | { readonly kind: 'shot'; readonly shot: ShotView; readonly full: boolean }
  /** `counts`: what is folded away, by state. */
  | { readonly kind: 'more'; readonly count: number; readonly counts: ReadonlyMap<State, number> }

/** 0 is looked at first. */
function urgency(shot: ShotView): number {
  if (isActive(shot)) return 0
  if (isTrouble(shot)) return 1
  if (shot.state === 'queued') return 2
  if (shot.state === 'waiting') return 3
  if (shot.state === 'stored') return 4
  return 5
}
const levels = 6

/** Shots in film order when all fit; else open scenes and closed ones; else the most urgent shots by their full paths. */
export function windowOf(view: View, rows: number): readonly Entry[] {
  if (rows <= 0) return []
  const headers = view.scenes.filter(({ name }) => name !== '').length
  if (view.shots.length + headers <= rows) return everything(view)
  return byScene(view, rows) ?? mostUrgent(view, rows)
}

const everything = (view: View): readonly Entry[] =>
  view.scenes.flatMap((scene): Entry[] => [
    ...(scene.name === '' ? [] : [{ kind: 'scene' as const, scene }]),
    ...scene.shots.map((shot) => ({ kind: 'shot' as const, shot, full: false })),
  ])

/** Shots bucketed by urgency, in film order within each. */
function ranked(shots: readonly ShotView[]): readonly (readonly ShotView[])[] {
  const buckets: ShotView[][] = Array.from({ length: levels }, () => [])
  for (const shot of shots) buckets[urgency(shot)]?.push(shot)
  // The clip that was made last says more than the first one.
  buckets[4]?.sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0))
  return buckets
}

/** A row a scene; scenes with something going on are open. Undefined when even what goes on does not fit so. */
function byScene(view: View, rows: number): readonly Entry[] | undefined {
  if (view.scenes.length > rows || view.scenes.some(({ name }) => name === '')) return undefined
  const open = new Map<SceneView, Set<ShotView>>()
  const sceneOf = new Map(view.scenes.flatMap((scene) => scene.shots.map((shot) => [shot, scene] as const)))
  let used = view.scenes.length
  const cost = (scene: SceneView, chosen: number): number => (chosen === 0 ? 0 : chosen + (chosen < scene.shots.length ? 1 : 0))
  for (const [level, bucket] of ranked(view.shots).entries()) {
    for (const shot of bucket) {
      const scene = sceneOf.get(shot)
      if (scene === undefined) continue
      const chosen = open.get(scene) ?? new Set<ShotView>()
      const next = used - cost(scene, chosen.size) + cost(scene, chosen.size + 1)
      if (next > rows) {
        if (level <= 1) return undefined
        continue
      }
      // A closed scene is opened only for what is going on, or for what comes next.
      if (chosen.size === 0 && level > 3) continue
      used = next
      open.set(scene, chosen.add(shot))
    }
  }
  return view.scenes.flatMap((scene) => sceneEntries(scene, open.get(scene) ?? new Set()))
}

function sceneEntries(scene: SceneView, chosen: ReadonlySet<ShotView>): readonly Entry[] {
  if (chosen.size === 0) return [{ kind: 'scene', scene }]
  const hidden = scene.shots.filter((shot) => !chosen.has(shot))
  return [
    { kind: 'scene', scene },
    ...scene.shots.filter((shot) => chosen.has(shot)).map((shot): Entry => ({ kind: 'shot', shot, full: false })),
    ...(hidden.length === 0 ? [] : [more(hidden)]),
  ]
}

function mostUrgent(view: View, rows: number): readonly Entry[] {
  const room = view.shots.length <= rows ? rows : rows - 1
  const chosen = new Set(ranked(view.shots).flat().slice(0, room))
  const hidden = view.shots.filter((shot) => !chosen.has(shot))
  return [
    ...view.shots.filter((shot) => chosen.has(shot)).map((shot): Entry => ({ kind: 'shot', shot, full: true })),
    ...(hidden.length === 0 ? [] : [more(hidden)]),
  ]
}

function more(hidden: readonly ShotView[]): Entry {
  const counts = new Map<State, number>()
  for (const { state } of hidden) counts.set(state, (counts.get(state) ?? 0) + 1)
  return { kind: 'more', count: hidden.length, counts: new Map([...counts].sort(([a], [b]) => states.indexOf(a) - states.indexOf(b))) }
}

/** A scene in which nothing is left to do. */
export const isSceneDone = (scene: SceneView): boolean => scene.shots.every(isDone)

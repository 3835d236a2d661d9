// Which provider makes a shot, and which one a step of it: in goes the shot with the routes that hold for it, out comes the
// first that fits. A shot's length may hang on a sound file, so this is known only when the film is planned.

import type { Plan } from '../plan.ts'
import type { Route, Shot, Step } from '../program.ts'

/** What routes look at besides the shot itself. `frames`: its whole length, extends included. */
export type RoutedAt = { readonly frames: number; readonly rung: Plan['rung'] }

/** How a shot begins. */
const startOf = (shot: Pick<Shot, 'sync' | 'toBeat' | 'from'>): 'audio-to-video' | 'image-to-video' | 'text-to-video' =>
  shot.sync !== undefined || shot.toBeat !== undefined ? 'audio-to-video' : shot.from !== undefined ? 'image-to-video' : 'text-to-video'

/** As the prompt has it: something drives the picture, or there are lines and no action. */
const isSoundLed = (shot: Shot): boolean =>
  startOf(shot) === 'audio-to-video' || (shot.words.say.length > 0 && shot.words.action.length === 0)

function fits(route: Route, shot: Shot, { frames, rung }: RoutedAt): boolean {
  return (
    (route.start === undefined || route.start === startOf(shot)) &&
    route.steps.every((kind) => shot.steps.some((step) => step.kind === kind)) &&
    (route.over === undefined || frames > route.over) &&
    (route.under === undefined || frames < route.under) &&
    (route.soundLed === undefined || route.soundLed === isSoundLed(shot)) &&
    (route.rung === undefined || route.rung === rung) &&
    (route.quality === undefined || route.quality === shot.quality)
  )
}

/** The route that a shot takes; undefined: it is made where `on` says. Placeholders take none. */
export const routeOf = (shot: Shot, at: RoutedAt): Route | undefined =>
  at.rung === 'animatic' ? undefined : shot.routes?.find((route) => !route.moves && fits(route, shot, at))

/** The route by which a step leaves its shot's provider. */
export const moveOf = (shot: Shot, { kind }: Pick<Step, 'kind'>, at: RoutedAt): Route | undefined =>
  at.rung === 'animatic' ? undefined : shot.routes?.find((route) => route.moves && route.steps.includes(kind) && fits(route, shot, at))

// The row of `route`. Its conditions are clauses, so that they stand in any order, once each.
import { arg, clause, type Row, row, setting } from './schema-row.ts'

export const routeRow: Row = row(
  'route',
  ['project', 'scene'],
  'sends shots that are like this to another provider: all that is said must hold, and the first route that fits wins; a shot’s own `on` beats every route, and a scene’s routes and `on` those of the project',
  'route gpu extend over 10s',
  setting([arg('provider', ['provider'], 'a provider’s name')], {
    many: true,
    clauses: [
      clause('text-to-video', 'made from words alone'),
      clause('image-to-video', 'begins with a picture'),
      clause('audio-to-video', 'a sound drives it: `sync` or `to-beat`'),
      clause('extend', 'has an `extend`'),
      clause('retake', 'has a `retake`'),
      clause('over', 'longer than this, with its extends', arg('length', ['length'], 'a length')),
      clause('under', 'shorter than this, with its extends', arg('length', ['length'], 'a length')),
      clause('sound-led', 'its sound leads: `sync`, `to-beat`, or lines and no action'),
      clause('picture-led', 'all others'),
      clause('draft', 'made with `--draft`'),
      clause('final', 'made without'),
      clause('fast', 'its quality'),
      clause('pro', 'its quality'),
      clause('moves', 'only its extends or retakes go there, made from the whole shot so far; the shot stays where it is'),
    ],
  }),
)

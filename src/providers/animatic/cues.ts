// The words of a shot go in, what a painter can draw comes out: place, hour, weather, people, things, framing,
// direction, and what the camera does. Plain word lists: a storyboard artist's first glance, not a language model.
import type { Colour } from './colour.ts'
import { hex } from './colour.ts'

export const places = [
  'sea',
  'harbour',
  'street',
  'forest',
  'mountains',
  'desert',
  'hills',
  'room',
  'kitchen',
  'office',
  'studio',
  'space',
  'product',
  'abstract',
] as const // prettier lists of words
export type Place = (typeof places)[number]
export const hours = ['dawn', 'day', 'dusk', 'night'] as const
export type Hour = (typeof hours)[number]
export const weathers = ['clear', 'rain', 'storm', 'snow', 'fog'] as const
export type Weather = (typeof weathers)[number]
export const framings = ['wide', 'medium', 'close'] as const
export type Framing = (typeof framings)[number]
export const things = [
  'boat',
  'lighthouse',
  'car',
  'train',
  'plane',
  'birds',
  'tree',
  'sign',
  'phone',
  'bottle',
  'cup',
  'screen',
  'lamp',
  'balloon',
  'dog',
  'flower',
  'book',
  'bicycle',
  'tower',
  'box',
  'ball',
  'fire',
  'rocket',
  'microphone',
] as const
export type Thing = (typeof things)[number]
export const cameras = ['push', 'pull', 'pan', 'tilt', 'truck', 'crane', 'orbit', 'static', 'handheld', 'whip'] as const
export type Camera = (typeof cameras)[number]

export const hairs = ['long', 'short', 'any'] as const
export type Hair = (typeof hairs)[number]

export type CameraCue = { readonly kind: Camera; readonly direction: -1 | 1; readonly pace: number }

export type Cues = {
  readonly place: Place | undefined
  readonly hour: Hour | undefined
  readonly weather: Weather
  readonly framing: Framing
  /** 0, 1, 2, or more for a crowd. */
  readonly people: number
  readonly things: readonly Thing[]
  /** Where movement goes: -1 left, 1 right, 0 nobody said. */
  readonly heading: -1 | 0 | 1
  readonly moving: boolean
  readonly accent: Colour | undefined
  /** What the words for the first person suggest. */
  readonly hair: Hair
}

type Lexicon<T extends string> = readonly (readonly [T, RegExp])[]

/** A list of word beginnings as one expression: `boat` finds boats and boating; a word ending in `!` stands alone. */
const words = (list: string): RegExp =>
  new RegExp(
    list
      .split(' ')
      .map((word) => (word.endsWith('!') ? `\\b${word.slice(0, -1).replaceAll('_', '\\s+')}\\b` : `\\b${word.replaceAll('_', '\\s+')}`))
      .join('|'),
    'giu',
  )

const placeWords: Lexicon<Place> = [
  ['harbour', words('harbour harbor quay pier! dock! docks wharf port! marina jetty fishing_boat trawler')],
  ['sea', words('sea! seas ocean beach shore coast tide! tides waves wave! surf! surfer island bay! lagoon underwater lake lakes river')],
  [
    'street',
    words(
      'street city cities downtown alley skyline skyscraper urban town! pavement sidewalk traffic tokyo york! london paris neon crosswalk rooftop avenue subway',
    ),
  ],
  ['forest', words('forest wood! woods woodland jungle pines tree_line grove redwood bamboo')],
  ['mountains', words('mountain peak! peaks alps alpine summit cliff glacier valley ridge volcano')],
  ['desert', words('desert dune sahara canyon mesa badlands sand! mars!')],
  [
    'hills',
    words('field meadow hill! hills hillside farm countryside grass prairie road highway vineyard garden park! plain! plains village'),
  ],
  ['kitchen', words('kitchen cooking chef stove bakery restaurant counter! cafe café barista bar!')],
  ['office', words('office desk laptop meeting startup computer keyboard workstation cubicle conference laboratory lab!')],
  ['studio', words('studio podcast microphone interview stage! recording broadcast newsroom talk_show host! theatre theater cyclorama')],
  [
    'room',
    words(
      'room bedroom living_room apartment interior indoors hallway corridor library window sofa couch house! home! cabin cellar attic museum gallery classroom',
    ),
  ],
  ['space', words('space! outer_space galaxy planet nebula cosmos orbit! astronaut spaceship spacecraft starfield moon_surface satellite')],
  [
    'product',
    words(
      'product packshot table-top tabletop bottle perfume sneaker watch! watches packaging turntable pedestal plinth headphones logo brand',
    ),
  ],
  ['abstract', words('abstract ribbons particles gradient geometric fluid shapes ink! smoke! swirl logo_bump')],
]

const hourWords: Lexicon<Hour> = [
  ['dawn', words('dawn sunrise daybreak early_morning first_light morning')],
  ['dusk', words('dusk sunset twilight golden_hour evening magic_hour low_sun')],
  ['night', words('night midnight moonlit moonlight starry neon after_dark nocturnal dark!')],
  ['day', words('day! daylight noon midday sunny afternoon bright!')],
]

const weatherWords: Lexicon<Exclude<Weather, 'clear'>> = [
  ['storm', words('storm thunder lightning hurricane tempest gale!')],
  ['rain', words('rain! rains rainy raining rainfall drizzle downpour wet_asphalt')],
  ['snow', words('snow blizzard frost icy winter')],
  ['fog', words('fog! foggy mist! misty misted haze! hazy smog')],
]

const framingWords: Lexicon<Framing> = [
  [
    'close',
    words(
      'close-up close_up closeup extreme_close macro! face! eyes! lips! portrait! head_and_shoulders detail_of speaks_directly directly_to_camera to_camera',
    ),
  ],
  ['wide', words('wide! wide-angle establishing panorama panoramic aerial drone! bird’s-eye vista long_shot full_shot')],
  ['medium', words('medium! mid-shot waist! talking cowboy_shot over-the-shoulder two-shot three-quarter')],
]

const crowdWords = words(
  'crowd people audience dancers team! group! children students workers soldiers passengers commuters spectators villagers fans! protesters',
)
const pairWords = words(
  'couple! two_people two_men two_women two_friends two_children both! friends! lovers twins pair_of duo! together! each_other mother_and father_and',
)
const onePerson = words(
  'woman man! girl boy! person child! lady guy! figure she! he! her! him! his! actor actress host! presenter speaker astronaut chef detective soldier dancer! runner! rider! surfer fisherman worker! farmer! singer player! driver! kid! baby! teacher doctor scientist engineer artist! barista developer designer editor! narrator stranger sailor captain! pilot astronaut hiker! climber travell traveler! cyclist skier swimmer skater guitarist drummer pianist clerk! guard! nurse waiter photographer director! founder customer gardener monk! king! queen! knight hero! heroine someone silhouette!',
)

const thingWords: Lexicon<Thing> = [
  ['boat', words('boat ship! ships sail! sailing yacht trawler ferry vessel canoe kayak')],
  ['lighthouse', words('lighthouse')],
  ['car', words('car! cars taxi truck! trucks van! vans automobile vehicle bus! buses driving')],
  ['train', words('train! trains tram! locomotive subway_car metro!')],
  ['plane', words('airplane aeroplane plane! jet! aircraft drone_flies')],
  ['birds', words('bird gull seagull crow! crows flock swallow! swallows pigeon eagle geese')],
  ['tree', words('tree! trees oak! palm! palms willow')],
  ['sign', words('sign! signs billboard signboard neon_sign marquee')],
  ['phone', words('phone! phones smartphone mobile! app! screen_of_the_phone')],
  ['bottle', words('bottle perfume wine! flask vial')],
  ['cup', words('cup! cups mug! coffee tea! espresso teacup')],
  ['screen', words('screen! screens monitor television tv! laptop display! dashboard interface')],
  ['lamp', words('lamp! lamps lantern streetlight candle')],
  ['balloon', words('balloon')],
  ['dog', words('dog! dogs puppy hound cat! cats fox! wolf!')],
  ['flower', words('flower rose! roses tulip blossom bouquet')],
  ['book', words('book! books notebook letter! newspaper')],
  ['bicycle', words('bicycle bike! bikes cyclist cycling')],
  ['tower', words('tower! towers castle church cathedral mill! windmill')],
  ['box', words('box! boxes package parcel crate speaker!')],
  ['ball', words('ball! balls sphere orb! marble!')],
  ['fire', words('fire! campfire bonfire flame! flames fireplace')],
  ['rocket', words('rocket spaceship spacecraft')],
  ['microphone', words('microphone mic! podcast')],
]

const colours: readonly (readonly [Colour, RegExp])[] = [
  [hex('#e8b93c'), words('yellow golden! amber! mustard')],
  [hex('#c8402f'), words('red! crimson scarlet burgundy')],
  [hex('#2f6fc4'), words('blue! cobalt azure')],
  [hex('#27406e'), words('navy')],
  [hex('#3d9a5f'), words('green! emerald olive')],
  [hex('#e07a2f'), words('orange! copper rust!')],
  [hex('#d867a0'), words('pink! magenta rose-coloured')],
  [hex('#7d57c2'), words('purple violet! lilac')],
  [hex('#2fa7a0'), words('teal turquoise cyan')],
  [hex('#e9e6df'), words('white! ivory cream!')],
  [hex('#7a5236'), words('brown! leather wooden')],
]

const firstAt = (text: string, pattern: RegExp): number => text.search(pattern)
const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0

/** The entry named most often; among equals the one named first. */
function strongest<T extends string>(text: string, lexicon: Lexicon<T>): T | undefined {
  let best: { readonly name: T; readonly score: number } | undefined
  for (const [name, pattern] of lexicon) {
    const times = count(text, pattern)
    if (times === 0) continue
    const score = times - firstAt(text, pattern) / (text.length + 1)
    if (best === undefined || score > best.score) best = { name, score }
  }
  return best?.name
}

/** `to the left`, `leftwards`, `right to left` … */
function headingOf(text: string): -1 | 0 | 1 {
  if (/\bleft[\s-]+to[\s-]+(the\s+)?right\b/iu.test(text)) return 1
  if (/\bright[\s-]+to[\s-]+(the\s+)?left\b/iu.test(text)) return -1
  const to = /\b(?:to|toward|towards|drifts?|moves?|pans?|walks?|runs?|goes|slides?|exits?)\s+(?:\w+\s+)?(?:the\s+)?(left|right)\b/iu.exec(
    text,
  )
  if (to?.[1] !== undefined) return to[1].toLowerCase() === 'left' ? -1 : 1
  return 0
}

const movingWords = words(
  'walk run! runs running runner cross! crosses crossing stroll march ride! rides riding drive! drives driving sail! sails sailing chase hurr skate dance',
)

export function readCues(prompt: string): Cues {
  const text = prompt.slice(0, 4000)
  const people = count(text, pairWords) > 0 ? 2 : count(text, crowdWords) > 0 ? 7 : count(text, onePerson) > 0 ? 1 : 0
  const found = thingWords.flatMap(([name, pattern]) => (firstAt(text, pattern) >= 0 ? [{ name, at: firstAt(text, pattern) }] : []))
  const accent = colours
    .map(([colour, pattern]) => ({ colour, at: firstAt(text, pattern) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0]
  return {
    place: strongest(text, placeWords),
    hour: strongest(text, hourWords),
    weather: strongest(text, weatherWords) ?? 'clear',
    framing: strongest(text, framingWords) ?? 'wide',
    people,
    things: found.sort((a, b) => a.at - b.at).map(({ name }) => name),
    heading: headingOf(text),
    moving: count(text, movingWords) > 0,
    accent: accent?.colour,
    hair: hairOf(text),
  }
}

const longHaired = words('woman women girl! girls she! her! lady mother! sister! actress queen! waitress')
const shortHaired = words('man! men! boy! boys he! his! him! guy! father! brother! actor! king! cropped bald short_hair')

function hairOf(text: string): Hair {
  const [long, short] = [firstAt(text, longHaired), firstAt(text, shortHaired)]
  if (/\b(cropped|short|shaved)\b[^.]{0,20}\bhair\b/iu.test(text)) return 'short'
  if (long < 0 && short < 0) return 'any'
  return short < 0 || (long >= 0 && long < short) ? 'long' : 'short'
}

const cameraWords: Lexicon<Camera> = [
  ['static', words('static! locked locked-off tripod! camera_still steady! level_and_still fixed_camera no_camera')],
  ['whip', words('whip')],
  ['handheld', words('handheld hand-held shoulder_cam documentary_camera shaky')],
  ['orbit', words('orbit! orbits orbiting arc! arcs circles_around around_the! revolve')],
  ['crane', words('crane jib! boom! rises! rising! ascend descend drone!')],
  ['tilt', words('tilt')],
  ['pan', words('pan! pans panning')],
  ['truck', words('truck! trucks trucking tracking tracks! track! follow sideways dolly_left dolly_right slides lateral parallax drift')],
  ['pull', words('pull pulls_back pull-back zoom_out dolly_out dolly_back moves_back retreat reveal!')],
  ['push', words('push dolly zoom moves_in move_in closer! creep approach')],
]

/** What the camera does. `fallback` is read where the camera line says nothing; nothing there either: undefined. */
export function readCamera(camera: string, fallback: string): CameraCue | undefined {
  const text = camera.trim() === '' ? fallback.slice(0, 4000) : camera
  const named =
    text === fallback.slice(0, 4000) ? /(camera|dolly|pan|tilt|crane|push|pull|zoom|orbit|handheld|tracking)[^.;]*/iu.exec(text)?.[0] : text
  if (named === undefined) return undefined
  const kind = cameraWords.find(([, pattern]) => firstAt(named, pattern) >= 0)?.[0]
  if (kind === undefined) return camera.trim() === '' ? undefined : { kind: 'push', direction: 1, pace: 0.6 }
  const back = /\b(left|down|lower|descend\w*|counter-?clockwise)\b/iu.test(named)
  const pace = /\b(very slow|barely|imperceptibl\w*|subtle|gentle|gently)\b/iu.test(named)
    ? 0.6
    : /\b(fast|quick\w*|rapid\w*|swift\w*)\b/iu.test(named)
      ? 2
      : 1
  return { kind, direction: back ? -1 : 1, pace }
}

export const sounds = ['sea', 'wind', 'rain', 'city', 'music', 'room', 'birds', 'fire', 'engine', 'voices', 'silence', 'tone'] as const
export type Sound = (typeof sounds)[number]

const soundWords: Lexicon<Sound> = [
  ['silence', words('silence silent! no_sound mute')],
  ['music', words('music drum beat! beats melody song! piano guitar synth bass! strings orchestra rhythm')],
  ['rain', words('rain! rainfall drizzle downpour storm thunder')],
  ['sea', words('sea! waves wave! surf! ocean water lapping tide shore river stream')],
  ['wind', words('wind! windy breeze gust howl air! rustl')],
  ['birds', words('bird gull chirp song_of crickets insects')],
  ['city', words('city traffic street horns siren crowd_noise urban')],
  ['engine', words('engine motor hum! machine drone! train rumble')],
  ['fire', words('fire crackl flame')],
  ['voices', words('voice chatter murmur talk crowd laugh applause')],
  ['room', words('room_tone room! quiet ambience ticking')],
]

/** The sounds named, in the order named, at most three. */
export function readSounds(text: string): readonly Sound[] {
  return soundWords
    .map(([name, pattern]) => ({ name, at: firstAt(text.slice(0, 4000), pattern) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)
    .slice(0, 3)
    .map(({ name }) => name)
}

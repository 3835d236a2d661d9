// The lints: each finds what it is for at its place, stays silent on sound work, and is switched off by a comment. False alarms
// cost more than misses, so the silent side is the longer one.
import { describe, expect, it } from 'vitest'
import { compile, film, scene } from './film.ts'

const lints = (source: string): readonly string[] => compile(source).told
const codes = (source: string): readonly string[] => compile(source).codes
const shot = (words: string, rest = ''): string => scene(`shot a 6s { "${words}"\n${rest} }`)

describe('still photos', () => {
  it.each([
    'a red car on a mountain road at sunset',
    'portrait of a young woman with green eyes, soft light, 85mm',
    'a wooden table with a bowl of fruit and a glass of water',
    'a row of houses on a hill, smoke above the chimneys',
    'a man standing in a building in the morning, wearing a coat',
    'a product shot of a watch, studio lighting, white background',
    'an old fisherman, weathered face, grey beard, yellow oilskins',
    'stone steps in the fog',
    'the train stands at the platform',
    'a drift of snow on the sill',
  ])('"%s" is one', (words) => expect(codes(shot(words))).toEqual(['prompt.still-photo']))

  it.each([
    'a woman walks along the quay from left to right, coat flapping in the wind',
    'she stops and looks up at the lighthouse',
    'the neon sign flickers on, subtle parallax',
    'waves break over the wall',
    'the sun sets behind the hills',
    'the wind rocks the boats',
    'the lamp swings',
    'he steps down from the train',
    'fingers type on a keyboard',
    'the phone screen lights up',
    'a bowl of steaming soup',
    'the bottle rotates on a turntable',
    'snow falls on the empty street',
    'the logo tilts slowly by 10 to 15 degrees and comes to rest',
    'timelapse of clouds over a valley',
    'the crowd cheers',
    'he blinks',
    'a gull lands on the mast',
    'ein Mann läuft durch den Regen und lacht über den Hund',
    '雨の中を男が走る',
    'un hombre corre bajo la lluvia y se ríe con su perro',
  ])('"%s" is none', (words) => expect(codes(shot(words))).toEqual([]))

  it('is none when the camera moves, when somebody speaks, or when a stretch has the movement', () => {
    expect(codes(shot('an empty desert road', 'camera "slow dolly forward"'))).toEqual([])
    expect(codes(shot('an empty desert road', 'camera "locked off on a tripod"'))).toEqual(['prompt.still-photo'])
    expect(codes(shot('a man at a desk', 'say "Good morning."'))).toEqual([])
    expect(codes(shot('a man at a desk', 'at 2s..4s "he stands up"'))).toEqual([])
  })

  it('is one when the scene alone is told', () => {
    expect(codes(film('scene s "a quay at dawn" { shot a 6s }'))).toEqual(['prompt.still-photo'])
    expect(codes(film('scene s "a quay at dawn, gulls circle" { shot a 6s }'))).toEqual([])
  })
})

describe('words', () => {
  it.each([
    ['prompt.overstuffed', 'a beautiful, stunning, epic car drives by'],
    ['prompt.overstuffed', 'a big old red shiny wet dusty golden rusty warm car drives by'],
    ['prompt.looks-down', 'she walks in and looks down'],
    ['prompt.looks-down', 'he walks, head bowed'],
    ['prompt.looks-down', 'she lowers her gaze and turns'],
    ['prompt.looks-down', 'he walks looking at his phone'],
    ['prompt.small-text', 'a hand holds a page of small text and turns it'],
    ['prompt.small-text', 'a neon sign that reads OPEN flickers on'],
    ['prompt.small-text', 'a logo spins, subtitles appear'],
    ['prompt.letterbox', 'cinematic shot of a man who runs'],
  ])('%s in "%s"', (code, words) => expect(codes(shot(words))).toEqual([code]))

  it.each([
    'a beautiful red car drives by in the rain',
    'the camera looks down on the city as lights come on',
    'she looks down the street and waves',
    'he turns upside down',
    'rain runs down the window, a man looks out',
    'she sits down and looks up',
    'the neon sign flickers on',
    'she reads a letter and smiles',
    'two friends talk about words',
    'a big red ball bounces over a small white fence',
    'smoke drifts over a wet black street, red neon, an old man walks with a small dog',
  ])('nothing in "%s"', (words) => expect(codes(shot(words))).toEqual([]))

  it('stand at the words that earn them', () => {
    expect(lints(shot('she walks in and looks down'))).toEqual([
      'prompt.looks-down ""she walks in and looks down"": "looks down": a face that turns down drifts',
    ])
  })
})

describe('what to avoid', () => {
  it('should name a movement', () => {
    expect(lints(shot('she walks', 'avoid "umbrellas, cars"'))).toEqual([
      'prompt.avoid-objects-only ""umbrellas, cars"": only things are kept out here (umbrellas, cars), no movement',
    ])
    expect(codes(shot('she walks', 'avoid "umbrellas" "fast zooms"'))).toEqual([])
    expect(codes(shot('she walks', 'avoid "no spinning camera"'))).toEqual([])
  })
  it('should be short', () => {
    expect(codes(shot('she walks', 'avoid "fast zooms, shake, jitter, blur, rain, cars, hats, dogs, cats"'))).toEqual([
      'prompt.avoid-too-long',
    ])
    expect(codes(shot('she walks', 'avoid "fast zooms, shake, jitter, blur, rain, cars, hats, dogs"'))).toEqual([])
  })
  it('is told once where a whole scene leans on it', () => {
    expect(codes(scene('avoid "umbrellas"\nshot a 6s { "she walks" }\nshot b 6s { "she runs" }'))).toEqual(['prompt.avoid-objects-only'])
  })
})

describe('seconds', () => {
  it.each([
    ['3.5s', ['duration.sweet-spot']],
    ['4s', []],
    ['8s', []],
    ['8.5s', ['duration.sweet-spot']],
  ])('%s', (length, found) => expect(codes(film(`shot a ${length} { "she walks" }`))).toEqual(found))
  it('of a link count only when there are too many', () => {
    expect(codes(shot('she walks', 'extend 2s'))).toEqual([])
    expect(lints(shot('she walks', 'extend 10s'))).toEqual([
      'duration.sweet-spot "10s": this link of 10s is outside the 4 to 8 seconds that models do best',
    ])
  })
  it('of cards, stills and clips are free', () =>
    expect(codes(film('card a 1s "x"\nstill b 20s "b.png"\nclip c "c.mp4" 0s..30s'))).toEqual([]))
})

describe('chains', () => {
  it('of three links are fine, of four drift', () => {
    expect(codes(shot('she walks', 'extend 4s\nextend 4s'))).toEqual([])
    expect(lints(shot('she walks', 'extend 4s\nextend 4s\nextend 4s'))).toEqual([
      'chain.long "4s": `s/a` is a chain of 4 links, 18s in all: it will drift',
    ])
  })
  it('beyond 25 seconds drift', () =>
    expect(codes(scene('shot a 8s { "she walks"\nextend 8s\nextend 8s\nextend 2s }'))).toEqual(['chain.long']))
  it.each([
    ['camera "handheld"', 'the camera notes change'],
    ['look "neon"', 'the look changes'],
    ['"three horses gallop along the beach"', 'the words speak of somebody or something else'],
  ])('drift when a link has %s', (own, what) => {
    expect(lints(shot('a woman walks past the boats', `camera "steady"\nextend 4s { ${own} }`))).toEqual([
      `chain.prompt-drift "4s": ${what} in this link of \`s/a\``,
    ])
  })
  it.each([
    '"she stops and looks up"',
    '"the woman turns"',
    '"the boats start to rock"',
    'camera "steady"',
    'sound "wind"',
    '"still walking"',
  ])('hold when a link has %s', (own) => {
    expect(codes(shot('a woman walks past the boats', `camera "steady"\nextend 4s { ${own} }`))).toEqual([])
  })
})

describe('lip sync', () => {
  const sync = (words: string, rest = ''): string => film(`shot a from "f.png" sync "v.wav" { "${words}"\n${rest} }`)
  it('needs a level head and a steady camera', () => {
    expect(lints(sync('a woman speaks to camera'))).toEqual([
      'prompt.lip-sync-camera "a": `a` is spoken to sound, but its words do not ask for a level head and a steady camera',
    ])
    expect(lints(sync('a woman speaks to camera, head level'))).toEqual([
      'prompt.lip-sync-camera "a": `a` is spoken to sound, but its words do not ask for a steady camera',
    ])
    expect(codes(sync('a woman speaks to camera, head level and gaze on camera', 'camera "steady at eye level"'))).toEqual([])
    expect(codes(sync('a woman at a desk', 'say "Hello."'))).toEqual(['prompt.lip-sync-camera'])
  })
  it('is not meant where sound drives something else', () => expect(codes(sync('waves break over the wall'))).toEqual([]))
})

describe('a picture that stands upright', () => {
  const upright = (words: string): readonly string[] => codes(`ltx 1\nproject "F" { size 1080x1920 }\nshot a 6s { "${words}" }`)
  it.each(['she walks from left to right', 'a widescreen view of a beach, waves roll', 'two men walk side by side'])(
    'is blocked wide by "%s"',
    (words) => expect(upright(words)).toEqual(['prompt.portrait-blocking']),
  )
  it.each(['she walks toward the camera', 'he turns right and leaves', 'a door on the left opens'])('is not by "%s"', (words) =>
    expect(upright(words)).toEqual([]),
  )
  it('and a wide one may be', () => expect(codes(shot('she walks from left to right'))).toEqual([]))
})

describe('`# allow`', () => {
  const down = '"she walks in and looks down"'
  it.each([
    ['at the end of the line', `shot a 6s { ${down} } # allow prompt.looks-down`],
    ['on the line above', `# allow prompt.looks-down\nshot a 6s { ${down} }`],
    ['above other comments', `# allow prompt.looks-down: she reads the letter\n# that lies there\nshot a 6s { ${down} }`],
    ['among others', `# allow duration.sweet-spot, prompt.looks-down\nshot a 6s { ${down} }`],
  ])('works %s', (_, source) => expect(codes(film(source))).toEqual([]))
  it.each([
    ['two lines above', `# allow prompt.looks-down\n\nshot a 6s { ${down} }`],
    ['for another code', `# allow prompt.small-text\nshot a 6s { ${down} }`],
  ])('does not work %s', (_, source) => expect(codes(film(source))).toEqual(['prompt.looks-down']))
  it('works at the call of a template', () => {
    const source = (allow: string): string => film(`template t() { shot a 6s { ${down} } }\nt() ${allow}`)
    expect(codes(source(''))).toEqual(['prompt.looks-down'])
    expect(codes(source('# allow prompt.looks-down'))).toEqual([])
  })
  it('says when nobody knows the code, or nobody may switch it off', () => {
    expect(lints(film('# allow prompt.look-down\nshot a 6s { "she walks" }'))).toEqual([
      'name.unknown-lint "prompt.look-down": `# allow prompt.look-down` switches nothing off: there is no warning with this code',
    ])
    expect(codes(film('# allow name.unknown\nshot a 6s { "{x} walks" }'))).toEqual(['name.unknown-lint', 'name.unknown'])
  })
  it('leaves other comments that begin with the word', () =>
    expect(codes(film('# allow for a breath here\nshot a 6s { "she walks" }'))).toEqual([]))
})

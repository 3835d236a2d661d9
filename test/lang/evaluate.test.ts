// What a script means: merging, times, names, the timeline. Mistakes have their tests in evaluate-errors.test.ts.
import { describe, expect, it } from 'vitest'
import { deriveSeed } from '../../src/lang/meaning/seed.ts'
import type { Item, Program, Shot } from '../../src/lang/program.ts'
import { compile, film, program, scene } from './film.ts'

function item<K extends Item['kind']>(from: Program, path: string, kind: K): Extract<Item, { kind: K }> {
  const found = from.items.find((one) => one.path === path)
  if (found?.kind !== kind) throw new Error(`no ${kind} at ${path}: ${from.items.map((one) => one.path).join(', ')}`)
  // The kind was compared just above; the compiler cannot follow it through the type parameter.
  return found as Extract<Item, { kind: K }>
}
const shot = (from: Program, path: string): Shot => item(from, path, 'shot')

describe('a film', () => {
  it('has the defaults of the schema where it is silent', () => {
    const made = program('ltx 1\nproject "Nothing said"\nshot one 4s { "a gull takes off" }')
    expect(made.film).toMatchObject({
      title: 'Nothing said',
      size: { width: 1920, height: 1080 },
      rate: { num: 24, den: 1 },
      seed: 0,
      quality: 'pro',
      on: 'animatic',
      output: 'out/film.mp4',
    })
    expect(made.film).not.toHaveProperty('budget')
    expect(made.providers.map((provider) => provider.name)).toEqual(['animatic'])
  })

  it('says all that a project can say', () => {
    const made = program(
      `ltx 1
project "All" { size 1280x720 fps 29.97 seed 9 quality fast on gpu budget $5.00 loudness -16LUFS output "films/a.mp4" tries 2 }
provider gpu local { device "cuda:0" concurrency 2 price $0.06 base "http://127.0.0.1:8188" model "m" adjust refuse key env MY_KEY }
shot one 4s { "a gull takes off" }`,
    )
    expect(made.film).toMatchObject({
      size: { width: 1280, height: 720 },
      rate: { num: 30000, den: 1001 },
      seed: 9,
      quality: 'fast',
      on: 'gpu',
      budget: 5_000_000,
      loudness: -16,
      output: 'films/a.mp4',
    })
    expect(made.providers[0]).toMatchObject({
      name: 'gpu',
      kind: 'local',
      keyEnv: 'MY_KEY',
      settings: { device: 'cuda:0', concurrency: 2, price: 60_000, base: 'http://127.0.0.1:8188', model: 'm', adjust: 'refuse' },
    })
    expect(shot(made, 'one')).toMatchObject({ provider: 'gpu', quality: 'fast', tries: 2, scene: '', name: 'one' })
  })

  it('puts a script in a folder and its output beside it', () => {
    const made = program({ 'films/a.ltx': 'ltx 1\nproject "A" { output "out/x.mp4" }\nstill s 2s "pics/a.png"' })
    expect(made.film.output).toBe('films/out/x.mp4')
    expect(item(made, 's', 'still').image.path).toBe('films/pics/a.png')
  })
})

describe('merging', () => {
  it('lets the nearest win and lists add up', () => {
    const made = program(`ltx 1
project "F" { quality pro seed 7 }
provider a local
provider b local
scene s "a quay" {
  on a
  quality fast
  seed 100
  takes 2
  tries 3
  look "low sun"
  camera "level"
  avoid "shake"
  sound "gulls"
  shot plain 4s { "a boat drifts by" }
  shot own 4s on b { "a boat sinks" quality pro seed 5 takes 4 tries 1 look "grain" camera "push in slowly" avoid "fast zooms" sound "a splash" }
}`)
    expect(shot(made, 's/plain')).toMatchObject({ provider: 'a', quality: 'fast', seed: 100, seedPinned: true, takes: 2, tries: 3 })
    expect(shot(made, 's/own')).toMatchObject({ provider: 'b', quality: 'pro', seed: 5, takes: 4, tries: 1 })
    expect(shot(made, 's/own').words).toMatchObject({
      setting: 'a quay',
      look: ['low sun', 'grain'],
      camera: ['level', 'push in slowly'],
      avoid: ['shake', 'fast zooms'],
      sound: ['gulls', 'a splash'],
    })
  })

  it('takes `on` in a block and in the line, the line being nearer', () => {
    const made = program(`${scene('shot a 4s on animatic { on p\n"a boat drifts by" }')}\nprovider p local`)
    expect(shot(made, 's/a').provider).toBe('animatic')
  })

  it('gives each shot its own seed, from its path or from the path it was renamed from', () => {
    const source = scene('shot a 4s { "a boat drifts by" }\nshot b 4s { "a boat drifts by" }')
    const made = program(source)
    expect(shot(made, 's/a').seed).toBe(deriveSeed(7, 's/a'))
    expect(shot(made, 's/a').seed).not.toBe(shot(made, 's/b').seed)
    const renamed = program(source, { origins: new Map([['s/b', 's/old']]) })
    expect(shot(renamed, 's/b').seed).toBe(deriveSeed(7, 's/old'))
    expect(shot(renamed, 's/a').seed).toBe(shot(made, 's/a').seed)
  })

  it('turns every shot to fast in a draft', () => {
    const made = program(scene('quality pro\nshot a 4s { quality pro\n"a boat drifts by" }'), { quality: 'fast' })
    expect(shot(made, 's/a').quality).toBe('fast')
    expect(made.film.quality).toBe('fast')
  })
})

describe('a shot', () => {
  it('carries pictures, sound, segments and keys', () => {
    const made = program(
      scene(`shot a 6s from "a.png" to "b.png" { "she turns" at 2s..4s "she stops" key 3s "k.png" 80% key 6s "end.png" }
shot b from "a.png" sync "v.wav" { "she sings to camera, head level, steady camera" }
shot c 4s to-beat drums { "waves break" }
bed drums "d.mp3"`),
    )
    expect(shot(made, 's/a')).toMatchObject({
      frames: 144,
      from: { kind: 'image', path: 'a.png' },
      to: { path: 'b.png' },
      segments: [{ from: 48, to: 96, text: 'she stops' }],
      keys: [
        { frame: 72, strength: 0.8, image: { path: 'k.png' } },
        { frame: 143, strength: 1 },
      ],
    })
    expect(shot(made, 's/b')).toMatchObject({ sync: { kind: 'audio', path: 'v.wav' } })
    expect(shot(made, 's/b')).not.toHaveProperty('frames')
    expect(shot(made, 's/c').toBeat).toBe('drums')
  })

  it('keeps its words and seed through a chain, unless a link says otherwise', () => {
    const made = program(
      scene(`look "low sun"
shot a 6s {
  "she walks"
  camera "steady"
  avoid "shake"
  say "Hello."
  extend 4s
  extend 6s "she stops" before { context 2s seed 3 avoid "zooms" sound "wind" say "Bye." }
  retake 8s..10s "she stays" { keep sound }
  retake last 12f
}`),
    )
    const { steps, words, seed } = shot(made, 's/a')
    expect(steps).toHaveLength(4)
    expect(steps[0]).toMatchObject({ kind: 'extend', frames: 96, at: 'end', seed, words: { ...words, say: [] } })
    expect(steps[1]).toMatchObject({ kind: 'extend', frames: 144, at: 'start', seed: 3, context: 48 })
    expect(steps[1]?.words).toMatchObject({
      setting: 'a quay at dawn',
      action: ['she stops'],
      camera: ['steady'],
      look: ['low sun'],
      sound: ['wind'],
      avoid: ['shake', 'zooms'],
    })
    expect(steps[1]?.words.say.map((line) => line.text)).toEqual(['Bye.'])
    expect(steps[2]).toMatchObject({
      kind: 'retake',
      range: { from: 192, to: 240 },
      keep: 'sound',
      seed,
      words: { action: ['she stays'], say: [] },
    })
    expect(steps[3]).toMatchObject({ kind: 'retake', range: { last: 12 }, words: { action: ['she walks'] } })
    expect(steps[3]?.words.say).toHaveLength(1)
  })

  it('counts frames at the rate of the film', () => {
    const at = (rate: string, length: string): number | undefined =>
      shot(program(`ltx 1\nproject "F" { fps ${rate} }\nshot a ${length} { "she walks" }`), 'a').frames
    expect(at('25', '4s')).toBe(100)
    expect(at('23.976', '4.004s')).toBe(96)
    expect(at('24', '00:00:04:12')).toBe(108)
    expect(at('30', '1m')).toBe(1800)
    expect(at('24fps', '99f')).toBe(99)
  })

  it('warns of a length off the frames and rounds it', () => {
    const compiled = compile(film('shot a 4.01s { "she walks" }'))
    expect(compiled.told).toEqual(['time.off-grid "4.01s": the duration of 4.01s does not end on a frame; it becomes 96 frames (4s)'])
    expect(compiled.program && shot(compiled.program, 'a').frames).toBe(96)
  })

  it('takes whole seconds at NTSC rates for what they mean', () => {
    const of = (length: string): readonly string[] => compile(`ltx 1\nproject "F" { fps 29.97 }\nshot a ${length} { "she walks" }`).codes
    expect(of('6s')).toEqual([])
    expect(of('4.5s')).toEqual([])
    expect(of('4.51s')).toEqual(['time.off-grid'])
    const made = program('ltx 1\nproject "F" { fps 29.97 }\nshot a 6s { "she walks" }')
    expect(shot(made, 'a').frames).toBe(180)
  })

  it('knows who speaks', () => {
    const made = program({
      'f.ltx': film(`use "./lib.ltx" as lib
cast mara "a woman, silver hair"
template speaker(who: text) { shot t 4s { "she talks" say who "Three." } }
shot a 4s { say mara "One." say lib.tom "Two." say "Nobody." }
speaker(who: mara)`),
      'lib.ltx': 'ltx 1\ncast tom "a man"\ncast mara "another woman"',
    })
    expect(shot(made, 'a').words.say.map(({ who, text }) => [who, text])).toEqual([
      ['mara', 'One.'],
      ['tom', 'Two.'],
      [undefined, 'Nobody.'],
    ])
    expect(shot(made, 't').words.say[0]?.who).toBe('mara')
    expect(made.cast.map(({ name, words }) => [name, words])).toEqual([
      ['mara', 'a woman, silver hair'],
      ['tom', 'a man'],
      ['lib.mara', 'another woman'],
    ])
  })

  it('carries what the cast brings', () => {
    const made = program(
      film(
        'cast mara "a woman in {coat}" { image "m.png" voice "m.wav" lora "m.safetensors" }\nlet coat "a blue coat"\nshot a 4s { "{mara} walks" }',
      ),
    )
    expect(made.cast[0]).toMatchObject({
      name: 'mara',
      words: 'a woman in a blue coat',
      image: { kind: 'image', path: 'm.png' },
      voice: { kind: 'audio', path: 'm.wav' },
      lora: 'm.safetensors',
    })
    expect(shot(made, 'a').words.action).toEqual(['a woman in a blue coat walks'])
  })
})

describe('the timeline', () => {
  it('holds shots, clips, cards and stills in order, each with what it hands over to', () => {
    const made = program(
      film(`still map 3s "map.png"
dissolve 12f
scene one "a quay" {
  shot a 4s { "she walks" }
  wipe left 10f
  clip news "n.mp4" 2s..7s
  fade 1s
}
scene two "a street" {
  card end 3s "The end" { below "really" }
  cut
  clip all "whole.mov"
}`),
    )
    expect(made.items.map(({ path, kind, into }) => [path, kind, into.kind])).toEqual([
      ['map', 'still', 'dissolve'],
      ['one/a', 'shot', 'wipe'],
      ['one/news', 'clip', 'fade'],
      ['two/end', 'card', 'cut'],
      ['two/all', 'clip', 'cut'],
    ])
    expect(item(made, 'one/a', 'shot').into).toMatchObject({ direction: 'left', frames: 10 })
    expect(item(made, 'one/news', 'clip').range).toEqual({ from: { num: 2, den: 1 }, to: { num: 7, den: 1 } })
    expect(item(made, 'two/all', 'clip')).not.toHaveProperty('range')
    expect(item(made, 'two/end', 'card')).toMatchObject({ frames: 72, text: 'The end', below: 'really' })
  })

  it('lays beds and titles over what they name, over their scene, or over all', () => {
    const made = program(
      film(`scene one "a quay" {
  shot a 4s { "she walks" }
  shot b 4s { "she runs" }
  bed waves "w.wav" { gain -6dB fade in 1s out 2s start 3s loop duck -9dB under music }
  bed steps "s.wav" { over b }
  title "One" 1s..3s { style corner below "a place" }
}
scene two "a street" { shot c 4s { "she falls" } }
bed music "m.mp3"
bed wind "wi.mp3" { over one/b..two duck -3dB }
title "All" 0s..8s
title "B" 0s..2s { over one/b }`),
    )
    expect(made.beds.map(({ name, over }) => [name, over?.from, over?.to])).toEqual([
      ['waves', 'one', 'one'],
      ['steps', 'one/b', 'one/b'],
      ['music', undefined, undefined],
      ['wind', 'one/b', 'two'],
    ])
    expect(made.beds[0]).toMatchObject({
      gain: -6,
      fadeIn: 24,
      fadeOut: 48,
      start: { num: 3, den: 1 },
      loop: true,
      duck: { decibels: -9, under: 'music' },
    })
    expect(made.beds[3]?.duck).toEqual({ decibels: -3, under: 'voice' })
    expect(made.titles.map(({ text, from, to, style, over }) => [text, from, to, style, over?.from])).toEqual([
      ['One', 24, 72, 'corner', 'one'],
      ['All', 0, 192, 'centre', undefined],
      ['B', 0, 48, 'centre', 'one/b'],
    ])
  })

  it('has deliveries beside the film, and captions', () => {
    const made = program(
      film(`shot a 4s { "she walks" }
captions { from say burn true }
deliver vertical { size 1080x1920 fit pad loudness -14LUFS }
deliver post { codec prores }
deliver mine { size 640x640 output "else/where.mp4" }`),
    )
    expect(made.captions?.burn).toBe(true)
    expect(made.deliveries).toMatchObject([
      { name: 'vertical', size: { width: 1080, height: 1920 }, fit: 'pad', codec: 'h264', loudness: -14, output: 'out/film-vertical.mp4' },
      { name: 'post', codec: 'prores', fit: 'crop', output: 'out/film-post.mov' },
      { name: 'mine', output: 'else/where.mp4' },
    ])
  })
})

describe('reuse', () => {
  it('fills holes once, and keeps what they bring as it is', () => {
    const made = program(film('let a "{{b}}"\nlet b "never"\nshot one 4s { "{a} walks {1 + 2} times, {b} {{stays}}" }'))
    expect(shot(made, 'one').words.action).toEqual(['{b} walks 3 times, never {stays}'])
  })

  it('finds names in any order at the top, and in their own order inside a block', () => {
    const made = program(
      film('let c "{a} and {b}"\nlet a "one"\nlet b "{a}two"\nscene s "x" { let a "inner"\nshot one 4s { "{c} walk by {a}" } }'),
    )
    expect(shot(made, 's/one').words.action).toEqual(['one and onetwo walk by inner'])
  })

  it('unrolls loops and takes branches', () => {
    const made = program(
      film(`let cities ["Rome", "Oslo"]
for city in cities {
  shot "{slug(city)}-wide" 4s { "a tram rolls through {city}" }
  if city == "Rome" { still rome-map 2s "rome.png" } else if city == "Oslo" and not false { still oslo-map 2s "oslo.png" } else { still never 2s "x.png" }
}
for i in range(1, 3) { shot "n{i}" (2s * i) { "wave {i} breaks" } }`),
    )
    expect(made.items.map(({ path }) => path)).toEqual(['rome-wide', 'rome-map', 'oslo-wide', 'oslo-map', 'n1', 'n2', 'n3'])
    expect(shot(made, 'n3').frames).toBe(144)
  })

  it('places templates with their own names, defaults and types', () => {
    const made = program({
      'f.ltx': film(`use "./lib/kit.ltx" as kit
let tone "outer"
scene s "x" { kit.pair(thing: "boat", hold: 5s)  kit.pair("car", name: "second", still: "assets/own.png") }`),
      'lib/kit.ltx': `ltx 1
let tone "inner"
template pair(thing: text, name: text = "{thing}s", hold: duration = 4s, still: image = "kit.png", mood: "calm" | "wild" = "calm") {
  shot "{name}-one" hold { "a {thing} rolls by, {tone}, {mood}" }
  still "{name}-two" hold still
}`,
    })
    expect(made.items.map(({ path }) => path)).toEqual(['s/boats-one', 's/boats-two', 's/second-one', 's/second-two'])
    expect(shot(made, 's/boats-one')).toMatchObject({ frames: 120, words: { action: ['a boat rolls by, inner, calm'] } })
    // A path is looked for beside the file that wrote it.
    expect(item(made, 's/boats-two', 'still').image.path).toBe('lib/kit.png')
    expect(item(made, 's/second-two', 'still').image.path).toBe('assets/own.png')
  })

  it('takes words, providers and stretches from a parameter', () => {
    const made = program(
      film(`provider gpu local
template t(where: "top" | "corner", machine: text, what: text, amount: number) {
  shot "{what}" 4s on machine { "a boat drifts by" }
  title "T" 0s..1s { style "{where}" over "{what}" }
  bed "{what}-bed" "b.wav" { gain (-6dB * amount) over "{what}" }
}
t(where: "corner", machine: "gpu", what: "First One", amount: 2)`),
    )
    expect(shot(made, 'first-one').provider).toBe('gpu')
    expect(made.titles[0]).toMatchObject({ style: 'corner', over: { from: 'first-one' } })
    expect(made.beds[0]).toMatchObject({ name: 'first-one-bed', gain: -12 })
  })

  it('takes params from outside, typed', () => {
    const source = `ltx 1
project "F" { output "out/{number}-{slug(guest)}.mp4" }
param number: int
param guest: text
param hold: duration = 4s
param moods: list<text> = ["calm"]
param open: bool = true
param face: image = "face.png"
if open { shot hello hold from face { "{guest} waves, {join(moods)}" } }
shot two 4s { "{guest} leaves" }`
    const made = program(source, {
      params: new Map<string, string | boolean>([
        ['number', '12'],
        ['guest', 'Ada Lovelace'],
        ['hold', '1.5s'],
        ['moods', 'wild; loud'],
        ['face', 'pics/ada.png'],
      ]),
    })
    expect(made.film.output).toBe('out/12-ada-lovelace.mp4')
    expect(shot(made, 'hello')).toMatchObject({
      frames: 36,
      from: { path: 'pics/ada.png' },
      words: { action: ['Ada Lovelace waves, wild, loud'] },
    })
    const closed = program(source, {
      params: new Map<string, string | number | boolean>([
        ['number', 3],
        ['guest', 'x'],
        ['open', false],
      ]),
    })
    expect(closed.items.map(({ path }) => path)).toEqual(['two'])
  })

  it('checks a film nobody gave values to, with samples', () => {
    const compiled = compile(
      'ltx 1\nproject "F"\nparam n: int\nparam face: image\nparam who: text\nshot a 4s from face { "{who} walks {n} steps" }',
      { sample: true },
    )
    expect(compiled.told).toEqual([])
    expect(compiled.program?.items).toHaveLength(1)
  })

  it('compiles a library to nothing, without an error', () => {
    const compiled = compile('ltx 1\nlet a "x"\ncast b "y"\ntemplate t() { shot z 4s { "she walks" } }')
    expect(compiled.told).toEqual([])
    expect(compiled.program).toBeUndefined()
    expect(compiled.loaded.files.get('film.ltx')?.kind).toBe('library')
  })

  it('works out values exactly', () => {
    const text = (hole: string, lets = ''): string | undefined => {
      const made = program(film(`${lets}\nshot a 4s { "walks {${hole}}" }`))
      return shot(made, 'a').words.action[0]?.slice('walks '.length)
    }
    expect(text('1 / 3 * 3')).toBe('1')
    expect(text('0.1 + 0.2')).toBe('0.3')
    expect(text('(1 + 2) * 3 - -1')).toBe('10')
    expect(text('2s + 500ms')).toBe('2.5s')
    expect(text('6s / 4s')).toBe('1.5')
    expect(text('-12dB / 2')).toBe('-6dB')
    expect(text('$1.50 * 3')).toBe('$4.50')
    expect(text('1 < 2 and 2s >= 2s or false')).toBe('true')
    expect(text('[1, 2] == [1, 2]')).toBe('true')
    expect(text('slug("Ça va, Zoë & Co.!")')).toBe('ca-va-zoe-co')
    expect(text('upper("ab") + lower("CD")')).toBe('ABcd')
    expect(text('len(names)', 'let names ["a", "b"] ')).toBe('2')
    expect(text('join(names + ["c"], "-")', 'let names ["a", "b"]')).toBe('a-b-c')
    expect(text('has(names, "b")', 'let names ["a", "b"]')).toBe('true')
    expect(text('__proto__', 'let __proto__ "fine"')).toBe('fine')
  })
})

describe('names that objects have', () => {
  it('are names like any other', () => {
    const made = program(
      film(
        'cast constructor "a builder"\nscene toString "x" { shot __proto__ 4s { "{constructor} walks" } shot hasOwnProperty 4s { "she walks" } }',
      ),
    )
    expect(made.items.map(({ path }) => path)).toEqual(['toString/__proto__', 'toString/hasOwnProperty'])
    expect(compile(film('shot a 4s { "{valueOf} walks" }')).codes).toEqual(['name.unknown'])
  })
})

// The standard library as its users meet it: every name and template of every library stands in a film, which compiles without
// a warning; and each keeps what practice asks of it.
import { describe, expect, it } from 'vitest'
import { standardLibraries } from '../src/lang/meaning/load.ts'
import { avoidItems } from '../src/lang/meaning/prompt.ts'
import type { Program, Shot } from '../src/lang/program.ts'
import { toNumber } from '../src/lang/time.ts'
import { compile, readStandard } from './lang/film.ts'

const names = (library: string, kind: 'let' | 'template'): readonly string[] =>
  [...(readStandard(library) ?? '').matchAll(new RegExp(`^${kind} ([\\w-]+)`, 'gm'))].map((match) => match[1] ?? '')

function clean(source: string): Program {
  const { told, program } = compile({ 'film.ltx': source })
  expect(told).toEqual([])
  if (program === undefined) throw new Error('no program')
  return program
}
const head = (size = '1920x1080'): string =>
  `ltx 1\n${standardLibraries.map((name) => `use std/${name}`).join('\n')}\nproject "Library" { size ${size} fps 24 }\ncast mara "a woman in her thirties, silver hair"\n`
const shots = (program: Program): readonly Shot[] => program.items.filter((item) => item.kind === 'shot')

describe.each(['moves', 'looks', 'cues'])('std/%s', (library) => {
  const lets = names(library, 'let')
  const word = { moves: 'camera', looks: 'look', cues: 'avoid' }[library]

  it('has something to offer', () => expect(lets.length).toBeGreaterThan(8))

  it.each(lets)('%s stands in a shot', (name) => {
    const program = clean(`${head()}shot a 6s {\n"{mara} walks along the quay"\n${word} ${library}.${name}\n}`)
    expect(Object.values(shots(program)[0]?.words ?? {}).flat()).toContainEqual(expect.stringMatching(/^[a-z0-9].*[a-z]$/))
  })
})

it('std/moves fits a picture that stands upright, unless it moves sideways', () => {
  for (const name of names('moves', 'let')) {
    const { codes } = compile(`${head('1080x1920')}shot a 6s {\n"{mara} walks"\ncamera moves.${name}\n}`)
    expect(codes, name).toEqual(name.startsWith('pan-') ? ['prompt.portrait-blocking'] : [])
  }
})

it('std/cues aims at movement, and stays short', () => {
  for (const name of names('cues', 'let')) {
    const program = clean(`${head()}shot a 6s {\n"{mara} walks"\navoid cues.${name}\n}`)
    expect(avoidItems(shots(program)[0]?.words.avoid ?? []).length, name).toBeLessThanOrEqual(4)
  }
})

/** Every template of std/shots, as a call that a user would write. */
const calls: Readonly<Record<string, string>> = {
  'talking-head': 'shots.talking-head(who: mara, face: "mara.png", voice: "line.m4a", place: "at a desk by the window")',
  'speaks-to-camera': 'shot own from "mara.png" sync "line.m4a" {\nshots.speaks-to-camera(who: mara)\nsay mara "Hello."\n}',
  listener: 'shots.listener(who: mara)',
  'logo-bump': 'shots.logo-bump(image: "logo.png")',
  'product-hero': 'shots.product-hero(what: "a wristwatch", image: "watch.png")',
  'product-detail': 'shots.product-detail(what: "the crown of a watch", doing: "a finger turns it slowly")',
  'interface-mock-up': 'shots.interface-mock-up(screen: "app.png", headline: "One list for everything", detail: "Coming in May")',
  'b-roll':
    'shots.b-roll(place: "a joiner’s workshop", people: "two joiners", doing: "planing a board", thing: "a shaving that curls and falls")',
  establishing: 'shots.establishing(place: "a fishing village under cliffs", moving: "gulls circle, smoke rises")',
  'podcast-intro': 'shots.podcast-intro(host: mara, face: "mara.png", voice: "hello.m4a", logo: "logo.png")',
}

describe('std/shots', () => {
  it('has a call for each of its templates here', () => expect(Object.keys(calls).sort()).toEqual([...names('shots', 'template')].sort()))

  it.each(Object.entries(calls))('%s stands in a scene without a warning', (_, call) => {
    for (const size of ['1920x1080', '1080x1920']) {
      const made = shots(clean(`${head(size)}scene s "a room" {\n${call}\n}`))
      expect(made.length).toBeGreaterThan(0)
      for (const shot of made) {
        const seconds = shot.frames === undefined ? 4 : shot.frames / 24
        expect(seconds >= 4 && seconds <= 8, `${shot.path} of ${seconds} s`).toBe(true)
        expect(shot.words.camera, `${shot.path} has one camera move`).toHaveLength(1)
      }
    }
  })

  it('stands in one scene more than once, by name', () => {
    const twice = Object.entries(calls)
      .filter(([name]) => name !== 'podcast-intro' && name !== 'speaks-to-camera')
      .map(([name, call]) => `${call}\n${call.slice(0, -1)}, name: "second-${name}")`)
    clean(`${head()}scene s "a room" {\n${twice.join('\n')}\n}`)
  })

  it('a talking head asks for all that lip sync needs', () => {
    const [shot] = shots(clean(`${head()}scene s "a room" {\n${calls['talking-head']}\n}`))
    const words = [...(shot?.words.action ?? []), ...(shot?.words.camera ?? [])].join(' ')
    for (const needed of [
      /speaks directly to camera/,
      /lips in sync/,
      /head level/,
      /gaze on camera/,
      /steady at eye level, front-on/,
      /in frame from the start/,
    ]) {
      expect(words).toMatch(needed)
    }
    expect(shot?.words.look.join()).toMatch(/softly blurred/)
    expect(shot?.words.avoid.join()).toMatch(/looking down/)
    expect(shot).toMatchObject({ sync: { path: 'line.m4a' }, from: { path: 'mara.png' } })
  })

  it('a logo tilts by 10 to 15 degrees from its picture', () => {
    const [shot] = shots(clean(`${head()}scene s "a room" {\n${calls['logo-bump']}\n}`))
    expect(shot?.words.action.join()).toMatch(/10 to 15 degrees/)
    expect(shot?.from?.path).toBe('logo.png')
  })

  it('the words of an interface are a title over its shot, never in the prompt', () => {
    const program = clean(`${head()}scene s "a room" {\n${calls['interface-mock-up']}\n}`)
    expect(program.titles).toMatchObject([
      { text: 'One list for everything', below: 'Coming in May', from: 12, to: 108, over: { from: 's/screen', to: 's/screen' } },
    ])
    expect(JSON.stringify(shots(program).map((shot) => shot.words))).not.toContain('One list')
  })

  it('a podcast opens with the room, the logo and the host', () => {
    const program = clean(`${head()}scene s "a studio" {\n${calls['podcast-intro']}\n}`)
    expect(program.items.map(({ path, into }) => [path, into.kind])).toEqual([
      ['s/room', 'cut'],
      ['s/logo', 'dissolve'],
      ['s/hello', 'cut'],
    ])
  })
})

it('std/titles stand at the top and in a scene', () => {
  const used = `titles.lower-third(name: "Ada Lovelace", role: "Analyst")
titles.chapter(text: "One", below: "The quay")
titles.dateline(place: "Harbor", time: "5:40")
titles.call-to-action(text: "Listen on Friday")`
  const program = clean(
    `${head()}${used}\nscene s "a quay" {\nshot a 6s { "{mara} walks" }\n${used}\ntitles.end-card(text: "The end", below: "for now")\n}`,
  )
  expect(names('titles', 'template')).toEqual(['lower-third', 'chapter', 'dateline', 'call-to-action', 'end-card'])
  expect(program.titles.map(({ style, over }) => `${style} ${over?.from ?? 'film'}`)).toEqual([
    'lower-third film',
    'centre film',
    'corner film',
    'top film',
    'lower-third s',
    'centre s',
    'corner s',
    'top s',
  ])
  expect(program.titles[0]).toMatchObject({ text: 'Ada Lovelace', below: 'Analyst', from: 24, to: 96 })
  expect(program.items.at(-1)).toMatchObject({ kind: 'card', path: 's/end', text: 'The end', below: 'for now', frames: 72 })
})

it('std/delivery writes beside the film', () => {
  const templates = names('delivery', 'template')
  const program = clean(`${head()}${templates.map((name) => `delivery.${name}()`).join('\n')}\nshot a 6s { "{mara} walks" }`)
  expect(
    program.deliveries.map(({ name, size, codec, loudness, output }) => [
      name,
      size && `${size.width}x${size.height}`,
      codec,
      loudness,
      output,
    ]),
  ).toEqual([
    ['youtube', '1920x1080', 'h264', -14, 'out/film-youtube.mp4'],
    ['vertical', '1080x1920', 'h264', -14, 'out/film-vertical.mp4'],
    ['square', '1080x1080', 'h264', -14, 'out/film-square.mp4'],
    ['broadcast', '1920x1080', 'h264', -23, 'out/film-broadcast.mp4'],
    ['handoff', undefined, 'prores', undefined, 'out/film-handoff.mov'],
  ])
  expect(toNumber(program.film.rate)).toBe(24)
})

it('every library is a library, and says what it is for before anything else', () => {
  for (const name of standardLibraries) {
    const text = readStandard(name) ?? ''
    expect(text.split('\n').slice(0, 3).join('\n'), name).toMatch(/^ltx 1\n\n# std\//)
    const { told, program } = compile({ [`${name}.ltx`]: text })
    expect(told).toEqual([])
    expect(program).toBeUndefined()
  }
})

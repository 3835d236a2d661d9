// The second render and all that come after it: what is made, what is kept, what is only cut again. A clip is made once;
// names, order, comments and layout have no part in it.
import { chmodSync, copyFileSync, existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findTool } from '../../src/media/ffmpeg.ts'
import { begun, eventsOf, expectKept, expectOneError, filesBelow, film, folderWith, hashOf, ltx, put, storeOf, threeShots } from './kit.ts'

const output = 'out/tiny.mp4'
let rendered: string
let folder: string
beforeAll(async () => {
  rendered = folderWith({ 'film.ltx': threeShots })
  for (const rung of [[], ['--animatic']]) {
    const { code, err } = await ltx(rendered, ['render', '-q', ...rung])
    expect([code, err]).toEqual([0, ''])
  }
})
beforeEach(() => {
  folder = folderWith()
  for (const name of filesBelow(rendered)) {
    put(folder, { [name]: '' })
    copyFileSync(join(rendered, name), join(folder, name))
  }
})

const edit = (change: (script: string) => string): void => {
  const script = readFileSync(join(folder, 'film.ltx'), 'utf8')
  const changed = change(script)
  expect(changed).not.toBe(script)
  put(folder, { 'film.ltx': changed })
}

/** Renders; says which jobs were begun and whether the film was cut anew. */
async function render(...args: readonly string[]) {
  const before = hashOf(join(folder, output))
  const ran = await ltx(folder, ['render', '--json', '-q', ...args])
  expect([ran.code, ran.err]).toEqual([0, ''])
  return { begun: begun(ran), recut: hashOf(join(folder, output)) !== before }
}

const nothing = { begun: [], recut: false }

test('nothing has changed: nothing is made, and no file of the film is touched', async () => {
  const times = [output, 'out/tiny.sheet.png', 'film.ltx.lock'].map((name) => statSync(join(folder, name)).mtimeMs)
  const before = storeOf(folder)
  expect(await render()).toEqual(nothing)
  expect(await render('--frozen')).toEqual(nothing)
  expect([output, 'out/tiny.sheet.png', 'film.ltx.lock'].map((name) => statSync(join(folder, name)).mtimeMs)).toEqual(times)
  expect([...storeOf(folder)]).toEqual([...before])
  expect((await ltx(folder, ['render'])).out).toContain('nothing had changed')
})

test('a film that was copied back is the same; one of the same length with another byte in it is cut again', async () => {
  const path = join(folder, output)
  const bytes = readFileSync(path)
  const before = hashOf(path)
  writeFileSync(path, bytes)
  expect((await ltx(folder, ['render'])).out).toContain('nothing had changed')
  bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1
  writeFileSync(path, bytes)
  expect((await ltx(folder, ['render'])).out).not.toContain('nothing had changed')
  expect(hashOf(path)).toBe(before)
})

test('the words of one shot: that one is made; taken back, its first clip stands again', async () => {
  const before = hashOf(join(folder, output))
  edit((script) => script.replace('a gull crosses', 'two gulls cross'))
  const plan = await ltx(folder, ['plan'])
  expect(plan.out).toMatch(/1 changed, 2 kept/)
  expect(await render()).toEqual({ begun: ['sea/two@1'], recut: true })
  edit((script) => script.replace('two gulls cross', 'a gull crosses'))
  expect(await render()).toEqual({ begun: [], recut: true })
  expect(hashOf(join(folder, output))).toBe(before)
})

test.each([
  ['a comment', (script: string) => script.replace('scene sea', '# the sea\n\nscene sea'), false],
  ['layout', (script: string) => script.replace(/ {2}shot/g, '\n      shot').replace('fps 24', 'fps    24'), false],
  ['the order of the shots', (script: string) => script.replace(/( {2}shot one.*\n)( {2}shot two.*\n)/, '$2$1'), true],
  ['a shot less', (script: string) => script.replace(/ {2}shot two.*\n/, ''), true],
  ['a dissolve', (script: string) => script.replace('  shot two', '  dissolve 6f\n  shot two'), true],
  ['a title', (script: string) => `${script}title "Sea" 0s..1s { over sea }\n`, true],
  ['the loudness', (script: string) => script.replace('-16LUFS', '-20LUFS'), true],
  ['the name of the film', (script: string) => script.replace('"Tiny"', '"Small"'), true],
  [
    'a let instead of the words',
    (script: string) =>
      script.replace('"a gull crosses the sky"', '"{gull}"').replace('scene sea', 'let gull "a gull crosses the sky"\nscene sea'),
    false,
  ],
] as const)('%s makes nothing', async (_, change, recut) => {
  const before = storeOf(folder)
  edit(change)
  expect(await render()).toEqual({ begun: [], recut })
  expectKept(before, folder)
  // And once more: a cut is not repeated either.
  expect(await render('--frozen')).toEqual(nothing)
})

test('fmt makes nothing', async () => {
  edit((script) => script.replace(/ {2}shot/g, '\t shot'))
  expect((await ltx(folder, ['fmt'])).code).toBe(0)
  expect(readFileSync(join(folder, 'film.ltx'), 'utf8')).not.toContain('\t')
  expect(await render()).toEqual(nothing)
})

test('a shot more: that one is made', async () => {
  edit((script) => script.replace('  shot two', '  shot new 1s { "foam slides over sand" }\n  shot two'))
  expect(await render()).toEqual({ begun: ['sea/new@1'], recut: true })
})

test.each([
  ['the seed', 'seed 7', 'seed 8'],
  ['the size', '160x90', '192x108'],
  ['the rate', 'fps 24', 'fps 25'],
])('%s makes all', async (_, from, to) => {
  edit((script) => script.replace(from, to))
  expect((await render()).begun).toEqual(['sea/one@1', 'sea/two@1', 'three@1'])
})

describe('a rename', () => {
  test('makes that shot again, unless the lock is told; then nothing, and its seed stays', async () => {
    const before = hashOf(join(folder, output))
    edit((script) => script.replace('shot two', 'shot gull'))
    const plan = await ltx(folder, ['plan'])
    expect(plan.out).toContain('ltx rename film.ltx sea/two sea/gull')
    expectOneError(await ltx(folder, ['rename', 'sea/nine', 'sea/gull']), { code: 2, says: 'no clip of `sea/nine`' })
    expectOneError(await ltx(folder, ['rename', 'sea/one', 'sea/gull']), { code: 2, says: 'still has `sea/one`' })
    expectOneError(await ltx(folder, ['rename', 'sea/two', 'sea/gul']), { code: 2, says: 'no shot `sea/gul`', place: 'sea/gull' })
    const renamed = await ltx(folder, ['rename', 'sea/two', 'sea/gull'])
    expect([renamed.code, renamed.out]).toEqual([0, expect.stringContaining('are now those of sea/gull')])
    expect((await ltx(folder, ['plan'])).out).toMatch(/3 kept · nothing to make/)
    expect(await render()).toEqual({ begun: [], recut: false })
    expect(hashOf(join(folder, output))).toBe(before)
    // Named again, it is still the same clip.
    edit((script) => script.replace('shot gull', 'shot bird'))
    expect((await ltx(folder, ['rename', 'sea/gull', 'sea/bird'])).code).toBe(0)
    expect(await render()).toEqual({ begun: [], recut: false })
    expect(await render('--frozen')).toEqual(nothing)
  })

  test('of an animatic redraws that shot alone, since its name stands in the picture', async () => {
    edit((script) => script.replace('shot two', 'shot gull'))
    expect((await render('--animatic')).begun).toEqual(['sea/gull@1'])
    expect((await render('--animatic')).begun).toEqual([])
  })
})

test('the rungs keep apart: an animatic is no clip of the film, and neither undoes the other', async () => {
  const film = hashOf(join(folder, output))
  const animatic = hashOf(join(folder, 'out/tiny.animatic.mp4'))
  expect(film).not.toBe(animatic)
  expect((await render('--animatic')).begun).toEqual([])
  expect(await render()).toEqual(nothing)
  const names = [...storeOf(folder).keys()]
  expect([names.filter((name) => name.startsWith('clips/')).length, names.filter((name) => name.startsWith('animatic/')).length]).toEqual([
    3, 3,
  ])
  rmSync(join(folder, '.ltx/clips'), { recursive: true })
  expect((await render('--animatic')).begun).toEqual([])
  expect((await render()).begun.length).toBe(3)
  expect(hashOf(join(folder, output))).toBe(film)
})

describe('--only', () => {
  beforeEach(() => edit((script) => script.replace(/^( *shot .*) }$/gm, '$1 camera "slow push" }')))

  test('a shot, then its scene, then the rest', async () => {
    expect(await render('--only', 'sea/two')).toEqual({ begun: ['sea/two@1'], recut: false })
    expect(await render('--only', 'sea')).toEqual({ begun: ['sea/one@1'], recut: false })
    expect(await render('--only', 'three', '--only', 'sea/one')).toEqual({ begun: ['three@1'], recut: true })
    expect(await render()).toEqual(nothing)
  })

  test('says what there is when the name is wrong', async () => {
    expectOneError(await ltx(folder, ['render', '-q', '--only', 'sea/tow']), { code: 2, says: 'sea/tow', place: 'did you mean `sea/two`' })
    const none = await ltx(folder, ['render', '-q', '--only', 'failed'])
    expect([none.code, none.err]).toEqual([0, expect.stringContaining('nothing failed last time')])
  })

  /** An ffmpeg that fails as many encodes as a file says. */
  async function brittle(): Promise<Readonly<Record<string, string>>> {
    const { path } = await findTool(process.env)
    const count = join(folder, 'fails')
    const script = `#!/bin/sh
case "$*" in *libx264*)
  n=$(cat '${count}')
  if [ "$n" -gt 0 ]; then echo $((n-1)) >'${count}'; echo 'it broke' >&2; exit 1; fi
esac
exec '${path}' "$@"
`
    put(folder, { ffmpeg: script })
    chmodSync(join(folder, 'ffmpeg'), 0o755)
    return { FFMPEG_PATH: join(folder, 'ffmpeg') }
  }

  test('what failed last time: the others are made and kept, and it alone is tried again', async () => {
    const env = await brittle()
    put(folder, { fails: '1\n' })
    const ran = await ltx(folder, ['render', '--json', '-q', '--jobs', '1'], { env })
    expect(ran.code).toBe(4)
    const [failed, ...more] = eventsOf(ran).filter(({ type }) => type === 'job.failed')
    expect([more, failed]).toEqual([[], expect.objectContaining({ failure: expect.objectContaining({ kind: 'tool' }) })])
    expect(JSON.stringify(failed)).toContain('it broke')
    expect(eventsOf(ran).filter(({ type }) => type === 'job.stored')).toHaveLength(2)
    put(folder, { fails: '1\n' })
    const again = await ltx(folder, ['render', '-q', '--no-tui', '--only', 'failed'], { env })
    expect(again.code).toBe(4)
    expect(again.err).toContain('it broke')
    const last = await ltx(folder, ['render', '--json', '-q', '--only', 'failed'], { env })
    expect([last.code, begun(last)]).toEqual([0, [failed?.job]])
    const done = await ltx(folder, ['render', '-q', '--only', 'failed'], { env })
    expect([done.code, done.err]).toEqual([0, expect.stringContaining('nothing failed')])
  })
})

test('--frozen makes nothing and says what it would have to', async () => {
  edit((script) => script.replace('a gull crosses', 'two gulls cross'))
  const before = filesBelow(folder).map((name) => [name, hashOf(join(folder, name))])
  expectOneError(await ltx(folder, ['render', '-q', '--frozen']), {
    code: 1,
    says: /--frozen: 1 job.* sea\/two/,
    place: 'ltx plan film.ltx',
  })
  expect(filesBelow(folder).map((name) => [name, hashOf(join(folder, name))])).toEqual(before)
})

test('a file that changes makes the shots that use it, and no other', async () => {
  const [sea, sign] = ['provider.cannot/sea.png', 'film.to-without-from/sea.png'].map((name) =>
    join(import.meta.dirname, '../errors', name),
  )
  put(folder, {
    'film.ltx': film('shot one 1s from "a.png" { "waves roll in" }\nstill two 1s "b.png"\nshot three 1s { "a boat drifts past" }'),
    'a.png': readFileSync(sea ?? ''),
    'b.png': readFileSync(sea ?? ''),
  })
  expect((await render()).begun).toEqual(['one@1', 'two'])
  put(folder, { 'b.png': Buffer.concat([readFileSync(sign ?? ''), Buffer.from('\n')]) })
  expect((await render()).begun).toEqual(['two'])
  // Another name for the same bytes is no change.
  symlinkSync('a.png', join(folder, 'c.png'))
  edit((script) => script.replace('a.png', 'c.png'))
  expect((await render()).begun).toEqual([])
})

describe('takes', () => {
  beforeEach(async () => {
    edit((script) => script.replace('the sky" }', 'the sky" takes 3 }'))
    expect((await render()).begun).toEqual(['sea/two@2', 'sea/two@3'])
  })

  test('are listed, laid side by side, and picked; the cut changes and nothing is made', async () => {
    const first = hashOf(join(folder, output))
    const listed = await ltx(folder, ['takes', 'sea/two'])
    expect(listed.code).toBe(0)
    expect(listed.out.match(/take \d/g)).toEqual(['take 1', 'take 2', 'take 3'])
    expect(listed.out).toMatch(/▸ take 1/)
    const sheet = /side by side +(\S+)/.exec(listed.out)?.[1] ?? ''
    expect(readFileSync(join(folder, sheet)).subarray(1, 4).toString()).toBe('PNG')
    const before = storeOf(folder)
    const picked = await ltx(folder, ['pick', 'sea/two', '3'])
    expect([picked.code, picked.out]).toEqual([0, expect.stringContaining('take 3 of sea/two')])
    expect(readFileSync(join(folder, 'film.ltx.lock'), 'utf8')).toMatch(/sea\/two 3/)
    expect(await render()).toEqual({ begun: [], recut: true })
    expect([...storeOf(folder)]).toEqual([...before])
    const json = JSON.parse((await ltx(folder, ['takes', 'sea/two', '--json'])).out)
    expect(json).toMatchObject({
      v: 1,
      shot: 'sea/two',
      takes: [{ picked: false }, { picked: false }, { take: 3, picked: true, made: true }],
    })
    await ltx(folder, ['pick', 'sea/two', '1'])
    expect(await render()).toEqual({ begun: [], recut: true })
    expect(hashOf(join(folder, output))).toBe(first)
  })

  test('that are not there cannot be picked', async () => {
    const lock = readFileSync(join(folder, 'film.ltx.lock'))
    for (const number of ['4', '0', '-1', 'two', '1.5', '99999'])
      expectOneError(await ltx(folder, ['pick', 'sea/two', '--', number]), { code: 2, says: 'takes 1 to 3' })
    expectOneError(await ltx(folder, ['pick', 'sea/tow', '1']), { code: 2, says: 'no shot `sea/tow`', place: 'did you mean `sea/two`' })
    expect(readFileSync(join(folder, 'film.ltx.lock'))).toEqual(lock)
  })
})

test('a series renders a film a row, with a lock each; --episode one of them', async () => {
  put(folder, {
    'film.ltx': threeShots
      .replace('\n', '\nparam number: int\nparam guest: text\nseries "S" { episodes "e.csv"  output "out/{number}.mp4" }\n')
      .replace('"a gull', '"{guest} waves, a gull'),
    'e.csv': 'number,guest\n7,Ada\n8,Jun\n',
  })
  const one = await ltx(folder, ['render', '-q', '--json', '--episode', '8'])
  // Two of its shots are those of the film before, word for word.
  expect([one.code, begun(one)]).toEqual([0, ['sea/two@1']])
  expect([existsSync(join(folder, 'out/8.mp4')), existsSync(join(folder, 'out/7.mp4'))]).toEqual([true, false])
  const all = await ltx(folder, ['render', '-q', '--json'])
  expect([all.code, begun(all)]).toEqual([0, ['sea/two@1']])
  const events = eventsOf(all)
  expect(events.filter(({ type }) => type === 'run.started')).toHaveLength(2)
  expect(events.map(({ n }) => n)).toEqual(events.map((_, index) => index + 1))
  expect((await ltx(folder, ['why', 'sea/two', '--episode', '8'])).out).toMatch(/ltx plan film\.ltx --episode 8 --shot sea\/two/)
  expect(filesBelow(folder).filter((name) => name.endsWith('.lock'))).toEqual(['film.ltx.7.lock', 'film.ltx.8.lock', 'film.ltx.lock'])
  expectOneError(await ltx(folder, ['render', '-q', '--episode', '9']), { code: 2, says: 'no episode 9', place: 'it has 7, 8' })
  const given = await ltx(folder, ['render', '-q', '--json', '--set', 'number=9', '--set', 'guest=Mira'])
  expect([given.code, begun(given)]).toEqual([0, ['sea/two@1']])
})

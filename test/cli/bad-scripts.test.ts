// Scripts that are none, or that name what no film may read: one message with its place and exit code 3, from `check`,
// `plan` and `render` alike; nothing is made, and what was stored before stays as it was.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectKept, expectOneError, filesBelow, film, folderWith, hashOf, ltx, put, storeOf, type Wanted } from './kit.ts'

/** Bytes that repeat and mean nothing. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0, state = 42; at < length; at += 1) {
    state = (state * 1103515245 + 12345) & 0x7fffffff
    bytes[at] = state >> 16
  }
  return bytes
}

const footage = readFileSync(join(import.meta.dirname, '../samples/joins/assets/own.mp4'))
const shot = (words: string): string => film(`shot a 4s { ${words} }`)
const from = (path: string): string => film(`shot a 4s from "${path}" { "waves roll in" }`)
const nested = (opening: string, closing: string): string => `ltx 1\n${opening.repeat(10_000)}${closing.repeat(10_000)}`

type Bad = Wanted & {
  readonly name: string
  readonly script: string | Buffer
  /** What else lies in the folder. */
  readonly files?: Readonly<Record<string, string | Buffer>>
  readonly before?: (folder: string) => void
}

const bad = (name: string, script: Bad['script'], says: Bad['says'], place: string, more: Partial<Bad> = {}): Bad => ({
  name,
  script,
  says,
  place: `bad.ltx:${place}`,
  code: 3,
  ...more,
})

const scripts: readonly Bad[] = [
  bad('noise', noise(4000), 'no UTF-8', '1:1'),
  bad(
    'ten megabytes of comments',
    `ltx 1\n${'# a line of a comment that fills the file up\n'.repeat(240_000)}`,
    'a script may be 1 MiB',
    '1:1',
  ),
  bad('ten megabytes of noise', noise(10 * 1024 * 1024), 'a script may be 1 MiB', '1:1'),
  bad('10,000 nested blocks', nested('scene a {\n', '}\n'), 'nested more than 64 deep', '66:9'),
  bad('10,000 blocks that do not end', nested('{', ''), 'nested more than 64 deep', '2:65'),
  bad('10,000 nested lists', nested('[', ']').replace('\n', '\nlet a = '), 'nested more than 64 deep', '2:'),
  bad('an empty file', '', 'which version of the language', '1:1'),
  bad('a NUL', shot('"waves \0 roll"'), 'a NUL', '4:20'),
  bad('a bidi override', shot('"waves \u202e roll"'), 'turns the direction of text', '4:20'),
  bad('half of a character', Buffer.from(shot('"waves \xed\xa0\x80 roll"'), 'latin1'), '0xED', '4:20'),
  bad('another encoding', Buffer.from(shot('"a café at dawn"'), 'latin1'), '0xE9', '4:'),
  bad('a use of itself', `ltx 1\nuse "bad.ltx" as me\n${shot('"waves roll"').slice(6)}`, 'in a circle', '2:5'),
  bad('a use from outside', `ltx 1\nuse "../other.ltx" as o\n${shot('"waves roll"').slice(6)}`, 'leaves the project', '2:5'),
  bad('names of JavaScript', film('scene __proto__ { shot toString 4s { "{constructor} waves" } }'), 'constructor', '4:'),
  bad('an output outside', film('shot a 4s { "waves roll in" }').replace('out/tiny', '../tiny'), 'leaves the project', '2:'),
  bad('the script as output', film('shot a 4s { "waves roll in" }').replace('out/tiny.mp4', 'bad.ltx'), 'no name for a film', '2:'),
  bad('the lock as output', film('shot a 4s { "waves roll in" }').replace('out/tiny.mp4', 'good.ltx.lock'), 'no name for a film', '2:'),
  bad('an output among the clips', film('shot a 4s { "waves roll in" }').replace('out/', '.ltx/'), 'holds the clips', '2:'),
  bad('an output over its own footage', film('clip a "Own.mp4" 0s..1s').replace('out/tiny', 'own'), 'the film itself', '4:8', {
    files: { 'Own.mp4': footage },
  }),
  bad('a delivery over its own footage', film('clip a "own.mp4" 0s..1s\ndeliver d { output "./own.mp4" }'), 'the film itself', '4:8', {
    files: { 'own.mp4': footage },
  }),
  bad('an absolute output', film('shot a 4s { "waves roll in" }').replace('out/tiny', '/tmp/tiny'), 'root of the disk', '2:'),
]

const assets: readonly Bad[] = [
  bad('../ in a path', from('../secret.png'), 'leaves the project', '4:16'),
  bad('../ in the middle', from('assets/../../secret.png'), 'leaves the project', '4:16'),
  bad('an absolute path', from('/etc/hostname'), 'root of the disk', '4:16'),
  bad('a path of /proc', from('/proc/self/environ'), 'root of the disk', '4:16'),
  bad('a file: address', from('file:///etc/hostname'), 'an address or a drive', '4:16'),
  bad('an http: address', from('http://127.0.0.1:9/x.png'), 'an address or a drive', '4:16'),
  bad("ffmpeg's own protocol", from('concat:a.png|b.png'), 'an address or a drive', '4:16'),
  bad('a drive of Windows', from('C:\\\\x.png'), 'written with `/`', '4:16'),
  bad('a link that leads out', from('link.png'), 'leads out of the project', '4:16', {
    before: (folder) => symlinkSync('/etc/hostname', join(folder, 'link.png')),
  }),
  bad('a linked folder that leads out', from('away/hostname'), 'leads out of the project', '4:16', {
    before: (folder) => symlinkSync('/etc', join(folder, 'away')),
  }),
  bad('a link to a device', from('zero.png'), 'leads out of the project', '4:16', {
    before: (folder) => symlinkSync('/dev/zero', join(folder, 'zero.png')),
  }),
  bad('a link to itself', from('loop.png'), 'circle', '4:16', {
    before: (folder) => symlinkSync('loop.png', join(folder, 'loop.png')),
  }),
  bad('a pipe', from('pipe.png'), 'a pipe, not a file', '4:16', {
    before: (folder) => execFileSync('mkfifo', [join(folder, 'pipe.png')]),
  }),
  bad('a folder', from('dir.png'), 'a folder, not a file', '4:16', { before: (folder) => mkdirSync(join(folder, 'dir.png')) }),
  bad('a missing file', from('nothere.png'), 'there is no file nothere.png', '4:16'),
  bad('an empty file', from('empty.png'), 'empty.png is empty', '4:16', { files: { 'empty.png': '' } }),
  bad('a text by the name of a picture', from('sh.png'), 'not a PNG picture', '4:16', { files: { 'sh.png': '#!/bin/sh\nexit 1\n' } }),
  bad('a PNG by the name of a JPEG', from('sea.jpg'), 'rename it to end in .png', '4:16', {
    files: { 'sea.jpg': readFileSync(join(import.meta.dirname, '../errors/provider.cannot/sea.png')) },
  }),
  bad('a playlist by the name of a clip', film('clip a "list.mp4" 0s..1s'), 'a playlist', '4:8', {
    files: { 'list.mp4': 'ffconcat version 1.0\nfile bad.ltx\n' },
  }),
  bad('a corrupt picture', from('torn.png'), 'torn.png is damaged', '4:16', {
    files: { 'torn.png': Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), noise(3000)]) },
  }),
  bad('a corrupt sound', film('shot a 4s { "waves roll in" }\nbed sea "torn.wav" { over a }'), 'torn.wav is damaged', '5:9', {
    files: { 'torn.wav': Buffer.concat([Buffer.from('RIFF\x24\x00\x00\x00WAVE', 'latin1'), noise(40)]) },
  }),
]

const tables: readonly Bad[] = (() => {
  const series = film('shot a 4s { "{guest} waves" }').replace(
    '\n',
    '\nparam number: int\nparam guest: text\nseries "S" { episodes "e.csv"  output "out/{number}.mp4" }\n',
  )
  const table = (name: string, csv: string | Buffer, says: string, place: string): Bad =>
    bad(name, series, says, '', { files: { 'e.csv': csv }, place })
  return [
    table('a CSV with a missing column', 'number\n1\n2\n', 'no column `guest`', 'e.csv:1:1'),
    table('a CSV with a word for a number', 'number,guest\none,Ada\n', 'number', 'e.csv:2:1'),
    table('a CSV with a quote that does not end', 'number,guest\n1,"Ada\n', 'quote', 'e.csv:2:3'),
    table('a CSV in Latin-1', Buffer.from('number,guest\n1,Ren\xe9e\n', 'latin1'), '0xE9 is a byte that is no UTF-8', 'e.csv:2:6'),
    table('a CSV in UTF-16', Buffer.from('\ufeffnumber,guest\n1,Ada\n', 'utf16le'), 'is UTF-16, not UTF-8', 'e.csv:1:1'),
    table('a CSV without rows', 'number,guest\n', 'row', 'e.csv'),
    bad('a missing table', series.replace('e.csv', 'none.csv'), 'there is no file none.csv', '', { place: 'bad.ltx:4:' }),
  ]
})()

let folder: string
let before: ReadonlyMap<string, string>
/** What lies in the folder that no bad script may touch: a film that was rendered. */
beforeAll(async () => {
  folder = folderWith({ 'good.ltx': film('shot one 1s { "waves roll in from left to right" }') })
  const { code, err } = await ltx(folder, ['render', 'good.ltx', '-q'])
  expect([code, err]).toEqual([0, ''])
  before = storeOf(folder)
  expect(before.size).toBe(1)
})

const precious = ['good.ltx', 'good.ltx.lock', 'out/tiny.mp4', 'out/tiny.sheet.png']

describe.each([
  ['a script', scripts],
  ['an asset', assets],
  ['a table', tables],
] as const)('%s', (_, cases) => {
  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, { script, files = {}, before: prepare, ...wanted }) => {
    put(folder, { 'bad.ltx': script, ...files })
    prepare?.(folder)
    const held = precious.map((name) => hashOf(join(folder, name)))
    const commands = [['render'], ['check', '--quiet-warnings']]
    for (const ran of await Promise.all(commands.map(([command = '', ...more]) => ltx(folder, [command, 'bad.ltx', ...more]))))
      expectOneError(ran, wanted)
    expectKept(before, folder)
    for (const [name, content] of Object.entries(files)) expect(readFileSync(join(folder, name)).equals(Buffer.from(content))).toBe(true)
    expect(precious.map((name) => hashOf(join(folder, name)))).toEqual(held)
    expect(existsSync(join(folder, 'bad.ltx.lock'))).toBe(false)
    expect(readFileSync(join(folder, 'bad.ltx')).equals(Buffer.from(script))).toBe(true)
  })
})

test('what is no script is not opened as one', async () => {
  const place = folderWith({ 'a.txt': '' })
  mkdirSync(join(place, 'dir.ltx'))
  execFileSync('mkfifo', [join(place, 'pipe.ltx')])
  symlinkSync('/dev/zero', join(place, 'zero.ltx'))
  for (const command of ['check', 'plan', 'render', 'fmt', 'takes']) {
    const rest = command === 'takes' ? ['a'] : []
    expectOneError(await ltx(place, [command, 'dir.ltx', ...rest]), { code: 2, says: 'dir.ltx is a folder' })
    expectOneError(await ltx(place, [command, 'pipe.ltx', ...rest]), { code: 2, says: 'pipe.ltx is no file' })
    expectOneError(await ltx(place, [command, 'zero.ltx', ...rest]), { code: 2, says: 'zero.ltx is no file' })
    expectOneError(await ltx(place, [command, 'none.ltx', ...rest]), { code: 2, says: 'there is no file none.ltx' })
  }
  expect(filesBelow(place).filter((name) => name !== 'a.txt')).toEqual([])
})

test('fmt and check --fix leave a script in another encoding as it is', async () => {
  const place = folderWith({})
  const script = Buffer.from(shot('"a café  at dawn"').replace('size', '  size'), 'latin1')
  writeFileSync(join(place, 'a.ltx'), script)
  for (const args of [['fmt'], ['check', '--fix']])
    expectOneError(await ltx(place, [...args, 'a.ltx']), { code: 3, says: '0xE9', place: 'a.ltx:4:' })
  expect(readFileSync(join(place, 'a.ltx'))).toEqual(script)
  expectOneError(await ltx(place, ['fmt', '-'], { input: script }), { code: 3, says: '0xE9', place: 'standard input:4:' })
})

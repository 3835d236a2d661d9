import { execFileSync, spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { holdBySocketFile } from '../../src/world.hold.node.ts'
import { openNodeWorld } from '../../src/world.node.ts'

const { files, machine, sha256 } = openNodeWorld({})
let folder = ''
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'ltx-world-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

describe('files', () => {
  test('what is below .ltx is for its owner alone', async () => {
    await files.makeFolder(join(folder, '.ltx/clips/ab'))
    await files.writeWhole(join(folder, '.ltx/clips/ab/x'), 'x')
    await (await files.openAppend(join(folder, '.ltx/list'))).close()
    const mode = (path: string): number => fs.statSync(join(folder, path)).mode & 0o777
    expect([mode('.ltx'), mode('.ltx/clips/ab'), mode('.ltx/clips/ab/x'), mode('.ltx/list')]).toEqual([0o700, 0o700, 0o600, 0o600])
  })
  test('a whole write keeps the mode of what it replaces and leaves no neighbour', async () => {
    fs.writeFileSync(join(folder, 'film.lock'), 'old')
    fs.chmodSync(join(folder, 'film.lock'), 0o640)
    await files.writeWhole(join(folder, 'film.lock'), 'new')
    expect(fs.readFileSync(join(folder, 'film.lock'), 'utf8')).toBe('new')
    expect(fs.statSync(join(folder, 'film.lock')).mode & 0o777).toBe(0o640)
    expect(fs.readdirSync(folder)).toEqual(['film.lock'])
  })
  test('a whole write that fails leaves what was there', async () => {
    fs.mkdirSync(join(folder, 'target'))
    fs.writeFileSync(join(folder, 'target/inside'), 'x')
    await expect(files.writeWhole(join(folder, 'target'), 'new')).rejects.toThrow()
    expect(fs.readdirSync(folder)).toEqual(['target'])
  })
  test('appending never follows a link out of the folder', async () => {
    fs.symlinkSync('/dev/null', join(folder, 'list'))
    await expect(files.openAppend(join(folder, 'list'))).rejects.toMatchObject({ code: 'ELOOP' })
  })
  test('linking replaces what was there, also itself', async () => {
    fs.writeFileSync(join(folder, 'a'), 'a')
    fs.writeFileSync(join(folder, 'b'), 'b')
    await files.linkOrCopy(join(folder, 'a'), join(folder, 'b'))
    await files.linkOrCopy(join(folder, 'a'), join(folder, 'b'))
    expect(fs.readFileSync(join(folder, 'b'), 'utf8')).toBe('a')
    expect(fs.readdirSync(folder)).toEqual(['a', 'b'])
  })
  test('hashes a file as its text', async () => {
    fs.writeFileSync(join(folder, 'a'), 'häfen')
    expect(await files.sha256(join(folder, 'a'))).toBe(sha256('häfen'))
    expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })
  test('appends go on where the file ended', async () => {
    for (const line of ['one\n', 'two\n']) {
      const open = await files.openAppend(join(folder, 'list'))
      await open.append(line, true)
      await open.close()
    }
    expect(await files.readText(join(folder, 'list'))).toBe('one\ntwo\n')
  })
})

describe('holding a name', () => {
  test('one at a time, and again after release', async () => {
    const name = sha256(folder).slice(0, 32)
    const first = await machine.hold(name)
    expect(first).toBeDefined()
    expect(await machine.hold(name)).toBeUndefined()
    await first?.release()
    const second = await machine.hold(name)
    expect(second).toBeDefined()
    await second?.release()
  })
  test('a socket file of a dead process is taken over, by one only', async () => {
    const path = join(folder, 'hold.sock')
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    expect(await holdBySocketFile(path)).toBeUndefined()
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
    expect(fs.existsSync(path)).toBe(true)
    const all = await Promise.all(Array.from({ length: 8 }, () => holdBySocketFile(path)))
    const winners = all.filter((hold) => hold !== undefined)
    expect(winners).toHaveLength(1)
    expect(await holdBySocketFile(path)).toBeUndefined()
    for (const hold of winners) await hold.release()
  })
})

test('a held name does not keep the process alive', () => {
  const world = join(import.meta.dirname, '../../src/world.hold.node.ts')
  // The loader of the test runner is not there in a child: strip the types by esbuild, as the build does.
  const built = join(folder, 'hold.mjs')
  buildSync({ entryPoints: [world], bundle: true, platform: 'node', format: 'esm', outfile: built, logLevel: 'error' })
  execFileSync(process.execPath, ['-e', `import(${JSON.stringify(built)}).then((m) => m.holdName('ltxtest' + process.pid))`], {
    timeout: 5000,
  })
})

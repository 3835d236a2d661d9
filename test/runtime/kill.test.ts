// Real processes, really killed. The oracle is the host's books: every job bought once, every clip that was ever
// stored still there with its right bytes.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRandom } from '../../src/runtime/failure.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ltx-kill-'))
  const entry = join(import.meta.dirname, 'kill-child.ts')
  buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile: join(folder, 'child.mjs'), logLevel: 'error' })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Child = {
  readonly process: ChildProcess
  readonly lines: string[]
  readonly said: (word: string) => Promise<void>
  readonly ended: Promise<number | null>
}

function start(root: string, ...more: string[]): Child {
  const child = spawn(process.execPath, [join(folder, 'child.mjs'), root, ...more], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  const waiting: { word: string; resolve: () => void }[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.split('\n').filter(Boolean))
    for (const wait of waiting) if (lines.some((line) => line.startsWith(wait.word))) wait.resolve()
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const said = (word: string): Promise<void> =>
    new Promise((resolve) => {
      if (lines.some((line) => line.startsWith(word))) resolve()
      else waiting.push({ word, resolve })
      void ended.then(() => resolve())
    })
  return { process: child, lines, said, ended }
}

/** Hashes of all clips that any journal says are stored. */
function storedIn(root: string): readonly string[] {
  const journals = join(root, '.ltx/journal/film')
  const files = ['.', 'done'].flatMap((part) =>
    existsSync(join(journals, part)) ? readdirSync(join(journals, part)).map((name) => join(journals, part, name)) : [],
  )
  const text = files.filter((path) => path.endsWith('.ndjson')).map((path) => readFileSync(path, 'utf8')).join('') // biome-ignore format: one chain
  return [...text.matchAll(/"type":"job\.stored".*?"sha256":"([0-9a-f]{64})"/g)].map((match) => match[1] ?? '')
}

function expectWhole(root: string): void {
  for (const sha256 of storedIn(root)) {
    const bytes = readFileSync(join(root, '.ltx/clips', sha256.slice(0, 2), `${sha256.slice(2)}.mp4`))
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
  }
}

test('killed 30 times at random moments: nothing stored is lost, nothing is bought twice, the film is the same', async () => {
  const random = openRandom(30)
  const undisturbed = join(folder, 'undisturbed')
  expect(await start(undisturbed).ended).toBe(0)
  const film = readFileSync(join(undisturbed, 'out/film.mp4'), 'utf8')
  const lock = readFileSync(join(undisturbed, 'film.ltx.lock'), 'utf8')
  let kills = 0
  for (let round = 0; kills < 30; round += 1) {
    const root = join(folder, `round-${round}`)
    for (let done = false; !done; ) {
      const child = start(root)
      await child.said('started')
      const timer = setTimeout(() => child.process.kill('SIGKILL'), random() * 60)
      done = (await child.ended) === 0
      clearTimeout(timer)
      kills += done ? 0 : 1
      expect(child.lines.filter((line) => line.startsWith('busy'))).toEqual([])
      expectWhole(root)
    }
    const books = readFileSync(join(root, 'books.ndjson'), 'utf8').split('\n').filter(Boolean)
    expect(books).toHaveLength(16)
    expect(readFileSync(join(root, 'out/film.mp4'), 'utf8')).toBe(film)
    expect(readFileSync(join(root, 'film.ltx.lock'), 'utf8')).toBe(lock)
  }
  expect(kills).toBeGreaterThanOrEqual(30)
})

test('of many at once exactly one has the project; the others are told who; its death frees it at once', async () => {
  const root = join(folder, 'shared')
  symlinkSync(root, join(folder, 'link'))
  for (let round = 0; round < 3; round += 1) {
    const children = Array.from({ length: 6 }, (_, at) => start(round > 0 && at % 2 === 1 ? join(folder, 'link') : root, 'hold'))
    await Promise.all(children.map((child) => Promise.race([child.said('held'), child.said('busy')])))
    const winners = children.filter((child) => child.lines[0]?.startsWith('held'))
    expect(winners).toHaveLength(1)
    const losers = children.filter((child) => child !== winners[0])
    expect(await Promise.all(losers.map((child) => child.ended))).toEqual(losers.map(() => 75))
    winners[0]?.process.kill('SIGKILL')
    await winners[0]?.ended
    // A late loser knows the winner; an early one may have looked before the winner had written its name.
    const late = start(root, 'hold')
    await late.said('held')
    const told = start(root)
    expect(await told.ended).toBe(75)
    expect(told.lines).toEqual([`busy ${late.process.pid}`])
    late.process.kill('SIGKILL')
    await late.ended
  }
})

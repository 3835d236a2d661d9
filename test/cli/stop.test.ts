// A run that is stopped, killed or met by another. Ctrl-C ends it soon and cleanly; `kill -9` at any moment loses nothing
// that was stored, and the next run goes on to the very film, lock and store that an undisturbed run makes.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { openRandom } from '../../src/runtime/failure.ts'
import { parseJournal } from '../../src/runtime/journal.ts'
import {
  begun,
  errorsIn,
  eventsOf,
  expectKept,
  expectNoTrace,
  filesBelow,
  film,
  folderWith,
  hashOf,
  ltx,
  patience,
  start,
  storeOf,
} from './kit.ts'

const shots = film(`scene sea "a grey sea at dawn" {
  shot one   1s { "waves roll in from left to right" takes 2 }
  shot two   1s { "a gull crosses the sky" extend 1s }
  shot three 1s { "a boat drifts past" }
  dissolve 6f
  shot four  1s { "spray flies over the wall" }
}
title "Tiny" 0s..1s { over sea }`)

let whole: string
let ms = 0
beforeAll(async () => {
  whole = folderWith({ 'film.ltx': shots })
  const began = performance.now()
  const { code, err } = await ltx(whole, ['render', '-q'])
  ms = performance.now() - began
  expect([code, err]).toEqual([0, ''])
})

/** Film, sheet, lock and clips are those of the run that nobody disturbed. */
function expectWhole(folder: string): void {
  for (const name of ['film.ltx.lock', 'out/tiny.mp4', 'out/tiny.sheet.png'])
    expect([name, hashOf(join(folder, name))]).toEqual([name, hashOf(join(whole, name))])
  expect([...storeOf(folder)]).toEqual([...storeOf(whole)])
}

/** What a project's journals hold; each is read from its first line to its last. */
function journalsOf(folder: string) {
  const [film = ''] = readdirSync(join(folder, '.ltx/journal'))
  const place = join(folder, '.ltx/journal', film)
  return filesBelow(place)
    .filter((name) => name.endsWith('.ndjson'))
    .map((name) => parseJournal(readFileSync(join(place, name), 'utf8'), name))
}

const storedIn = (folder: string): ReadonlySet<string> =>
  new Set(journalsOf(folder).flatMap(({ events }) => events.flatMap((event) => (event.type === 'job.stored' ? [event.job] : []))))

describe('a signal', () => {
  const moments = [
    ['SIGINT', 130, '"run.started"'],
    ['SIGINT', 130, '"phase":"drawing"'],
    ['SIGINT', 130, '"job.stored"'],
    ['SIGINT', 130, '"cut.progress"'],
    ['SIGTERM', 143, '"job.intent"'],
    ['SIGTERM', 143, '"phase":"mixing"'],
    ['SIGHUP', 143, '"phase":"drawing"'],
  ] as const
  test.each(moments)('%s ends the run with %i at %s', async (signal, code, words) => {
    const folder = folderWith({ 'film.ltx': shots })
    const run = start(folder, ['render', '--json', '-q'])
    await run.said(words)
    const at = performance.now()
    run.signalAll(signal)
    const ran = await run.ended
    expect(performance.now() - at).toBeLessThan(patience(2000))
    expect([ran.code, ran.signal]).toEqual([code, null])
    expectNoTrace(ran)
    expect(errorsIn(ran)).toEqual([])
    expect(eventsOf(ran).at(-1)).toMatchObject({ type: 'run.stopped', reason: 'interrupted' })
    // Whole to the last line; nothing half-made is left, and no ffmpeg goes on in the dark.
    expect(journalsOf(folder).flatMap(({ problems }) => problems)).toEqual([])
    expect(filesBelow(join(folder, 'out'))).toEqual([])
    expect(filesBelow(join(folder, '.ltx')).filter((name) => name.endsWith('.part'))).toEqual([])
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(folder)
    const before = storeOf(folder)
    const stored = storedIn(folder)
    const again = await ltx(folder, ['render', '--json', '-q'])
    expect([again.code, begun(again).filter((job) => stored.has(job))]).toEqual([0, []])
    expectKept(before, folder)
    expectWhole(folder)
  })

  test('in words, for one who reads along', async () => {
    const folder = folderWith({ 'film.ltx': shots })
    const run = start(folder, ['render'])
    await run.said('stored')
    run.signalAll('SIGINT')
    const ran = await run.ended
    expect(ran.code).toBe(130)
    expect(ran.out).toMatch(/stopping +what is out is taken in/)
    expect(ran.out).toMatch(/interrupted +\d made/)
    expect(ran.out).toContain('was stopped; what is made stays made')
    expect(ran.out).toContain('go on: ltx render film.ltx')
    expectNoTrace(ran)
  })

  test('a second one ends it at once', async () => {
    const folder = folderWith({ 'film.ltx': shots })
    const run = start(folder, ['render', '--json', '-q'])
    await run.said('"job.stored"')
    run.process.kill('SIGINT')
    run.process.kill('SIGINT')
    setTimeout(() => run.process.kill('SIGINT'), 5)
    const ran = await run.ended
    expect(ran.code).toBe(130)
    expectNoTrace(ran)
    expect((await ltx(folder, ['render', '-q'])).code).toBe(0)
    expectWhole(folder)
  })

  test('a reader that goes away stops a run as cleanly', async () => {
    const folder = folderWith({ 'film.ltx': shots })
    const run = start(folder, ['render', '--json', '-q'])
    await run.said('"job.stored"')
    run.process.stdout?.destroy()
    const ran = await run.ended
    expect([ran.code, errorsIn(ran)]).toEqual([143, []])
    expectNoTrace(ran)
    expect(journalsOf(folder).flatMap(({ problems }) => problems)).toEqual([])
    expect((await ltx(folder, ['render', '-q'])).code).toBe(0)
    expectWhole(folder)
  })
})

describe('kill -9', () => {
  /** The next run makes nothing that is there, and ends where an undisturbed one does. */
  async function goOn(folder: string, stored: ReadonlySet<string>): Promise<void> {
    const ran = await ltx(folder, ['render', '--json', '-q'])
    expect([ran.code, begun(ran).filter((job) => stored.has(job))]).toEqual([0, []])
    expectWhole(folder)
  }

  test('at twelve moments, again and again: nothing that was stored is lost or made again', async () => {
    const random = openRandom(20)
    let folder = folderWith({ 'film.ltx': shots })
    let before = storeOf(folder)
    let stored: ReadonlySet<string> = new Set()
    let killed = 0
    for (let kill = 0; kill < 12; kill += 1) {
      // A film that is there already has no moments left: begin another one.
      if (existsSync(join(folder, 'out/tiny.mp4'))) {
        await goOn(folder, stored)
        folder = folderWith({ 'film.ltx': shots })
        before = storeOf(folder)
        stored = new Set()
      }
      const run = start(folder, ['render', '--json', '-q'])
      const timer = setTimeout(() => run.process.kill('SIGKILL'), 150 + random() * ms)
      const ran = await run.ended
      clearTimeout(timer)
      if (ran.signal === 'SIGKILL') killed += 1
      expect([kill, ran.code ?? ran.signal]).toEqual([kill, ran.code === null ? 'SIGKILL' : 0])
      const whole = ran.out.slice(0, ran.out.lastIndexOf('\n') + 1)
      expect(begun({ out: whole }).filter((job) => stored.has(job))).toEqual([])
      expectKept(before, folder)
      if (!existsSync(join(folder, '.ltx/journal'))) continue
      for (const { problems } of journalsOf(folder)) expect(problems.filter(({ kind }) => kind !== 'torn')).toEqual([])
      before = storeOf(folder)
      stored = storedIn(folder)
    }
    await goOn(folder, stored)
    expect(filesBelow(join(folder, '.ltx')).filter((name) => name.endsWith('.part'))).toEqual([])
    expect(killed).toBeGreaterThanOrEqual(8)
  })
})

describe('two at once', () => {
  test('one renders; the other says who has it, and those who only look are not kept waiting', async () => {
    const long = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `  shot s${n} 8s { "waves roll in from left to right" }`).join('\n')
    const folder = folderWith({ 'film.ltx': film(`scene sea "a grey sea" {\n${long}\n}`).replace('160x90', '640x360') })
    const first = start(folder, ['render', '--json', '-q'])
    await first.said('"job.intent"')
    const commands = [['plan'], ['plan', '--json'], ['why', 'sea/s1'], ['check'], ['takes', 'sea/s1', '--json']]
    const [second, animatic, plan, json, ...others] = await Promise.all(
      [['render', '-q'], ['render', '--animatic', '-q'], ...commands].map((args) => ltx(folder, args)),
    )
    expect(first.process.exitCode).toBe(null)
    for (const busy of [second, animatic]) {
      expect(busy?.code).toBe(75)
      expect(errorsIn(busy ?? { err: '' })).toHaveLength(1)
      expect(busy?.err).toContain(`process ${first.pid} on `)
    }
    for (const look of [plan, json, ...others]) expect([look?.code, errorsIn(look ?? { err: '' })]).toEqual([0, []])
    expect(plan?.out).toContain('8 new')
    expect(JSON.parse(json?.out ?? '')).toMatchObject({ version: 1 })
    // It did not mind them, and goes when it is told.
    first.signalAll('SIGINT')
    expect((await first.ended).code).toBe(130)
  })

  test('eight at once: one winner', async () => {
    const folder = folderWith({ 'film.ltx': shots })
    const ran = await Promise.all(Array.from({ length: 8 }, () => ltx(folder, ['render', '-q'])))
    const codes = ran.map(({ code }) => code)
    // Who comes when the winner is done has nothing left to make.
    expect(codes.filter((code) => code !== 75 && code !== 0)).toEqual([])
    expect(codes).toContain(0)
    expectWhole(folder)
    const made = journalsOf(folder).flatMap(({ events }) => events.flatMap((event) => (event.type === 'job.intent' ? [event.job] : [])))
    expect(made.length).toBe(new Set(made).size)
  })

  test('one that was killed holds nothing', async () => {
    const folder = folderWith({ 'film.ltx': shots })
    const first = start(folder, ['render', '--json', '-q'])
    await first.said('"job.intent"')
    first.process.kill('SIGKILL')
    await first.ended
    expect(existsSync(join(folder, '.ltx/run.json'))).toBe(true)
    const ran = await ltx(folder, ['render', '-q'])
    expect([ran.code, ran.err]).toEqual([0, ''])
    expectWhole(folder)
    rmSync(folder, { recursive: true })
  })
})

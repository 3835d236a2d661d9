// A program that is talked to: lines in, lines out, what it sees of the environment, and each way it can end.
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openNodeWorld } from '../../src/world.node.ts'
import type { Program } from '../../src/world.ts'

const echo = `const lines = require('node:readline').createInterface({ input: process.stdin })
process.on('SIGTERM', () => undefined)
lines.on('line', (line) => {
  if (line === 'env') console.log(JSON.stringify(process.env))
  else if (line === 'long') console.log('x'.repeat(3_000_000))
  else if (line === 'child') {
    const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    console.log(child.pid)
  } else if (line.startsWith('exit')) {
    process.stderr.write('last words')
    process.exit(Number(line.slice(5)))
  } else console.log(line.toUpperCase())
})
lines.on('close', () => process.exit(0))`

const world = openNodeWorld({ PATH: process.env.PATH, HOME: '/home/nobody', DEVICES: '1', OTHER: 'no' })
const open: Program[] = []
let stop = new AbortController()
beforeAll(() => {
  stop = new AbortController()
})
afterAll(() => {
  for (const program of open) program.kill()
})

async function start(signal = stop.signal) {
  const heard: string[] = []
  let wake = (): void => undefined
  const program = await world.openProgram({
    argv: [process.execPath, '-e', echo],
    folder: import.meta.dirname,
    environment: { ITS: 'own' },
    pass: ['DEVICES', 'UNSET'],
    line: (text) => {
      heard.push(text)
      wake()
    },
    signal,
  })
  open.push(program)
  const answer = async (line: string): Promise<string> => {
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    program.send(line)
    await woken
    return heard.at(-1) ?? ''
  }
  return { program, answer, heard }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    // One that is dead, and that nobody has asked after yet.
    return !/\) Z /.test(existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '')
  } catch {
    return false
  }
}

test('answers each line, and ends well when its input is closed', async () => {
  const { program, answer } = await start()
  expect(await answer('one')).toBe('ONE')
  expect(await answer('two')).toBe('TWO')
  program.close()
  expect(await program.ended).toEqual({ kind: 'exited', code: 0, tail: '' })
  program.send('to nobody')
})

test('sees what it is given, what is passed on, and nothing else', async () => {
  const { program, answer } = await start()
  const seen = JSON.parse(await answer('env')) as Record<string, string> // written by the program above
  expect(Object.keys(seen).sort()).toEqual(['DEVICES', 'HOME', 'ITS', 'PATH'])
  program.kill()
})

test('says no more in a line than its protocol allows', async () => {
  const { program, answer } = await start()
  expect(await answer('long')).toHaveLength(1 << 20)
  program.kill()
})

test('is told of by its code and its last words', async () => {
  const { program } = await start()
  program.send('exit 3')
  expect(await program.ended).toEqual({ kind: 'exited', code: 3, tail: 'last words' })
})

test('is killed with its children, also where it does not listen', async () => {
  const { program, answer } = await start()
  const pid = Number(await answer('child'))
  program.kill()
  expect(await program.ended).toMatchObject({ kind: 'killed', by: 'us' })
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false))
})

test('ends when it is told to from outside, and by what has killed it', async () => {
  const controller = new AbortController()
  const { program, answer } = await start(controller.signal)
  const pid = Number(await answer('child'))
  controller.abort()
  expect(await program.ended).toMatchObject({ kind: 'killed', by: 'us' })
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false))
  const late = await world.openProgram({
    argv: ['no-such-program'],
    folder: '/',
    environment: {},
    line: () => undefined,
    signal: controller.signal,
  })
  expect(await late.ended).toMatchObject({ kind: 'killed' })
})

test('that cannot be started says why', async () => {
  const program = await world.openProgram({
    argv: ['/no/such/program'],
    folder: '/',
    environment: {},
    line: () => undefined,
    signal: stop.signal,
  })
  expect(await program.ended).toMatchObject({ kind: 'unstarted', why: expect.stringContaining('ENOENT') })
})

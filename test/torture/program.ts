// The program itself, killed while it renders a film that is bought: by its journal, as it grows on the disk, or by
// chance. In goes a kind of host, out come rounds as the torture of the runner has them; the film must be whole in the end.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { probe } from '../../src/media/probe.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { keepWrong, openHost, planOf } from './film.ts'
import { judge, lockOf } from './judge.ts'
import { type Kind, key, scriptOf } from './kinds.ts'
import type { Death, Life } from './lives.ts'
import type { Ended } from './runner.ts'
import type { Desk } from './torture.ts'

const shots = 2
const frames = shots * 144
const cli = resolve(import.meta.dirname, '../..', process.env.LTX_DIST ?? 'dist', 'cli.js')
const haste = join(import.meta.dirname, 'haste.mjs')

function textOfJournals(root: string): string {
  try {
    const names = readdirSync(join(root, '.ltx/journal'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ndjson'))
    return names.map((name) => readFileSync(join(root, '.ltx/journal', name), 'utf8')).join('')
  } catch {
    return ''
  }
}

/** Records on the disk, of a kind or of any. */
const countIn = (root: string, step?: string): number =>
  step === undefined ? textOfJournals(root).split('\n').length - 1 : textOfJournals(root).split(`"type":"${step}"`).length - 1

/** Runs a command to its end, or to its death. */
function program(root: string, words: readonly string[], death?: Death): Promise<Ended> {
  const { PATH, HOME, FFMPEG_PATH } = process.env
  const running = spawn(process.execPath, ['--import', haste, cli, ...words], {
    cwd: root,
    env: { PATH, HOME, FFMPEG_PATH, SUITE_KEY: key },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let [said, err] = ['', '']
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  running.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  let over = false
  const watch = async (): Promise<void> => {
    if (death === undefined) return
    if ('afterMs' in death) await delay(death.afterMs)
    else {
      const step = death.at === 'step' ? death.step : undefined
      const wanted = countIn(root, step) + death.number
      while (!over && countIn(root, step) < wanted) await delay(2)
    }
    // What it has started (ffmpeg) dies with it, as where the power goes.
    if (!over && running.pid !== undefined) process.kill(-running.pid, 'SIGKILL')
  }
  return new Promise((resolve) => {
    running.once('close', (code, signal) => {
      over = true
      resolve({ code, signal, said, err })
    })
    void watch()
  })
}

const render = (root: string, death?: Death): Promise<Ended> => program(root, ['render', 'film.ltx', '--no-tui'], death)

/** Purchases that wait for a person, by the program's own word. */
async function uncertainIn(root: string): Promise<number> {
  const { said } = await program(root, ['resolve', 'film.ltx', '--json'])
  const { purchases } = JSON.parse(said) as { purchases: readonly { standing: string }[] } // said by our own program
  return purchases.filter(({ standing }) => standing === 'uncertain').length
}

const words = (death: Death): string =>
  'afterMs' in death ? 'by chance' : death.at === 'step' ? `after ${death.step} ${death.number}` : `after ${death.at} ${death.number}`

async function filmIs(root: string): Promise<string> {
  const name = readdirSync(join(root, 'out')).find((one) => one.endsWith('.mp4') && !one.includes('.draft'))
  if (name === undefined) return 'there is no film'
  const seen = await probe(join(root, 'out', name))
  return seen.frames === frames ? '' : `the film has ${seen.frames} frames, not ${frames}`
}

export async function openProgram(kind: Kind): Promise<Desk> {
  if (!existsSync(cli)) throw new Error(`${cli} is missing: npm run build`)
  const folder = mkdtempSync(join(tmpdir(), `ltx-torture-program-${kind.kind}-`))
  const host = await openHost(kind, folder)
  const { plan } = await planOf(kind, join(folder, 'plan'), host.reach, shots)
  await host.ready(plan)
  const { settles } = kind
  const project = async (name: string): Promise<string> => {
    await host.tell({ do: 'forget' })
    const root = join(folder, name)
    mkdirSync(root)
    writeFileSync(join(root, 'film.ltx'), scriptOf(kind, host.reach, shots))
    return root
  }
  const first = await project('undisturbed')
  const begun = performance.now()
  const plain = await render(first)
  if (plain.code !== 0) throw new Error(`the undisturbed film ended with ${plain.code}: ${plain.err.slice(-1500)}`)
  const ms = performance.now() - begun
  const undisturbed = lockOf(first, host.ledger())
  const text = textOfJournals(first)
  const steps: Record<string, number> = {}
  for (const [, step = ''] of text.matchAll(/"type":"((?:run|job|cut)\.[a-z]+)"/g)) steps[step] = (steps[step] ?? 0) + 1

  return {
    passes: { records: text.split('\n').length - 1, requests: 0, steps, ms },
    async round(number: number, life: Life) {
      const root = await project(`round-${number}`)
      const from = host.ledger().length
      const deaths: string[] = []
      let last: Ended | undefined
      let runs = 0
      for (const death of life) {
        last = await render(root, death)
        runs += 1
        if (last.signal !== 'SIGKILL') break
        deaths.push(words(death))
      }
      // Code 6: something is left to a person, and will be as often as it is asked.
      for (; last?.code !== 0 && last?.code !== 6 && runs < life.length + 3; runs += 1) last = await render(root)
      const uncertain = last?.code === 6 ? await uncertainIn(root) : 0
      const entries = host.ledger().slice(from)
      const film = last?.code === 0 ? await filmIs(root) : ''
      const bad = [
        ...judge({ root, entries, shots, settles, undisturbed, uncertain }),
        ...(film === '' ? [] : [film]),
        ...(last?.code === 0 || uncertain > 0 ? [] : [`ended with ${last?.code ?? last?.signal}: ${last?.err.slice(-300)}`]),
      ]
      if (bad.length > 0) keepWrong(root, kind, number)
      rmSync(root, { recursive: true, force: true })
      return { deaths, runs, accepted: acceptedOf(entries).length, uncertain, wrong: bad }
    },
    async close() {
      await host.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

// The command line as a user meets it: whole processes, against bare node.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench } from './measure.ts'
import { inPairs, pairText, runProgram, say, timeText } from './measure.ts'
import { filmOf, linesOf } from './scripts.ts'

const node = process.execPath
const cli = join(process.cwd(), process.env.LTX_DIST ?? 'dist', 'cli.js')
const bare = (): number => runProgram(node, ['-e', '0'])
const ltx = (folder: string, ...args: readonly string[]): number => runProgram(node, [cli, ...args], { cwd: folder })

const start: Bench = {
  name: 'start',
  async run(folder) {
    writeFileSync(join(folder, 'film.ltx'), linesOf(50))
    const version = await inPairs(15, () => ltx(folder, '--version'), bare)
    say('ltx --version / node -e 0', pairText(version), 'aim: within 1.6x', version.ratio <= 1.6)
    const check = await inPairs(15, () => ltx(folder, 'check', 'film.ltx'), bare)
    say('ltx check of 50 lines / node -e 0', pairText(check), 'no aim of its own', undefined)
  },
}

const check: Bench = {
  name: 'check',
  async run(folder) {
    const text = linesOf(10_000)
    writeFileSync(join(folder, 'big.ltx'), text)
    writeFileSync(join(folder, 'small.ltx'), linesOf(50))
    const pair = await inPairs(
      7,
      () => ltx(folder, 'check', 'big.ltx', '--quiet'),
      () => ltx(folder, 'check', 'small.ltx', '--quiet'),
    )
    const beyond = pair.a.medianMs - pair.b.medianMs
    say(
      `check of ${text.split('\n').length} lines beyond check of 50`,
      `${timeText(beyond)} (${pairText(pair)})`,
      'aim: under 0.5 s',
      beyond < 500,
    )
  },
}

const plan: Bench = {
  name: 'plan',
  async run(folder) {
    writeFileSync(join(folder, 'film.ltx'), filmOf(10_000, { short: true }))
    writeFileSync(join(folder, 'small.ltx'), filmOf(10, { short: true }))
    const pair = await inPairs(
      3,
      () => ltx(folder, 'plan', 'film.ltx', '--quiet'),
      () => ltx(folder, 'plan', 'small.ltx', '--quiet'),
    )
    say('plan of 10,000 shots / plan of 10', pairText(pair), 'aim: seconds', pair.a.medianMs < 10_000)
  },
}

const again: Bench = {
  name: 'again',
  async run(folder) {
    writeFileSync(join(folder, 'film.ltx'), filmOf(1000, { seconds: '12f', size: '128x72' }))
    writeFileSync(join(folder, 'small.ltx'), filmOf(1, { seconds: '12f', size: '128x72' }))
    const first = ltx(folder, 'render', 'film.ltx', '--animatic', '--quiet')
    ltx(folder, 'render', 'small.ltx', '--animatic', '--quiet')
    const pair = await inPairs(
      5,
      () => ltx(folder, 'render', 'film.ltx', '--animatic', '--quiet'),
      () => ltx(folder, 'render', 'small.ltx', '--animatic', '--quiet'),
    )
    say('re-render of 1,000 shots, nothing to do / of 1 shot', pairText(pair), 'aim: under 1 s', pair.a.medianMs < 1000)
    console.log(`  (the first render of them took ${timeText(first)})`)
  },
}

export const commandLine: readonly Bench[] = [start, check, plan, again]

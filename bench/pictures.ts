// Animatics: seconds of 1080p24 film made in a second, two shots at a time, as a render does it.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench } from './measure.ts'
import { runProgram, say, summary, timeText } from './measure.ts'
import { filmOf } from './scripts.ts'

const shots = 8
const seconds = 6

export const pictures: Bench = {
  name: 'animatic',
  async run(folder) {
    writeFileSync(join(folder, 'film.ltx'), filmOf(shots, { seconds: `${seconds}s` }))
    const cli = join(process.cwd(), process.env.LTX_DIST ?? 'dist', 'cli.js')
    const runs: number[] = []
    for (let run = 0; run < 3; run += 1) {
      rmSync(join(folder, '.ltx'), { recursive: true, force: true })
      rmSync(join(folder, 'out'), { recursive: true, force: true })
      runs.push(runProgram(process.execPath, [cli, 'render', 'film.ltx', '--animatic', '--quiet'], { cwd: folder }))
    }
    const { medianMs, minMs, maxMs } = summary(runs)
    const speed = (shots * seconds * 1000) / medianMs
    say(
      `animatic of ${shots} shots of ${seconds} s at 1080p24, the cut included`,
      `${speed.toFixed(2)}x real time, ${timeText(medianMs)} (${timeText(minMs)}–${timeText(maxMs)})`,
      'aim: at least 2x',
      speed >= 2,
    )
  },
}

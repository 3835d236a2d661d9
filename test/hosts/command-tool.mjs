// A program as a user might write one: an order at its standard input, a clip where the order says, lines of JSON while
// it works. Called as `command-tool.mjs FFMPEG MODE LOG`; every start is a line in LOG.
import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'

const [ffmpeg, mode = 'make', log = ''] = process.argv.slice(2)
const text = readFileSync(0, 'utf8')
const order = JSON.parse(text)
if (log !== '') appendFileSync(log, `${JSON.stringify({ pid: process.pid, order, environment: process.env, folder: process.cwd() })}\n`)
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

function make() {
  const { width, height } = order.size
  const rate = `${order.rate.num}/${order.rate.den}`
  const seconds = (order.frames * order.rate.den) / order.rate.num
  const picture = `color=c=teal:size=${width}x${height}:rate=${rate},trim=end_frame=${order.frames}`
  const sound = `sine=frequency=330:sample_rate=48000,atrim=end_sample=${Math.round(seconds * 48_000)}`
  const inputs = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound]
  const outputs = [
    '-map',
    '0:v',
    '-map',
    '1:a',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    '-f',
    'mp4',
  ]
  execFileSync(ffmpeg, ['-nostdin', '-v', 'error', '-y', ...inputs, ...outputs, order.output])
}

switch (mode) {
  case 'make':
    process.stdout.write('loading the model, please wait\n{ not json\n')
    say({ progress: 0.25, phase: 'sampling\u001b[31m' })
    say({ progress: 0.75 })
    make()
    say({ billed: 0.125, model: 'mine-7b' })
    break
  case 'fail':
    process.stderr.write(`starting\n\u001b[31mTraceback\u001b[0m\n${process.env.MY_TOKEN ?? ''} was refused\n`)
    process.exit(3)
    break
  case 'refuse':
    say({ error: { kind: 'moderation', message: 'that picture is not allowed', billed: 'no' } })
    process.exit(1)
    break
  case 'nothing':
    break
  case 'empty':
    writeFileSync(order.output, '')
    break
  case 'folder':
    mkdirSync(order.output)
    break
  case 'flood':
    process.stdout.write('x'.repeat(5_000_000))
    process.stderr.write(`${'y'.repeat(3_000_000)}\nthe end of it\n`)
    process.exitCode = 1
    break
  case 'deaf':
    // Goes on after it was asked to end, and has a child of its own.
    process.on('SIGTERM', () => undefined)
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    setInterval(() => undefined, 1000)
    break
  case 'hang':
    setInterval(() => undefined, 1000)
    break
}

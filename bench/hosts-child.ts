// Processes of their own for the benchmarks of hosts: one serves large bodies, one downloads them as a run does, one
// downloads them with bare undici into nothing. The last two say what they took: milliseconds, peak memory.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { Agent, stream } from 'undici'
import { openHttp } from '../src/world.http.node.ts'

const [role = '', address = '', folder = ''] = process.argv.slice(2)
const many = 16
const bodyBytes = 50_000_000

function serve(): void {
  // Not of one byte: compression on the way or a sparse file would flatter.
  const piece = Buffer.alloc(1 << 20)
  for (let n = 0; n < piece.length; n += 1) piece[n] = (n * 2654435761) >>> 24
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': String(bodyBytes) })
    let left = bodyBytes
    const push = (): void => {
      while (left > 0) {
        const part = left < piece.length ? piece.subarray(0, left) : piece
        left -= part.length
        if (!response.write(part)) return void response.once('drain', push)
      }
      response.end()
    }
    push()
  })
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`))
}

async function downloadOurs(): Promise<void> {
  const http = openHttp()
  const one = async (number: number): Promise<void> => {
    const answer = await http.request({ method: 'GET', url: address, headers: {}, timeouts: { connect: 5000, head: 30_000, body: 30_000 } })
    const { bytes, sha256 } = await answer.toFile(`${folder}/${process.pid}-${number}.mp4`, bodyBytes)
    if (bytes !== bodyBytes || sha256.length !== 64) throw new Error('the body came short')
  }
  await Promise.all(Array.from({ length: many }, (_, number) => one(number)))
}

async function downloadPlain(): Promise<void> {
  const dispatcher = new Agent({ connections: 32, pipelining: 1, allowH2: false })
  const one = async (): Promise<void> => {
    let bytes = 0
    await stream(address, { method: 'GET', dispatcher }, () => {
      return new Writable({
        write(chunk: Buffer, _encoding, done) {
          bytes += chunk.length
          done()
        },
      })
    })
    if (bytes !== bodyBytes) throw new Error('the body came short')
  }
  await Promise.all(Array.from({ length: many }, one))
  await dispatcher.close()
}

async function measure(work: () => Promise<void>): Promise<void> {
  const start = performance.now()
  await work()
  const ms = performance.now() - start
  const cpu = process.cpuUsage()
  console.log(JSON.stringify({ ms, cpuMs: (cpu.user + cpu.system) / 1000, peakMb: process.resourceUsage().maxRSS / 1024 }))
  process.exit(0)
}

switch (role) {
  case 'serve':
    serve()
    break
  case 'ours':
    await measure(downloadOurs)
    break
  case 'plain':
    await measure(downloadPlain)
    break
  default:
    throw new Error(`no such role: ${role}`)
}

// A program that buys, as a user might write one: `buyer.mjs LEDGER CLIP` takes an order at its standard input, writes
// down that it has paid, works a little, and leaves a clip of its own where the order says.
import { createHash, randomUUID } from 'node:crypto'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

const [ledger, clip] = process.argv.slice(2)
const { output, id, ...request } = JSON.parse(readFileSync(0, 'utf8'))
const write = (entry) => appendFileSync(ledger, `${JSON.stringify({ at: Date.now(), ...entry })}\n`)
const sha = (content) => createHash('sha256').update(content).digest('hex')
const job = randomUUID()

write({ kind: 'accepted', job, same: sha(JSON.stringify(request)), request: { ...request, id } })
await delay(20)
const name = Buffer.from(job, 'utf8')
const head = Buffer.alloc(8)
head.writeUInt32BE(name.length + 8, 0)
head.write('free', 4, 'latin1')
const bytes = Buffer.concat([readFileSync(clip), head, name])
writeFileSync(output, bytes)
write({ kind: 'finished', job, sha256: sha(bytes), bytes: bytes.length })
process.stdout.write(`${JSON.stringify({ billed: 0.3 })}\n`)

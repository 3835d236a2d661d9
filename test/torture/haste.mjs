// Preloaded before the program (`node --import haste.mjs dist/cli.js`): its waits pass fifty times faster and no longer than
// a fifteenth of a second, and the clock that measures goes along. The program itself has no such setting: what it is patient
// about, it is patient about everywhere else.
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'

const haste = 50
const longestMs = 66
let passed = 0
const { setTimeout: sleep } = timers
const now = performance.now.bind(performance)

timers.setTimeout = async (ms, value, options) => {
  const wait = Math.min((ms ?? 0) / haste, longestMs)
  await sleep(wait, undefined, options)
  passed += (ms ?? 0) - wait * haste
  return value
}
performance.now = () => now() * haste + passed
syncBuiltinESMExports()

// Runs vitest and ends with one plain line, `N passed, N failed[, N skipped]`, for people and for CI. Tests of the Python worker are
// among them where its environment is there; where it is not, they are skipped, and named before that line.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testPython } from './python.mjs'

const folder = mkdtempSync(join(tmpdir(), 'ltx-test-'))
const report = join(folder, 'report.json')
const args = [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]
const python = testPython()
const env = python === undefined ? process.env : { ...process.env, LTX_WORKER_PYTHON: python }
const child = spawn(process.execPath, args, { stdio: 'inherit', env })
child.on('close', (code) => {
  let line = '0 passed, 1 failed'
  let failed = code !== 0
  try {
    const counts = JSON.parse(readFileSync(report, 'utf8'))
    // A file that cannot be loaded has no tests to count; it is a failure all the same.
    const broken = counts.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length
    const failures = counts.numFailedTests + broken
    line = `${counts.numPassedTests} passed, ${failures} failed`
    if (counts.numPendingTests > 0) line += `, ${counts.numPendingTests} skipped`
    sayWhatWasSkipped(counts.testResults)
    failed ||= failures > 0 || counts.numPassedTests === 0
  } catch (error) {
    console.error(`no test report: ${error.message}`)
    failed = true
  }
  rmSync(folder, { recursive: true, force: true })
  console.log(line)
  process.exitCode = failed ? 1 : 0
})

/** Which tests, why, and what makes them run. */
function sayWhatWasSkipped(files) {
  const skipped = files.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'pending' || status === 'skipped').map(({ fullName }) => ({ file: name, fullName })),
  )
  if (skipped.length === 0) return
  console.log(`\nskipped, ${skipped.length} in all:`)
  for (const { file, fullName } of skipped) console.log(`  ${file.slice(file.lastIndexOf('test/'))} > ${fullName}`)
  if (python !== undefined) return
  console.log('Those of the worker need Python 3.10 or later with torch and diffusers, and there is no such environment on this machine.')
  console.log('They run after: node scripts/worker-env.mjs (or LTX_WORKER_PYTHON=PATH npm test)')
}

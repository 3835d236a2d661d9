// Runs vitest and ends with one plain line, `N passed, N failed[, N skipped]`, for people and for CI.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

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
const child = spawn(process.execPath, args, { stdio: 'inherit' })
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
    failed ||= failures > 0 || counts.numPassedTests === 0
  } catch (error) {
    console.error(`no test report: ${error.message}`)
    failed = true
  }
  rmSync(folder, { recursive: true, force: true })
  console.log(line)
  process.exitCode = failed ? 1 : 0
})

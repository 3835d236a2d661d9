// Every code has the smallest script that earns it, and the frame that its writer sees, kept beside it.
// `GOLDEN=write` writes the frames anew; the difference in git is the review.
import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { renderDiagnostics } from '../src/report/frame.ts'
import { allCodes, diagnose, golden, goldenPath, strangers } from './errors-kit.ts'

test('there are codes, and every fixture stands for one', () => {
  expect(allCodes.length).toBeGreaterThan(50)
  expect(strangers()).toEqual([])
})

test.each(allCodes)('%s', async (code) => {
  const found = await diagnose(code)
  expect(found, `write test/errors/${code}.ltx`).toBeDefined()
  if (found === undefined) return
  expect([...new Set(found.diagnostics.map((one) => one.code))], 'the script earns this code and no other').toEqual([code])
  const frame = renderDiagnostics(found.diagnostics, found.sources, { colour: false, width: 100 })
  if (process.env.GOLDEN === 'write') writeFileSync(goldenPath(code), frame)
  expect(frame).toBe(golden(code))
})

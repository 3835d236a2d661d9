import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codes } from '../../src/lang/codes.ts'
import { explain } from '../../src/report/explain.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8')

test('a code is explained in plain text: why, the frame, the way out', () => {
  const text = explain(page, 'value.unit', 80) ?? ''
  expect(text.split('\n')[0]).toBe('value.unit')
  expect(text).toContain('error: Each unit has one spelling')
  expect(text).toContain('    2 │ let length 6sec\n')
  expect(text).not.toMatch(/```|\*|## /)
})

test('every code of the catalogue is on the page that comes with the package', () => {
  expect(Object.keys(codes).filter((code) => explain(page, code, 80) === undefined)).toEqual([])
  expect(explain(page, 'no.such-code', 80)).toBeUndefined()
})

// The pages that are written from the program's tables are as the tables say. `npm run docs` (GOLDEN=write) writes them anew.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rowOf, rows } from '../src/lang/schema.ts'
import { errorsPage, languagePage, signature } from '../src/report/reference.ts'
import { allCodes, golden } from './errors-kit.ts'

const docs = join(import.meta.dirname, '..', 'docs')

test.each([
  ['language.md', languagePage],
  ['errors.md', () => errorsPage(golden)],
] as const)('docs/%s is current', (name, write) => {
  const page = write()
  if (process.env.GOLDEN === 'write') writeFileSync(join(docs, name), page)
  expect(readFileSync(join(docs, name), 'utf8')).toBe(page)
})

test('every statement is told once, with its example', () => {
  const page = languagePage()
  for (const row of rows) expect(page.split(`\n\`${signature(row)}\`\n`).length, signature(row)).toBeGreaterThanOrEqual(2)
  for (const row of rows) expect(page).toContain(`Example: \`${row.example}\``)
})

test('a signature reads like the statement', () => {
  const shot = rowOf('shot', 'scene')
  if (shot === undefined) throw new Error('there is no shot')
  expect(signature(shot)).toBe('shot NAME [DURATION] [from IMAGE] [to IMAGE] [sync AUDIO] [to-beat BED] [on PROVIDER] [{ … }]')
})

test('every code has its section, with a frame that names it', () => {
  const page = errorsPage(golden)
  for (const code of allCodes) expect(page.split(`\n## \`${code}\`\n`)[1]?.split('\n## ')[0]).toContain(`[${code}]`)
})

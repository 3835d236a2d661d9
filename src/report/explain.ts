// The page of all codes in (docs/errors.md), one code's section as plain text out: what `ltx explain CODE` prints.
import { wrap } from './cell.ts'

/** Undefined where the page has no such section. Lines of prose are wrapped to `width`; frames stay as they are. */
export function explain(page: string, code: string, width: number): string | undefined {
  const start = page.indexOf(`\n## \`${code}\`\n`)
  if (start === -1) return undefined
  const next = page.indexOf('\n## ', start + 1)
  const lines = page
    .slice(start + 1, next === -1 ? undefined : next)
    .trimEnd()
    .split('\n')
  const out: string[] = []
  let framed = false
  for (const line of lines) {
    if (line.startsWith('```')) framed = !framed
    else if (framed) out.push(`  ${line}`)
    else out.push(...prose(line, width))
  }
  return `${out.join('\n')}\n`
}

function prose(line: string, width: number): readonly string[] {
  const plain = line.replace(/^## `(.*)`$/, '$1').replace(/^\*(error|warning)\.\* /, '$1: ')
  return plain === '' ? [''] : wrap(plain, Math.max(40, Math.min(width, 100)))
}

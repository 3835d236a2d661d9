// Two texts in, what changed between them out, in the form `diff -u` and git use. Shortest edit script by the greedy
// algorithm (Myers, "An O(ND) Difference Algorithm", 1986); texts that share too little are shown as replaced whole.

const context = 3
/** Beyond so many changed lines the search is given up: it would take longer than anybody reads. */
const mostChanges = 2000

type Op = { readonly kind: ' ' | '-' | '+'; readonly line: string }

/** Empty where the texts are the same. */
export function diffText(path: string, before: string, after: string): string {
  if (before === after) return ''
  const ops = compare(splitLines(before), splitLines(after))
  return [`--- ${path}`, `+++ ${path}`, ...hunks(ops)].map((line) => `${line}\n`).join('')
}

/** Lines without their ends; a last line without one carries the note that `diff` gives it. */
function splitLines(text: string): readonly string[] {
  if (text === '') return []
  const lines = text.split('\n')
  const last = lines.pop()
  return last === '' ? lines : [...lines, `${last}\n\\ No newline at end of file`]
}

function compare(a: readonly string[], b: readonly string[]): readonly Op[] {
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1
  const same = (lines: readonly string[]) => lines.map((line): Op => ({ kind: ' ', line }))
  const middle = shortest(a.slice(head, a.length - tail), b.slice(head, b.length - tail))
  return [...same(a.slice(0, head)), ...middle, ...same(a.slice(a.length - tail))]
}

function shortest(a: readonly string[], b: readonly string[]): readonly Op[] {
  const furthest = new Map<number, number>([[1, 0]])
  const trace: ReadonlyMap<number, number>[] = []
  for (let changes = 0; changes <= Math.min(a.length + b.length, mostChanges); changes += 1) {
    trace.push(new Map(furthest))
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      let x = stepFrom(furthest, diagonal, changes)
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1
      furthest.set(diagonal, x)
      if (x >= a.length && x - diagonal >= b.length) return walkBack(a, b, trace)
    }
  }
  return [...a.map((line): Op => ({ kind: '-', line })), ...b.map((line): Op => ({ kind: '+', line }))]
}

const down = (furthest: ReadonlyMap<number, number>, diagonal: number, changes: number): boolean =>
  diagonal === -changes || (diagonal !== changes && (furthest.get(diagonal - 1) ?? 0) < (furthest.get(diagonal + 1) ?? 0))

const stepFrom = (furthest: ReadonlyMap<number, number>, diagonal: number, changes: number): number =>
  down(furthest, diagonal, changes) ? (furthest.get(diagonal + 1) ?? 0) : (furthest.get(diagonal - 1) ?? 0) + 1

function walkBack(a: readonly string[], b: readonly string[], trace: readonly ReadonlyMap<number, number>[]): readonly Op[] {
  const ops: Op[] = []
  let x = a.length
  let y = b.length
  for (let changes = trace.length - 1; changes >= 0; changes -= 1) {
    const furthest = trace[changes] ?? new Map<number, number>()
    const diagonal = x - y
    const wentDown = down(furthest, diagonal, changes)
    const from = wentDown ? diagonal + 1 : diagonal - 1
    const startX = changes === 0 ? 0 : (furthest.get(from) ?? 0)
    const startY = changes === 0 ? 0 : startX - from
    while (x > startX && y > startY && a[x - 1] === b[y - 1]) {
      x -= 1
      y -= 1
      ops.push({ kind: ' ', line: a[x] ?? '' })
    }
    if (changes === 0) break
    if (wentDown) ops.push({ kind: '+', line: b[startY] ?? '' })
    else ops.push({ kind: '-', line: a[startX] ?? '' })
    x = startX
    y = startY
  }
  return ops.reverse()
}

function hunks(ops: readonly Op[]): readonly string[] {
  const lines: string[] = []
  let [oldLine, newLine] = [1, 1]
  for (let at = 0; at < ops.length; ) {
    if (ops[at]?.kind === ' ') {
      const next = ops.findIndex((op, index) => index >= at && op.kind !== ' ')
      const skip = (next === -1 ? ops.length : Math.max(at, next - context)) - at
      oldLine += skip
      newLine += skip
      at += skip
      if (next === -1) break
    }
    const end = hunkEnd(ops, at)
    const hunk = ops.slice(at, end)
    const [removed, added] = ['+', '-'].map((kind) => hunk.filter((op) => op.kind !== kind).length) as [number, number] // two kinds in, two counts out
    lines.push(`@@ -${place(oldLine, removed)} +${place(newLine, added)} @@`, ...hunk.map((op) => op.kind + op.line))
    oldLine += removed
    newLine += added
    at = end
  }
  return lines
}

const place = (line: number, count: number): string => (count === 1 ? `${line}` : `${count === 0 ? line - 1 : line},${count}`)

/** A hunk goes on while changes lie within twice the context of each other. */
function hunkEnd(ops: readonly Op[], start: number): number {
  let end = start
  let quiet = 0
  for (let at = start; at < ops.length; at += 1) {
    if (ops[at]?.kind === ' ') {
      quiet += 1
      if (quiet > 2 * context && end > start) break
    } else {
      quiet = 0
      end = at + 1
    }
  }
  return Math.min(ops.length, end + context)
}

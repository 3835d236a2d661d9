// The page the formatter writes on: lines with their indent, kept until the end, when neighbours are lined up: first
// arguments of settings, types of params, and the comments at the ends of adjacent lines.

type Line = {
  readonly indent: number
  readonly text: string
  /** What stands before the column that lines up with the neighbours of the same group. */
  readonly key?: string
  readonly group?: 'setting' | 'param'
  readonly comment?: string
  /** A comment alone: never part of a run. */
  readonly alone: boolean
  readonly gap: boolean
}

export type Page = {
  /** Whether an empty line comes before what is written next. */
  readonly gap: (wanted: boolean) => void
  /** A block begins: no empty line right after its brace. */
  readonly open: () => void
  /** Text may have several lines; those after the first bring their own indent. */
  readonly line: (indent: number, text: string) => void
  readonly aligned: (indent: number, group: 'setting' | 'param', key: string, text: string) => void
  readonly comment: (indent: number, text: string) => void
  /** Puts a comment at the end of the line written last. */
  readonly trail: (text: string) => void
  readonly text: () => string
}

export function openPage(): Page {
  const lines: Line[] = []
  let gap = false
  let opened = true
  const push = (line: Omit<Line, 'gap' | 'alone'>, alone = false) => {
    lines.push({ ...line, alone, gap: gap && !opened })
    gap = false
    opened = false
  }
  return {
    gap: (wanted) => {
      gap = wanted
    },
    open: () => {
      opened = true
    },
    line: (indent, text) => push({ indent, text }),
    aligned: (indent, group, key, text) => push({ indent, group, key, text }),
    comment: (indent, text) => push({ indent, text }, true),
    trail: (comment) => {
      const last = lines.pop()
      if (last !== undefined) lines.push({ ...last, comment })
    },
    text: () => print(lines),
  }
}

function print(lines: readonly Line[]): string {
  const texts = lines.map((line) => line.text)
  for (const run of runs(
    lines,
    (line) => line.group,
    (a, b) => a.group === b.group && a.indent === b.indent,
  )) {
    const width = Math.max(...run.map((at) => (lines[at]?.text === '' ? 0 : (lines[at]?.key?.length ?? 0))))
    for (const at of run) {
      const line = lines[at]
      if (line !== undefined) texts[at] = line.text === '' ? (line.key ?? '') : `${(line.key ?? '').padEnd(width)} ${line.text}`
    }
  }
  const full = lines.map((line, at) => ' '.repeat(line.indent) + (texts[at] ?? ''))
  const widths = full.map((text) => [...(text.split('\n').at(-1) ?? '')].length)
  for (const run of runs(
    lines,
    (line) => line.comment,
    (_, b) => !b.alone,
  )) {
    const width = Math.max(...run.map((at) => widths[at] ?? 0))
    for (const at of run) full[at] = `${full[at]}${' '.repeat(width - (widths[at] ?? 0) + 2)}${lines[at]?.comment}`
  }
  return full.map((text, at) => `${lines[at]?.gap === true ? '\n' : ''}${text}\n`).join('')
}

/** Stretches of adjacent lines (no empty line between) that all have something and go together. */
function runs(
  lines: readonly Line[],
  has: (line: Line) => unknown,
  together: (a: Line, b: Line) => boolean,
): readonly (readonly number[])[] {
  const found: number[][] = []
  let current: number[] = []
  lines.forEach((line, at) => {
    if (has(line) === undefined) {
      current = []
      return
    }
    const before = lines[at - 1]
    if (current.length > 0 && before !== undefined && !line.gap && together(before, line)) current.push(at)
    else {
      current = [at]
      found.push(current)
    }
  })
  return found
}

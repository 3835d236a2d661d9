// CSV as RFC 4180 has it: a text in, rows of fields with their places out, or what is wrong and where. A byte order mark is
// skipped, lines end in LF or CRLF, quotes are doubled inside quotes, empty lines are no rows.

export type Field = { readonly text: string; readonly start: number; readonly end: number }
export type Table =
  | { readonly ok: true; readonly rows: readonly (readonly Field[])[] }
  | { readonly ok: false; readonly problem: string; readonly start: number; readonly end: number }

/** `mostRows` bounds the work; the rows after it are an error. */
export function readCsv(text: string, mostRows: number): Table {
  const rows: (readonly Field[])[] = []
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  while (at < text.length) {
    const fields: Field[] = []
    for (;;) {
      const field = text[at] === '"' ? quoted(text, at) : bare(text, at)
      if ('problem' in field) return { ok: false, problem: field.problem, start: field.at, end: field.at + 1 }
      fields.push(field)
      at = field.end
      if (text[at] !== ',') break
      at += 1
    }
    at += text.startsWith('\r\n', at) ? 2 : 1
    if (fields.length === 1 && fields[0]?.text === '' && fields[0].start === fields[0].end) continue
    rows.push(fields)
    if (rows.length > mostRows) return { ok: false, problem: `it has more than ${mostRows} rows`, start: fields[0]?.start ?? 0, end: at }
  }
  return { ok: true, rows }
}

type Wrong = { readonly problem: string; readonly at: number }

function bare(text: string, start: number): Field | Wrong {
  let end = start
  while (end < text.length && text[end] !== ',' && text[end] !== '\n' && !text.startsWith('\r\n', end)) {
    if (text[end] === '"') return { problem: 'a quote stands inside a field that does not begin with one', at: end }
    end += 1
  }
  return { text: text.slice(start, end), start, end }
}

function quoted(text: string, start: number): Field | Wrong {
  let at = start + 1
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote === -1) return { problem: 'a quoted field is never closed', at: start }
    if (text[quote + 1] === '"') {
      at = quote + 2
      continue
    }
    const end = quote + 1
    const after = text[end]
    if (after !== undefined && after !== ',' && after !== '\n' && !text.startsWith('\r\n', end)) {
      return { problem: 'something stands between the end of a quoted field and the next comma', at: end }
    }
    return { text: text.slice(start + 1, quote).replaceAll('""', '"'), start, end }
  }
}

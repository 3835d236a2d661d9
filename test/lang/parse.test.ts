import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Command, Expr, Statement, Text } from '../../src/lang/ast.ts'
import { Grammar } from '../../src/lang/syntax/grammar.ts'
import { workOf } from '../work-done.ts'
import { film, series } from './films.ts'
import { at, meaning, read, readClean, scripts, summary } from './syntax-kit.ts'

const one = (text: string): Statement => {
  const [statement] = readClean(text).body
  if (statement === undefined) throw new Error('nothing was read')
  return statement
}
const command = (text: string): Command => {
  const statement = one(text)
  if (statement.kind !== 'command') throw new Error(`${statement.kind}, not a command`)
  return statement
}
const argument = (text: string): Expr =>
  command(`let x ${text}`).args[1] ?? { kind: 'list', items: [], span: { path: '', start: 0, end: 0 } }
const value = (text: string) => {
  const expr = argument(text)
  return expr.kind === 'literal' ? expr.value : expr
}
const words = (text: string) =>
  readClean(text).body.map((statement) => (statement.kind === 'command' ? statement.word.text : statement.kind))
const inside = (text: string) =>
  command(text).block?.body.map((statement) => (statement.kind === 'command' ? statement.word.text : statement.kind))
const parts = (text: string) => (one(text) as { text: Text }).text.parts.map((part) => (typeof part === 'string' ? part : part.kind))
const problems = (text: string) => summary(text, read(text).diagnostics)

test('chevrotain finds no mistake in the grammar', () => {
  expect(() => new Grammar(true)).not.toThrow()
})

test('both films of the design are read without a word', () => {
  expect(readClean(film).body).toHaveLength(14)
  expect(readClean(series).body).toHaveLength(11)
})

// ── literals ────────────────────────────────────────────────────────────────────────────────────────────────────────────

test.each([
  ['6s', { unit: 'length', length: { unit: 'seconds', seconds: { num: 6, den: 1 } } }],
  ['250ms', { unit: 'length', length: { unit: 'seconds', seconds: { num: 1, den: 4 } } }],
  ['1m30s', { unit: 'length', length: { unit: 'seconds', seconds: { num: 90, den: 1 } } }],
  ['1h2m3.5s', { unit: 'length', length: { unit: 'seconds', seconds: { num: 7447, den: 2 } } }],
  ['2m', { unit: 'length', length: { unit: 'seconds', seconds: { num: 120, den: 1 } } }],
  ['12f', { unit: 'length', length: { unit: 'frames', frames: 12 } }],
  ['00:00:04:12', { unit: 'length', length: { unit: 'timecode', hours: 0, minutes: 0, seconds: 4, frames: 12 } }],
  ['1920x1080', { unit: 'size', width: 1920, height: 1080 }],
  ['24fps', { unit: 'rate', rate: { num: 24, den: 1 } }],
  ['23.976fps', { unit: 'rate', rate: { num: 24000, den: 1001 } }],
  ['-12dB', { unit: 'gain', decibels: { num: -12, den: 1 } }],
  ['- 12dB', { unit: 'gain', decibels: { num: -12, den: 1 } }],
  ['-14LUFS', { unit: 'loudness', lufs: { num: -14, den: 1 } }],
  ['80%', { unit: 'percent', percent: { num: 80, den: 1 } }],
  ['$5.00', { unit: 'money', micros: 5_000_000 }],
  ['42', { unit: 'number', number: { num: 42, den: 1 }, integer: true }],
  ['-0.25', { unit: 'number', number: { num: -1, den: 4 }, integer: false }],
  ['true', { unit: 'bool', bool: true }],
])('%s is exact', (text, wanted) => {
  expect(value(text)).toEqual(wanted)
})

test.each([
  ['6sec', '6s'],
  ['6 s', '6s'],
  ['90 seconds', '90s'],
  ['1min30sec', '1m30s'],
  ['12frames', '12f'],
  ['24 fps', '24fps'],
  ['24FPS', '24fps'],
  ['-14 LUFS', '-14LUFS'],
  ['-6db', '-6dB'],
  ['1920*1080', '1920x1080'],
  ['1920 x 1080', '1920x1080'],
  ['1920X1080', '1920x1080'],
  ['1920×1080', '1920x1080'],
  ['80pct', '80%'],
  ['5USD', '$5'],
  ['.5s', '0.5s'],
  ['1_000', '1000'],
])('%s is told to be written %s, with a fix that is safe to apply', (text, wanted) => {
  const { diagnostics, file } = read(`let x ${text}`)
  expect(diagnostics.map((found) => found.code)).toEqual(['value.unit'])
  const [fix] = diagnostics[0]?.fixes ?? []
  expect(fix).toMatchObject({ kind: 'edit', certain: true })
  const edit = fix?.kind === 'edit' ? fix.edits[0] : undefined
  // The minus sign stays where it is.
  const mended = `let x ${text}`.slice(0, edit?.span.start) + edit?.text + `let x ${text}`.slice(edit?.span.end)
  expect(mended).toBe(`let x ${wanted}`)
  expect(meaning(file)).toEqual(meaning(readClean(mended)))
})

test('what is no value at all says so, and a size by name is only a suggestion', () => {
  expect(problems('let x 6parsecs')).toEqual(['value.malformed "6parsecs"'])
  expect(problems('let x 12.5f')).toEqual(['value.malformed "12.5f"'])
  expect(problems('let x 00:61:00:00')).toEqual(['value.malformed "00:61:00:00"'])
  expect(problems('let x 99999999999999999999')).toEqual(['value.too-large "99999999999999999999"'])
  expect(read('let x 1080p').diagnostics[0]?.fixes[0]).toMatchObject({ certain: false, title: 'write 1920x1080' })
})

// ── texts ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('escapes and doubled braces are read, holes are values', () => {
  expect(parts('"a\\n\\t\\"\\\\ {{b}}"')).toEqual(['a\n\t"\\ {b}'])
  expect(parts('"{mara} walks {slug("x y")} {bible.coat}"')).toEqual(['name', ' walks ', 'call', ' ', 'name'])
  expect(parts('""')).toEqual([])
})

test('the names and values in a hole have their own places', () => {
  const text = 'say "hello {slug(bible.coat)}"'
  const line = command(text).args[0]
  const hole = line?.kind === 'text' ? line.parts[1] : undefined
  if (hole === undefined || typeof hole === 'string' || hole.kind !== 'call') throw new Error('no call in the hole')
  expect(at(text, hole.span)).toBe('slug(bible.coat)')
  const inner = hole.args[0]?.value
  expect(inner?.kind === 'name' ? inner.parts.map((part) => at(text, part.span)) : []).toEqual(['bible', 'coat'])
})

test('a long text is folded: lines joined by spaces, an empty line a line break', () => {
  expect(parts('"""\n   one\n     two\n\n   three {mara}\n   """')).toEqual(['one two\nthree ', 'name'])
  expect(parts('"""one"""')).toEqual(['one'])
  expect(parts('"""\r\none\r\ntwo\r\n"""')).toEqual(['one two'])
})

test('mistakes in texts', () => {
  expect(problems('say "a \\q b"')).toEqual(['syntax.escape "\\\\q"'])
  expect(problems('say "a } b"')).toEqual(['syntax.brace "}"'])
  expect(problems('say "a { b"')).toEqual(['syntax.brace "{"'])
  expect(problems('say "a {} b"')).toEqual(['syntax.unexpected "}"'])
  expect(problems('say "a {b c} d"')).toEqual(['syntax.unexpected "c"'])
  expect(problems('say "a {b # c} d"')).toEqual(['syntax.character "#"'])
  expect(problems('say "abc')).toEqual(['syntax.unclosed-text "\\"abc"'])
  expect(problems('"""abc')).toEqual(['syntax.unclosed-text "\\"\\"\\""'])
  expect(problems("say 'abc'")).toEqual(['syntax.quotes "\'abc\'"'])
  expect(problems('say “abc”')).toEqual(['syntax.quotes "“abc”"'])
})

// ── where a statement ends ──────────────────────────────────────────────────────────────────────────────────────────────

test('on one line a word of the block begins the next statement', () => {
  expect(inside('bed a "x" { over a..b gain -18dB fade in 1s out 2s loop duck -9dB under voice }')).toEqual([
    'over',
    'gain',
    'fade',
    'loop',
    'duck',
  ])
  expect(inside('captions { from say burn false }')).toEqual(['from', 'burn'])
  expect(inside('shot a 4s { "words" camera "x" sound "y" seed 3 }')).toEqual(['text-line', 'camera', 'sound', 'seed'])
})

test('but not where it is a clause of the statement, or an argument that must still come', () => {
  expect(inside('scene a { shot b 4s on gpu on gpu }')).toEqual(['shot'])
  const retake = command('shot a 4s { retake 1s..2s { keep sound seed 3 } }').block?.body[0]
  expect(retake?.kind === 'command' ? retake.block?.body.map((found) => (found.kind === 'command' ? found.args.length : 0)) : []).toEqual([
    1, 1,
  ])
  expect(inside('shot a 4s { say look "x" look "y" }')).toEqual(['say', 'look'])
})

test('a block, a new line and `if` end a statement; parentheses and brackets hold it open', () => {
  expect(words('scene a { cut } scene b { cut }\ncut\nfade 1s')).toEqual(['scene', 'scene', 'cut', 'fade'])
  expect(words('camera "x" if a { cut }')).toEqual(['camera', 'if'])
  expect(command('let x [\n1,\n2\n]').args).toHaveLength(2)
  expect(words('shots.bump(\n  a: 1,\n  b: 2,\n)')).toEqual(['call'])
})

test('inside a template, whatever a film, a scene or a shot knows begins a statement', () => {
  const template = one('template t(a: text) { title "x" 1s..2s { below a style top } camera "y" cut }')
  expect(template.kind === 'template' ? template.block.body.map((found) => (found.kind === 'command' ? found.word.text : '')) : []).toEqual(
    ['title', 'camera', 'cut'],
  )
})

test('names are compared in one form, however their accents were typed', () => {
  expect(meaning(readClean('cut cafe\u0301'))).toEqual(meaning(readClean('cut caf\u00e9')))
})

// ── the other forms ─────────────────────────────────────────────────────────────────────────────────────────────────────

test('operators join by strength, from the left', () => {
  const shape = (expr: Expr): string => {
    switch (expr.kind) {
      case 'binary':
        return `(${shape(expr.left)}${expr.operator}${shape(expr.right)})`
      case 'range':
        return `[${shape(expr.from)}..${shape(expr.to)}]`
      case 'unary':
        return `<${expr.operator} ${shape(expr.operand)}>`
      case 'literal':
        return expr.value.unit === 'number' ? String(expr.value.number.num) : expr.value.unit
      case 'name':
        return expr.parts.map((part) => part.text).join('.')
      default:
        return expr.kind
    }
  }
  const folded = (text: string) => shape(argument(`(${text})`))
  expect(folded('1 + 2 * 3 - 4')).toBe('((1+(2*3))-4)')
  expect(folded('a or b and c')).toBe('(aor(bandc))')
  expect(folded('not a == b and c')).toBe('(<not (a==b)>andc)')
  expect(folded('not not a')).toBe('<not <not a>>')
  expect(folded('a == not b')).toBe('(a==<not b>)')
  expect(folded('1 + 2..3 * 4')).toBe('[(1+2)..(3*4)]')
  expect(folded('-a - -b')).toBe('(<- a>-<- b>)')
  expect(folded('a < b == true')).toBe('((a<b)==bool)')
})

test('if, else if and else; for; template; param; types', () => {
  const branch = one('if a {\n cut\n}\nelse if b { cut }\nelse { fade 1s }')
  expect(
    branch.kind === 'if' && branch.otherwise !== undefined && 'condition' in branch.otherwise && branch.otherwise.otherwise,
  ).toBeTruthy()
  expect(one('for x in [1, 2] { cut }')).toMatchObject({ kind: 'for', name: { text: 'x' }, list: { kind: 'list' } })
  expect(one('template t { cut }')).toMatchObject({ kind: 'template', params: [] })
  expect(one('param a: list<list<text>> = []')).toMatchObject({
    type: { kind: 'list-type', of: { kind: 'list-type', of: { name: { text: 'text' } } } },
  })
  expect(one('param a: "x" | "y" = "x"')).toMatchObject({ type: { kind: 'choice-type', choices: [{ parts: ['x'] }, { parts: ['y'] }] } })
})

test('a call as a statement touches its parentheses, or has a dotted name', () => {
  expect(one('bible.speaks(who: mara, "x")')).toMatchObject({
    kind: 'call',
    args: [{ name: { text: 'who' } }, { value: { kind: 'text' } }],
  })
  expect(one('bible.speaks (who: mara)')).toMatchObject({ kind: 'call' })
  expect(one('seed (1 + 2)')).toMatchObject({ kind: 'command', args: [{ kind: 'binary' }] })
})

test('comments know whether they stand alone', () => {
  expect(readClean('# a\ncut # b\n  # c').comments.map((comment) => [comment.text, comment.trailing])).toEqual([
    ['# a', false],
    ['# b', true],
    ['# c', false],
  ])
})

// ── mistakes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('several mistakes come out of one run, each at its own place, and what is right is read', () => {
  const text = 'shot a 4s {\n  camera )\n}\nparam x int\nscene b {\n  "words\n}\nlet y (1 +)\ncut'
  expect(problems(text)).toEqual([
    'syntax.unopened ")"',
    'syntax.unexpected "int"',
    'syntax.unclosed-text "\\"words"',
    'syntax.unexpected ")"',
  ])
  expect(read(text).file.body).toHaveLength(4)
})

test('a forgotten closing brace is found by the layout and spoils nothing after it', () => {
  const text = 'scene a {\n  shot b 4s {\n    "x"\n\n  shot c 4s { "y" }\n}\n\nscene d { cut }\n'
  expect(problems(text)).toEqual(['syntax.unclosed "{"'])
  expect(read(text).diagnostics[0]?.span.start).toBe(text.indexOf('{', 12))
  expect(read(text).diagnostics[0]?.notes.map((note) => at(text, note.span))).toEqual(['shot'])
  expect(read(text).file.body).toHaveLength(2)
})

test('a closing brace too many, a parenthesis that is not closed', () => {
  expect(problems('scene a { cut } }\ncut')).toEqual(['syntax.unopened "}"'])
  expect(problems('shots.bump(a: 1\ncut')).toEqual(['syntax.unclosed "("'])
  expect(problems('let x [1, 2\ncut')).toEqual(['syntax.unclosed "["'])
})

test('habits of other languages are understood and put right', () => {
  expect(problems('size: 1x1')).toEqual(['syntax.punctuation ":"'])
  expect(problems('size = 1x1')).toEqual(['syntax.punctuation "="'])
  expect(problems('shot a 4s, on b')).toEqual(['syntax.punctuation ","'])
  expect(problems('cut; cut')).toEqual(['syntax.punctuation ";"'])
  expect(problems('cut // why')).toEqual(['syntax.spelling "// why"'])
  expect(problems('if a && !b || c { cut }')).toEqual(['syntax.spelling "&&"', 'syntax.spelling "!"', 'syntax.spelling "||"'])
  expect(problems('seed 1 + 2')).toEqual(['syntax.operator "+"'])
  expect(problems('let x [1 2]')).toEqual(['syntax.unexpected "2"'])
  expect(problems('bible.logo')).toEqual(['syntax.call "bible.logo"'])
  expect(problems('shot for 4s')).toEqual(['name.reserved "for"'])
})

test('characters nobody sees are refused wherever they stand', () => {
  expect(problems('cut # \u202e')).toEqual(['syntax.hidden-character "\u202e"'])
  expect(problems('say "a\0b"')).toEqual([`syntax.hidden-character ${JSON.stringify('\0')}`])
  expect(problems('say "\ud800"')).toEqual([`syntax.hidden-character ${JSON.stringify('\ud800')}`])
  expect(problems('cut\u00a0')).toEqual(['syntax.character "\u00a0"'])
  expect(problems('cut @')).toEqual(['syntax.character "@"'])
  expect(problems('say "🎬 family 👩‍👩‍👧"')).toEqual([])
})

test('a file of a newer version is refused before its grammar can be misread', () => {
  const text = '# hi\nltx 2\nwhatever ) ( new {'
  expect(problems(text).at(-1)).toBe('statement.version-newer "2"')
  expect(read(text).file.body).toEqual([])
})

test('old Windows and Mac line ends and a byte order mark are read', () => {
  expect(words('\ufeffltx 1\r\ncut\rfade 1s')).toEqual(['ltx', 'cut', 'fade'])
})

// ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

test.each([
  ['10,000 nested blocks', `ltx 1\n${'scene a {\n'.repeat(10_000)}`, 'limit.nesting'],
  ['100,000 parentheses', `let x ${'('.repeat(100_000)}`, 'limit.nesting'],
  ['90,000 operators', `let x (1${' + 1'.repeat(90_000)})`, 'limit.nesting'],
  ['90,000 `not`', `let x (${'not '.repeat(90_000)}1)`, 'limit.nesting'],
  ['90,000 minus signs', `let x ${'-'.repeat(90_000)}1`, 'limit.nesting'],
  ['30,000 branches', `if a { }${' else if b { }'.repeat(30_000)}`, 'limit.nesting'],
  ['60,000 types', `param x: ${'list<'.repeat(60_000)}int${'>'.repeat(60_000)}`, 'limit.nesting'],
  ['250,000 words', 'a '.repeat(250_000), 'limit.tokens'],
  ['a text of 100 KiB', `say "${'x'.repeat(100_000)}"`, 'limit.text'],
  ['2 MiB', '#'.repeat(2 * 1024 * 1024), 'limit.file'],
  ['2 MiB of letters of three bytes', `#${'漢'.repeat(700_000)}`, 'limit.file'],
])('%s are one error', (_, text, code) => {
  expect(read(text).diagnostics.map((found) => found.code)).toEqual([code])
})

test('10 MiB of noise are refused at once', () => {
  const noise = Array.from({ length: 1024 }, (_, at) => String.fromCharCode(33 + ((at * 7919) % 90)))
    .join('')
    .repeat(10 * 1024)
  expect(read(noise).diagnostics.map((found) => found.code)).toEqual(['limit.file'])
  expect(workOf(() => read(noise))).toBeLessThan(200)
})

test('noise of a size a script may have earns a hundred errors at most', () => {
  for (const piece of [') ', '} ', '@a', '( ', '"a\n', '= ', '{ ) } ', 'param ']) {
    const { diagnostics } = read(piece.repeat(50_000))
    expect(diagnostics.length, piece).toBeGreaterThan(0)
    expect(diagnostics.length, piece).toBeLessThanOrEqual(100)
  }
})

test('10,000 lines are read in well under half a second', () => {
  const scene = film.slice(film.indexOf('scene harbor'), film.indexOf('bed rain'))
  let text = 'ltx 1\n'
  for (let lines = 0, at = 0; lines < 10_000; at += 1, lines += scene.split('\n').length) {
    text += scene.replace('scene harbor', `scene harbor-${at}`).replace('scene storm', `scene storm-${at}`)
  }
  readClean(film)
  // A few times what it takes on a quiet machine: a shared processor is slower, not only busy.
  expect(workOf(() => readClean(text))).toBeLessThan(1500)
})

// ── properties ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Reads anything: it must not throw, must come to an end, and all places must lie in the text. */
function mustSurvive(text: string): void {
  const { file, diagnostics } = read(text)
  for (const { span } of diagnostics) {
    expect(span.start).toBeGreaterThanOrEqual(0)
    expect(span.end).toBeGreaterThanOrEqual(span.start)
    expect(span.end).toBeLessThanOrEqual(text.length)
  }
  JSON.stringify(file, (key, found) => {
    if (key === 'span') expect(0 <= found.start && found.start <= found.end && found.end <= text.length).toBe(true)
    return found
  })
}

const pieces = fc.constantFrom(
  ...[
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '"',
    '"""',
    "'",
    '\\',
    '\n',
    '\r\n',
    ' ',
    ',',
    ':',
    '=',
    '..',
    '.',
    '/',
    '-',
    '+',
    '#',
    '\0',
    '\u202e',
    '\ud800',
  ],
  ...[
    'ltx 1\n',
    'if ',
    'else ',
    'for ',
    'in ',
    'not ',
    'and ',
    'template ',
    'param ',
    'shot ',
    'scene ',
    '6s',
    '1920x1080',
    '{mara}',
    'é',
    '漢',
    '🎬',
  ],
)

test('property: nothing makes it throw — any letters', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), mustSurvive), { numRuns: 800 })
})

test('property: nothing makes it throw — pieces of the language in any order', () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (all) => mustSurvive(all.join(''))),
    { numRuns: 1200 },
  )
})

test('property: nothing makes it throw — films with pieces cut out and put in', () => {
  const cuts = fc.array(fc.tuple(fc.nat(film.length), fc.nat(12), fc.oneof(pieces, fc.constant(''))), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(fc.constantFrom(film, series), cuts, (text, edits) => {
      mustSurvive(edits.reduce<string>((left, [start, length, put]) => left.slice(0, start) + put + left.slice(start + length), text))
    }),
    { numRuns: 250 },
  )
})

test('property: comments, empty lines and line ends change nothing that is meant', () => {
  fc.assert(
    fc.property(scripts, (text) => {
      fc.pre(read(text).diagnostics.length === 0 && !text.includes('"""'))
      expect(meaning(readClean(text.replaceAll('\n', ' # note\r\n\r\n')))).toEqual(meaning(readClean(text)))
    }),
    { numRuns: 200 },
  )
})

// What a person or a program sees: help and what was probably meant, a line an event without a terminal, NDJSON with
// `--json`, colours only where they are wanted, and the small commands. Data on the standard output, talk on the other.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { codes } from '../../src/lang/codes.ts'
import { exits } from '../../src/report/exit.ts'
import {
  begun,
  cli,
  errorsIn,
  eventsOf,
  expectNoTrace,
  expectOneError,
  filesBelow,
  film,
  folderWith,
  ltx,
  plainEnv,
  put,
  start,
  storeOf,
  threeShots,
} from './kit.ts'

let rendered: string
beforeAll(async () => {
  rendered = folderWith({ 'film.ltx': threeShots })
  expect((await ltx(rendered, ['render', '-q'])).code).toBe(0)
})

const colour = '\x1b['

describe('help', () => {
  const empty = folderWith()
  test.each(commands.map((command) => [command.name, command] as const))('ltx %s --help', async (name, command) => {
    const [long, short, word] = await Promise.all(
      [
        [name, '--help'],
        [name, '-h'],
        ['help', name],
      ].map((args) => ltx(empty, args)),
    )
    expect([long?.code, long?.err]).toEqual([0, ''])
    expect([short?.out, word?.out]).toEqual([long?.out, long?.out])
    const text = long?.out ?? ''
    expect(text).toMatch(new RegExp(`^Usage +ltx ${name}`))
    for (const { line } of command.examples) expect(text).toContain(line)
    for (const option of command.options) expect(text).toContain(`--${option.name}`)
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })

  test('of all: every command, on one screen', async () => {
    const [bare, long, word] = await Promise.all([[], ['--help'], ['help']].map((args) => ltx(empty, args)))
    expect([bare?.code, bare?.err, long?.out, word?.out]).toEqual([0, '', bare?.out, bare?.out])
    for (const { name } of commands) expect(bare?.out).toMatch(new RegExp(`^  ${name} `, 'm'))
    expect(bare?.out.split('\n').length).toBeLessThan(50)
  })

  test('the version', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
    for (const args of [['--version'], ['-V'], ['plan', '--version']])
      expect(await ltx(empty, args)).toMatchObject({ code: 0, out: `ltx ${version}\n`, err: '' })
  })

  test.each([
    [['chekc'], 'no command `chekc`', 'did you mean `ltx check`?'],
    [['rendr', 'film.ltx'], 'no command `rendr`', 'did you mean `ltx render`?'],
    [['film.ltx'], '`film.ltx` is a film', 'ltx render film.ltx'],
    [['render', '--anmatic'], 'no option `--anmatic`', 'did you mean `--animatic`?'],
    [['check', '--frozen'], 'no option `--frozen`; ltx render has it', 'ltx help check'],
    [['render', '--json', '--no-tui'], 'cannot be used together', 'ltx help render'],
    [['render', '--animatic', '--draft'], 'cannot be used together', 'ltx help render'],
    [['render', '--jobs', 'many'], '--jobs many', 'ltx help render'],
    [['render', '--set', 'x'], 'no `=`', 'ltx help render'],
    [['pick', 'a'], 'N is missing', 'ltx pick'],
    [['plan', 'a.ltx', 'b.ltx'], 'one argument too many', 'ltx plan'],
    [['completion', 'bsh'], 'not `bsh`', 'did you mean `bash`?'],
    [['explain', 'nme.unknown'], 'no code `nme.unknown`', 'did you mean `name.unknown`?'],
    [['plan'], 'no film in this folder', 'ltx init'],
    [['check'], 'no script in this folder', 'ltx init'],
    [['render', 'none.ltx'], 'no file none.ltx', 'ltx init'],
    [['\x1b[2J'], 'no command `\\x1b[2J`', 'ltx --help'],
  ])('%j says what is wrong and what to type', async (args, says, place) => {
    const ran = await ltx(empty, args)
    expect([ran.code, ran.out, errorsIn(ran).length]).toEqual([2, '', 1])
    expect(ran.err).toContain(says)
    expect(ran.err).toContain(place)
    expectNoTrace(ran)
  })

  test('two films in a folder: it asks which', async () => {
    const folder = folderWith({ 'a.ltx': threeShots, 'b.ltx': threeShots, 'lib.ltx': 'ltx 1\nlet sea "the sea"\n' })
    expectOneError(await ltx(folder, ['plan']), { code: 2, says: '2 films here: a.ltx, b.ltx', place: 'ltx plan a.ltx' })
    expect((await ltx(folder, ['check'])).code).toBe(0)
  })
})

describe('a run', () => {
  test('--json: one event a line, each with its version, numbered one after the other; nothing else on the stream', async () => {
    const folder = folderWith({ 'film.ltx': threeShots })
    const ran = await ltx(folder, ['render', '--json'], { env: { FORCE_COLOR: '1' } })
    expect(ran.code).toBe(0)
    expect(ran.out.endsWith('}\n')).toBe(true)
    const events = eventsOf(ran)
    expect(events.map(({ n }) => n)).toEqual(events.map((_, index) => index + 1))
    expect(new Set(events.map(({ v }) => v))).toEqual(new Set([1]))
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(['run.started', 'run.stopped'])
    expect(begun(ran)).toEqual(['sea/one@1', 'sea/two@1', 'three@1'])
    const types = new Set(events.map(({ type }) => type))
    for (const type of ['job.accepted', 'job.progress', 'job.done', 'job.stored', 'cut.progress', 'cut.made']) expect(types).toContain(type)
    const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/events.schema.json'), 'utf8'))
    for (const type of types) expect(JSON.stringify(schema)).toContain(`"${type}"`)
    // Talk goes elsewhere, and without colours where nobody sees them.
    expect(ran.err).toContain('duration.sweet-spot')
    expect(ran.out).not.toContain(colour)
  })

  test('without a terminal: a line an event, nothing that moves', async () => {
    const folder = folderWith({ 'film.ltx': threeShots })
    const ran = await ltx(folder, ['render'])
    expect(ran.out).not.toMatch(/[\x1b\r\b]/)
    for (const line of [
      'run +Tiny \\(final\\): 3 jobs, 3 to make, free',
      'start +sea/one',
      'stored +three',
      'film ',
      'finished +3 made, 0 kept',
    ])
      expect(ran.out).toMatch(new RegExp(`^ *\\d:\\d\\d +${line}`, 'm'))
    expect(ran.out).toMatch(/✓ Tiny is finished +3s, -1[56]\.\d LUFS/)
    expect(ran.out).toMatch(/^film +out\/tiny\.mp4\ncontact sheet +out\/tiny\.sheet\.png\nnext +ltx takes film\.ltx SHOT\n$/m)
    expect(errorsIn(ran)).toEqual([])
  })

  test.each([
    [{}, [], false],
    [{ FORCE_COLOR: '1' }, [], true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, [], false],
    [{ FORCE_COLOR: '1', NO_COLOR: '' }, [], true],
    [{ FORCE_COLOR: '1' }, ['--no-color'], false],
    [{ FORCE_COLOR: '0' }, [], false],
    [{ TERM: 'dumb' }, [], false],
  ])('colours with %j and %j: %s', async (env, more, coloured) => {
    for (const command of ['plan', 'render']) {
      const ran = await ltx(rendered, [command, ...more], { env })
      expect([ran.code, ran.out.includes(colour), ran.err.includes(colour)]).toEqual([0, coloured, coloured])
    }
  })

  test('on a terminal: the live view, and the terminal as it was', () => {
    const folder = folderWith({ 'film.ltx': threeShots })
    const has = spawnSync('script', ['--version']).status === 0
    if (!has) return
    const command = `stty rows 24 cols 80; ${process.execPath} ${cli} render; echo "code $?"; stty -a | tr ';' '\\n' | grep -c 'icanon'`
    const out = execFileSync('script', ['-qec', `sh -c '${command.replaceAll("'", "'\\''")}'`, '/dev/null'], {
      cwd: folder,
      env: { ...plainEnv, TERM: 'xterm-256color' },
      encoding: 'utf8',
    })
    expect(out).toContain('code 0')
    expect(out).toContain('\x1b[?25l')
    // The cursor is shown again, after the last time it was hidden.
    expect(out.lastIndexOf('\x1b[?25h')).toBeGreaterThan(out.lastIndexOf('\x1b[?25l'))
    expect(out).toContain('Tiny')
    expect(storeOf(folder).size).toBe(3)
  })
})

test('a reader that has seen enough is no error', () => {
  for (const args of [
    ['plan'],
    ['plan', '--json'],
    ['--help'],
    ['explain', '--all'],
    ['completion', 'bash'],
    ['check'],
    ['takes', 'sea/one'],
    ['why', 'sea/one'],
    ['doctor'],
  ]) {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    const ran = spawnSync('bash', ['-c', '"$0" "$@" | head -c 1 >/dev/null; echo "${PIPESTATUS[0]}"', process.execPath, cli, ...args], {
      cwd: rendered,
      env: { ...plainEnv },
      encoding: 'utf8',
    })
    expect([args, ran.stdout]).toEqual([args, '0\n'])
    expectNoTrace({ out: '', err: ran.stderr })
  }
})

describe('check', () => {
  test('--fix mends what is certain and leaves the rest', async () => {
    const folder = folderWith({ 'film.ltx': threeShots.replace('ltx 1\n', '').replace('shot one 1s', 'shot one 1 s') })
    const before = await ltx(folder, ['check', '--quiet-warnings'])
    expect([before.code, errorsIn(before).length > 0]).toEqual([3, true])
    const fixed = await ltx(folder, ['check', '--fix', '--quiet-warnings'])
    expect([fixed.code, fixed.err]).toEqual([0, 'mended film.ltx\n'])
    expect(readFileSync(join(folder, 'film.ltx'), 'utf8')).toMatch(/^ltx 1\n/)
    expect((await ltx(folder, ['check', '--quiet-warnings'])).out).toContain('0 errors')
    // Nothing left to mend: not a byte is written.
    const held = readFileSync(join(folder, 'film.ltx'))
    await ltx(folder, ['check', '--fix'])
    expect(readFileSync(join(folder, 'film.ltx'))).toEqual(held)
  })

  test('--json is one object with every mistake and its place', async () => {
    const folder = folderWith({ 'a.ltx': film('shot a 4s { "{nobody} waves" }'), 'b.ltx': film('shto b 4s { "waves" }') })
    const ran = await ltx(folder, ['check', '--json'])
    expect([ran.code, ran.err]).toEqual([3, ''])
    const { v, errors, diagnostics } = JSON.parse(ran.out)
    expect([v, errors]).toEqual([1, 2])
    const found = diagnostics.filter(({ severity }: { severity: string }) => severity === 'error')
    expect(found.map(({ code, span }: { code: string; span: { path: string } }) => [code, span.path])).toEqual([
      ['name.unknown', 'a.ltx'],
      ['statement.unknown', 'b.ltx'],
    ])
  })

  test('in a folder that was rendered looks at the scripts, not at the store', async () => {
    const ran = await ltx(rendered, ['check', '--quiet-warnings'])
    expect([ran.code, ran.err]).toEqual([0, ''])
  })
})

describe('fmt', () => {
  const loose = threeShots.replaceAll('  shot', '\tshot').replace('{ size', '{size')
  test('-: from the input to the output, however slowly it comes', async () => {
    const folder = folderWith()
    const laid = await ltx(folder, ['fmt', '-'], { input: loose })
    expect([laid.code, laid.err]).toEqual([0, ''])
    expect(laid.out).not.toBe(loose)
    expect((await ltx(folder, ['fmt', '-'], { input: laid.out })).out).toBe(laid.out)
    const slow = spawnSync('bash', ['-c', '(sleep 0.4; cat film.ltx) | "$0" "$@"', process.execPath, cli, 'fmt', '-'], {
      cwd: folderWith({ 'film.ltx': loose }),
      encoding: 'utf8',
    })
    expect([slow.status, slow.stdout, slow.stderr]).toEqual([0, laid.out, ''])
    expectOneError(await ltx(folder, ['fmt', '-'], { input: 'ltx 1\nproject "x" {' }), {
      code: 3,
      says: /error/,
      place: 'standard input:2:',
    })
  })

  test('--check and --diff change nothing', async () => {
    const folder = folderWith({ 'film.ltx': loose })
    expect(await ltx(folder, ['fmt', '--check'])).toMatchObject({ code: 1, out: 'film.ltx is not laid out\n' })
    const diff = await ltx(folder, ['fmt', '--diff'])
    expect(diff.out).toMatch(/^-.*\tshot one/m)
    expect(diff.out).toMatch(/^\+ {2}shot one/m)
    expect(readFileSync(join(folder, 'film.ltx'), 'utf8')).toBe(loose)
    expect(await ltx(folder, ['fmt'])).toMatchObject({ code: 0, out: 'film.ltx\n' })
    expect(await ltx(folder, ['fmt', '--check'])).toMatchObject({ code: 0, out: '' })
  })
})

describe('init', () => {
  test('a new film renders at once, offline, and git is told what to leave out', async () => {
    const folder = folderWith()
    const made = await ltx(folder, ['init', 'low-tide', '--name', 'Low "Tide" {1}'])
    expect([made.code, made.err]).toEqual([0, ''])
    const place = join(folder, 'low-tide')
    const names = filesBelow(place)
    expect(names).toEqual(['.gitattributes', '.gitignore', 'README.md', 'low-tide-1.ltx'])
    const next = /cd (\S+) && (ltx render (\S+) --animatic)/.exec(made.out)
    expect(next?.slice(1)).toEqual(['low-tide', 'ltx render low-tide-1.ltx --animatic', 'low-tide-1.ltx'])
    expect(await ltx(place, ['check'])).toMatchObject({ code: 0, err: '' })
    expect(await ltx(place, ['fmt', '--check'])).toMatchObject({ code: 0 })
    // The same film, small enough for a test.
    const script = readFileSync(join(place, 'low-tide-1.ltx'), 'utf8')
    put(place, { 'low-tide-1.ltx': script.replace('1920x1080', '192x108') })
    const ran = await ltx(place, ['render', '--animatic', '-q'])
    expect([ran.code, ran.err]).toEqual([0, ''])
    execFileSync('git', ['init', '-q'], { cwd: place })
    const seen = execFileSync('git', ['status', '--porcelain', '-uall'], { cwd: place, encoding: 'utf8' })
    expect(seen.match(/\S+$/gm)?.sort()).toEqual(['.gitattributes', '.gitignore', 'README.md', 'low-tide-1.ltx'])
    // What the script itself asks for needs a key; that is said before anything is begun.
    const real = await ltx(place, ['render', '-q'])
    expectNoTrace(real)
    expect([errorsIn(real).length, real.code === 1 || real.code === 5]).toEqual([1, true])
  })

  test('writes over nothing', async () => {
    const folder = folderWith({ 'README.md': 'mine', '.gitignore': 'mine too' })
    const made = await ltx(folder, ['init', '--name', 'A'])
    expect([made.code, made.err]).toEqual([0, 'left as they were: .gitignore, README.md\n'])
    expect([readFileSync(join(folder, 'README.md'), 'utf8'), readFileSync(join(folder, '.gitignore'), 'utf8')]).toEqual([
      'mine',
      'mine too',
    ])
    const script = readFileSync(join(folder, 'a.ltx'))
    expectOneError(await ltx(folder, ['init', '--name', 'A']), { code: 1, says: 'a.ltx is there already', place: '--name' })
    expect(readFileSync(join(folder, 'a.ltx'))).toEqual(script)
  })
})

describe('the small commands', () => {
  test('doctor says what is there, and never what a key is', async () => {
    const folder = folderWith()
    const secret = 'sk-never-shown-4217'
    const ran = await ltx(folder, ['doctor'], { env: { LTX_API_KEY: secret } })
    expect([ran.code, ran.err]).toEqual([0, ''])
    for (const what of ['node', 'ffmpeg', 'drawing', 'disk', 'folder', 'clock']) expect(ran.out).toMatch(new RegExp(`^[✓·] ${what} `, 'm'))
    expect(ran.out).toContain('LTX_API_KEY')
    expect(ran.out).not.toContain(secret)
    const json = await ltx(folder, ['doctor', '--json'], { env: { LTX_API_KEY: secret } })
    expect(JSON.parse(json.out)).toMatchObject({ v: 1, healthy: true })
    expect(json.out).not.toContain(secret)
    expect(filesBelow(folder)).toEqual([])
  })

  test('explain knows every code, offline', async () => {
    const folder = folderWith()
    const all = await ltx(folder, ['explain', '--all'])
    expect(all.out.match(/^\S+/gm)).toEqual(Object.keys(codes))
    const pages = await Promise.all(
      Object.keys(codes)
        .filter((_, index) => index % 9 === 0)
        .map((code) => ltx(folder, ['explain', code])),
    )
    for (const page of pages) expect([page.code, page.err, page.out.length > 150]).toEqual([0, '', true])
    const listed = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8')
    for (const code of Object.keys(codes)) expect(listed).toContain(`## \`${code}\``)
  })

  test.each(['bash', 'zsh', 'fish'])('completion for %s is a script of that shell that knows every command', async (shell) => {
    const { code, out } = await ltx(folderWith(), ['completion', shell])
    expect(code).toBe(0)
    for (const { name } of commands) expect(out).toContain(name)
    if (spawnSync(shell, ['--version']).status === 0) expect(spawnSync(shell, ['-n'], { input: out }).status).toBe(0)
  })

  test('completion for bash completes', async () => {
    const { out } = await ltx(folderWith(), ['completion', 'bash'])
    const asked = `${out}\nCOMP_WORDS=(ltx re); COMP_CWORD=1; _ltx ltx re; echo "\${COMPREPLY[@]}"`
    expect(execFileSync('bash', ['-c', asked], { encoding: 'utf8' }).trim().split(' ')).toEqual(
      expect.arrayContaining(['render', 'rename']),
    )
  })

  test('the README tells every exit code', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
    for (const { code } of Object.values(exits)) expect(readme).toMatch(new RegExp(`^\\| .*\\b${code}\\b.* \\|`, 'm'))
  })

  test('a film in another folder is named from where one stands', async () => {
    const folder = folderWith({ 'films/a/film.ltx': threeShots })
    mkdirSync(join(folder, 'films/b'))
    const ran = await ltx(join(folder, 'films/b'), ['render', '../a/film.ltx'])
    expect(ran.code).toBe(0)
    expect(ran.out).toMatch(/^film +\.\.\/a\/out\/tiny\.mp4$/m)
    expect(ran.out).toContain('ltx takes ../a/film.ltx SHOT')
    expect((await ltx(join(folder, 'films/b'), ['plan', '../a/film.ltx'])).out).toMatch(/→ ltx render \.\.\/a\/film\.ltx$/m)
    expect(filesBelow(join(folder, 'films/b'))).toEqual([])
  })

  test('nothing is asked of a closed input', async () => {
    const run = start(rendered, ['render', '-q'], { input: '' })
    expect((await run.ended).code).toBe(0)
  })
})

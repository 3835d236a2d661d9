// What a script may get wrong in its meaning: each mistake has its code, stands at its place, and names what the user named.
import { describe, expect, it } from 'vitest'
import { compile, film, scene } from './film.ts'

type Case = readonly [what: string, source: string | Readonly<Record<string, string>>, told: readonly string[]]

function table(name: string, cases: readonly Case[]): void {
  describe(name, () => {
    it.each(cases)('%s', (_, source, told) => expect(compile(source).told).toEqual(told))
  })
}

const walk = '"she walks"'

table('names', [
  ['unknown, in a hole', film(`let coat "x"\nshot a 4s { "{cot} walks" }`), ['name.unknown "cot": there is no name named `cot`']],
  [
    'unknown, in a library',
    { 'f.ltx': film(`use "./l.ltx" as l\nshot a 4s { "{l.cot} walks" }`), 'l.ltx': 'ltx 1\nlet coat "x"' },
    ['name.unknown "cot": there is no name in `l` named `cot`'],
  ],
  [
    'a member of no library',
    film(`let a "x"\nshot s 4s { "{a.b} walks" }`),
    ['type.mismatch "b": `a` must be a library to have members, not a value'],
  ],
  ['twice', film(`let a "x"\ncast a "y"\nshot s 4s { ${walk} }`), ['name.duplicate "a": there are two things named `a`']],
  [
    'in a circle',
    film(`let a "{b}"\nlet b "{a}"\nshot s 4s { ${walk} }`),
    ['name.circle "a": these stand for each other in a circle: `a` → `b` → `a`'],
  ],
  ['a shot twice', scene(`shot a 4s { ${walk} }\nshot a 4s { ${walk} }`), ['name.duplicate "a": there are two shots named `s/a`']],
  [
    'a scene twice',
    film(`scene s "x" { shot a 4s { ${walk} } }\nscene s "y" { shot b 4s { ${walk} } }`),
    ['name.duplicate "s": there are two scenes named `s`'],
  ],
  [
    'a shot at the top with a scene’s name',
    film(`scene s "x" { shot a 4s { ${walk} } }\nshot s 4s { ${walk} }`),
    ['name.duplicate "s": there are two shots named `s`'],
  ],
  [
    'a provider twice',
    film(`provider p local\nprovider p local\nshot a 4s { ${walk} }`),
    ['name.duplicate "p": there are two providers named `p`'],
  ],
  ['a bed twice', film(`bed b "a.wav"\nbed b "b.wav"\nshot a 4s { ${walk} }`), ['name.duplicate "b": there are two beds named `b`']],
  [
    'a provider nobody declared',
    film(`provider gpu local\nshot a 4s on gpo { ${walk} }`),
    ['name.unknown "gpo": there is no provider named `gpo`'],
  ],
  [
    'a bed nobody declared',
    film(`bed drums "d.wav"\nshot a 4s to-beat drum { ${walk} }`),
    ['name.unknown "drum": there is no bed named `drum`'],
  ],
  [
    'ducking under nothing',
    film(`bed drums "d.wav" { duck -9dB under voise }\nshot a 4s { ${walk} }`),
    ['name.unknown "voise": there is no bed named `voise`'],
  ],
  [
    'ducking under itself',
    film(`bed drums "d.wav" { duck -9dB under drums }\nshot a 4s { ${walk} }`),
    ['name.circle "drums": these stand for each other in a circle: `drums`'],
  ],
  [
    'a bed over nothing',
    film(`bed drums "d.wav" { over harbour }\nscene harbor "x" { shot a 4s { ${walk} } }`),
    ['name.unknown "harbour": there is no scene or shot named `harbour`'],
  ],
  [
    'a bed named voice',
    film(`bed voice "d.wav"\nshot a 4s { ${walk} }`),
    ['name.reserved "voice": `voice` is a word of the language and cannot be a name'],
  ],
  ['a name that a text cannot become', film(`let n "12"\nshot "{n}" 4s { ${walk} }`), ['name.invalid ""{n}"": "12" cannot be a name']],
  [
    'a speaker who is no one',
    film(`shot a 4s { say 4s "Hello." }`),
    ['type.wrong "4s": the who of `say` must be somebody of the cast, by name, not a length'],
  ],
])

table('values', [
  [
    'a hole with a list',
    film(`let l ["a"]\nshot a 4s { "{l} walk" }`),
    ['type.mismatch "l": what stands in a hole must be a text or a single value, not a list'],
  ],
  [
    'a condition that is no truth',
    film(`if 1 { shot a 4s { ${walk} } }\nshot b 4s { ${walk} }`),
    ['type.mismatch "1": what follows `if` must be `true` or `false`, not a whole number'],
  ],
  [
    'a loop over no list',
    film(`for x in "abc" { shot a 4s { ${walk} } }\nshot b 4s { ${walk} }`),
    ['type.mismatch ""abc"": what follows `in` must be a list, not a text'],
  ],
  [
    'seconds and frames',
    film(`shot a (2s + 12f) { ${walk} }`),
    ['type.operands "2s + 12f": `+` does not work between a length and a length'],
  ],
  [
    'a number and a text',
    film(`if 1 == "1" { }\nshot a 4s { ${walk} }`),
    ['type.operands "1 == "1"": `==` does not work between a whole number and a text'],
  ],
  [
    'a division by zero',
    film(`let x (1 / 0)\nshot a 4s { ${walk} }`),
    ['value.arithmetic "1 / 0": this cannot be worked out: a division by zero'],
  ],
  [
    'numbers too large',
    film(`let x (999999999999999 * 999999999999999)\nshot a 4s { ${walk} }`),
    ['value.arithmetic "999999999999999 * 999999999999999": this cannot be worked out: the numbers are too large to be held exactly'],
  ],
  [
    'half a frame',
    film(`shot a (5f / 2) { ${walk} }`),
    ['value.arithmetic "5f / 2": this cannot be worked out: the result is a part of a frame'],
  ],
  [
    'a template as a value',
    film(`template t() { shot z 4s { ${walk} } }\nshot a 4s { "{t} walks" }`),
    ['type.mismatch "t": `t` must be a value, not a template'],
  ],
  [
    'a library as a value',
    { 'f.ltx': film(`use "./l.ltx" as l\nshot a 4s { "{l} walks" }`), 'l.ltx': 'ltx 1' },
    ['type.mismatch "l": `l` must be a value, not a library'],
  ],
  ['no function', film(`shot a 4s { "{slugg("x")} walks" }`), ['name.unknown "slugg": there is no function named `slugg`']],
  ['a function without its argument', film(`shot a 4s { "{slug()} walks" }`), ['type.call "slug()": `slug` needs `text`']],
  ['a function with too many', film(`shot a 4s { "{slug("a", "b")} walks" }`), ['type.call ""b"": `slug` takes one value']],
  [
    'a name that stands for a value of the wrong kind',
    film(`let d "long"\nshot a d { ${walk} }`),
    ['type.wrong "d": the duration of `shot` must be a length such as `4s`, not a text'],
  ],
  ['a takes too many', film(`shot a 4s { ${walk}\ntakes 17 }`), ['value.out-of-range "17": `takes` must be 1 to 16, not 17']],
  ['tries too many', film(`shot a 4s { ${walk}\ntries 6 }`), ['value.out-of-range "6": `tries` must be 1 to 5, not 6']],
  [
    'a seed too large',
    film(`shot a 4s { ${walk}\nseed 2147483648 }`),
    ['value.out-of-range "2147483648": `seed` must be 0 to 2147483647, not 2147483648'],
  ],
  [
    'a size of odd sides',
    'ltx 1\nproject "F" { size 641x360 }\nshot a 4s { "she walks" }',
    ['value.out-of-range "641x360": `size` must be two even sides of 64 to 8192, not 641x360'],
  ],
  [
    'a rate of nothing',
    'ltx 1\nproject "F" { fps 0.5 }\nshot a 4s { "she walks" }',
    ['value.out-of-range "0.5": `fps` must be 1 to 120, not 0.5'],
  ],
  [
    'a loudness of nothing',
    'ltx 1\nproject "F" { loudness -2LUFS }\nshot a 4s { "she walks" }',
    ['value.out-of-range "-2LUFS": `loudness` must be -70LUFS to -5LUFS, not -2LUFS'],
  ],
  [
    'a strength above all',
    film(`shot a 4s { ${walk}\nkey 1s "k.png" 120% }`),
    ['value.out-of-range "120%": the strength of `key` must be 0% to 100%, not 120%'],
  ],
  [
    'a shot of no frames',
    film(`shot a 0s { ${walk} }`),
    ['value.out-of-range "0s": the duration of `shot` must be one frame or more, not 0s'],
  ],
  [
    'a shot of a year',
    film(`shot a 9000h { ${walk} }`),
    ['value.out-of-range "9000h": the duration of `shot` must be a day at most, not 540000m'],
  ],
  [
    'a word that is none of those',
    film(`title "T" 0s..1s { style "{slug("low")}" }\nshot a 4s { ${walk} }`),
    ['type.wrong ""{slug("low")}"": `style` must be `lower-third` or `centre` or `top` or `corner`, not "low"'],
  ],
])

table('params and templates', [
  [
    'a param without a value',
    'ltx 1\nproject "F"\nparam n: int\nshot a 4s { "walks {n} steps" }',
    ['value.param-missing "n": the film needs a value for `n`'],
  ],
  [
    'a default of the wrong type',
    'ltx 1\nproject "F"\nparam n: int = "x"\nshot a 4s { "walks {n} steps" }',
    ['type.mismatch ""x"": `n` must be a whole number, not a text'],
  ],
  [
    'a template nobody declared',
    film(`stemplate()\nshot a 4s { ${walk} }`),
    ['name.unknown "stemplate": there is no name named `stemplate`'],
  ],
  ['a value as a template', film(`let t "x"\nt()\nshot a 4s { ${walk} }`), ['type.call "t()": `t` is no template']],
  [
    'a function as a statement',
    film(`slug("x")\nshot a 4s { ${walk} }`),
    ['type.call "slug("x")": `slug` is a function: it stands inside a text or a value, not by itself'],
  ],
  ['too many values', film(`template t(a: text) { shot s 4s { "{a} walks" } }\nt("x", "y")`), ['type.call ""y"": `t` takes fewer values']],
  [
    'a parameter it has not',
    film(`template t(a: text) { shot s 4s { "{a} walks" } }\nt(b: "x")`),
    ['type.call "b: "x"": `t` has no parameter `b`'],
  ],
  [
    'a parameter twice',
    film(`template t(a: text) { shot s 4s { "{a} walks" } }\nt("x", a: "y")`),
    ['type.call "a: "y"": `t` is given `a` twice'],
  ],
  ['a parameter forgotten', film(`template t(a: text) { shot s 4s { "{a} walks" } }\nt()`), ['type.call "t()": `t` needs `a` (a text)']],
  [
    'a parameter of another type',
    film(`template t(a: duration) { shot s a { ${walk} } }\nt(a: "x")`),
    ['type.mismatch ""x"": `a` of `t` must be a length such as `4s`, not a text'],
  ],
  [
    'a choice that is none',
    film(`template t(a: "x" | "y") { shot s 4s { "{a} walks" } }\nt(a: "z")`),
    ['type.mismatch ""z"": `a` of `t` must be "x" or "y", not "z"'],
  ],
  [
    'a list with a stray item',
    film(`template t(a: list<int>) { shot s 4s { "walks {len(a)}" } }\nt(a: [1, "b"])`),
    ['type.mismatch "[1, "b"]": `a` of `t` must be a list of whole numbers, not a text as item 2'],
  ],
  [
    'a statement that fits nothing there',
    scene(`shot a 4s { "she walks"\nt() }`).replace('scene', 'template t() { shot b 4s { "she runs" } }\nscene'),
    ['statement.misplaced "shot": `shot` cannot stand in `shot`: it belongs at the top of a film, in `scene`'],
  ],
  [
    'a cast in a branch',
    film(`if true { cast m "x" }\nshot a 4s { ${walk} }`),
    ['statement.misplaced "cast": `cast` cannot stand here: it belongs at the top of a file, outside `if`, `for` and templates'],
  ],
])

table('a shot', [
  ['without a length', scene(`shot a { ${walk} }`), ['duration.missing "a": `s/a` does not say how long it is']],
  [
    'with two lengths',
    scene(`shot a 4s sync "v.wav" { ${walk} }`),
    ['film.two-lengths "4s": `s/a` has a length, and sound that gives it another one'],
  ],
  [
    'with two sounds',
    scene(`shot a sync "v.wav" to-beat b { ${walk} }\nbed b "b.wav"`),
    ['film.two-sounds "b": `s/a` has both `sync` and `to-beat`'],
  ],
  [
    'with a last frame alone',
    scene(`shot a 4s to "b.png" { ${walk} }`),
    ['film.to-without-from ""b.png"": `s/a` has a last frame but no first one'],
  ],
  ['with nothing at all', film('shot a 4s'), ['prompt.empty "shot": `a` has no words, no picture and no sound to be made from']],
  [
    'with an `at` past its end',
    film(`shot a 4s { ${walk}\nat 2s..5s "she stops" }`),
    ['time.outside "2s..5s": `at` reaches to 120 frames (5s), but what it belongs to is 96 frames (4s) long'],
  ],
  [
    'with an `at` that runs backward',
    film(`shot a 4s { ${walk}\nat 3s..1s "she stops" }`),
    ['time.empty-range "3s..1s": the range of `at` ends where it begins or before'],
  ],
  [
    'with a key past its end',
    film(`shot a 4s { ${walk}\nkey 5s "k.png" }`),
    ['time.outside "5s": `key` reaches to 121 frames (5.042s), but what it belongs to is 96 frames (4s) long'],
  ],
  [
    'with a retake past what stands above it',
    film(`shot a 4s { ${walk}\nretake 5s..7s\nextend 4s\nretake 5s..7s }`),
    ['time.outside "5s..7s": `retake` reaches to 168 frames (7s), but what it belongs to is 96 frames (4s) long'],
  ],
  [
    'with a retake longer than itself',
    film(`shot a 4s { ${walk}\nretake last 5s }`),
    ['time.outside "5s": `retake` reaches to 120 frames (5s), but what it belongs to is 96 frames (4s) long'],
  ],
  [
    'with a retake of nothing',
    film(`shot a 4s { ${walk}\nretake "better" }`),
    ['statement.missing "retake": `retake` needs a range such as `2s..4s`, or `last 2s`'],
  ],
  [
    'with a setting twice through a template',
    film(`template t() { takes 2 }\nshot a 4s { ${walk}\ntakes 3\nt() }`),
    ['statement.repeated "takes": `takes` stands more than once in `shot`'],
  ],
])

it('does not bound a retake of a shot whose sound gives its length', () => {
  expect(compile(film('shot a sync "v.wav" { "she walks"\nretake 90s..91s "she stays" }')).told).toEqual([])
})

table('paths', [
  [
    'out of the project',
    film(`still a 2s "../x.png"\nstill b 2s "a/../../x.png"`),
    [
      'asset.path ""../x.png"": the path `../x.png` cannot be used: it is a path that leaves the project',
      'asset.path ""a/../../x.png"": the path `a/../../x.png` cannot be used: it is a path that leaves the project',
    ],
  ],
  [
    'from the root',
    film('still a 2s "/etc/passwd.png"'),
    ['asset.path ""/etc/passwd.png"": the path `/etc/passwd.png` cannot be used: it is a path from the root of the disk'],
  ],
  [
    'an address',
    film('clip a "https://x.test/a.mp4"'),
    [
      'asset.path ""https://x.test/a.mp4"": the path `https://x.test/a.mp4` cannot be used: it is an address or a drive, not a file beside the script',
    ],
  ],
  [
    'a drive',
    film('still a 2s "C:x.png"'),
    ['asset.path ""C:x.png"": the path `C:x.png` cannot be used: it is an address or a drive, not a file beside the script'],
  ],
  ['of another kind', film('still a 2s "a.wav"'), ['asset.path ""a.wav"": the path `a.wav` cannot be used: it is a sound file']],
  ['empty', film('still a 2s ""'), ['asset.path """": the path `` cannot be used: it is an empty path']],
  [
    'to write outside',
    'ltx 1\nproject "F" { output "../x.mp4" }\nshot a 4s { "she walks" }',
    ['asset.path ""../x.mp4"": the path `../x.mp4` cannot be used: it is a path that leaves the project'],
  ],
  [
    'to write over each other',
    film(`shot a 4s { ${walk} }\ndeliver d { size 640x640 output "OUT/film.mp4" }`),
    ['film.same-output "deliver d { size 640x640 output "OUT/film.mp4" }": two films would be written to `OUT/film.mp4`'],
  ],
])

table('the timeline', [
  [
    'a transition before the first shot',
    film(`dissolve 12f\nshot a 4s { ${walk} }`),
    ['film.dangling-transition "dissolve 12f": this `dissolve` joins nothing: it stands before the first shot'],
  ],
  [
    'a transition after the last shot',
    scene(`shot a 4s { ${walk} }\nfade 1s`),
    ['film.dangling-transition "fade 1s": this `fade` joins nothing: it stands after the last shot'],
  ],
  [
    'two transitions in a row',
    scene(`shot a 4s { ${walk} }\ncut\ndissolve 12f\nshot b 4s { ${walk} }`),
    ['film.transition-repeated "dissolve 12f": there is already a `cut` between these two'],
  ],
  [
    'a transition longer than a neighbour',
    film(`shot a 4s { ${walk} }\ndissolve 2s\ncard c 1s "C"`),
    ['film.transition-too-long "dissolve 2s": this `dissolve` of 48 frames (2s) is too long: `c` has 24 frames (1s) left for it'],
  ],
  [
    'two transitions that eat one shot',
    film(`shot a 4s { ${walk} }\ndissolve 16f\ncard c 1s "C"\ndissolve 16f\nshot b 4s { ${walk} }`),
    ['film.transition-too-long "dissolve 16f": this `dissolve` of 16 frames (0.667s) is too long: `c` has 8 frames (0.333s) left for it'],
  ],
  [
    'a title past its stretch',
    film(`shot a 4s { ${walk} }\ntitle "T" 1s..5s { over a }`),
    ['time.outside "1s..5s": `title` reaches to 120 frames (5s), but what it belongs to is 96 frames (4s) long'],
  ],
  [
    'a stretch that runs backward',
    film(`shot a 4s { ${walk} }\nshot b 4s { ${walk} }\nbed m "m.wav" { over b..a }`),
    ['film.backwards "b..a": `b` comes after `a` in the film'],
  ],
  ['an empty film', film(''), ['film.empty "project": there is nothing to show in "Film"']],
  [
    'shots in a library',
    'ltx 1\nshot a 4s { "she walks" }',
    ['film.in-library "shot": `shot` stands in a file without `project`, which is a library'],
  ],
  [
    'a loop in a library',
    'ltx 1\nfor x in [1] { }',
    ['film.in-library "for x in [1] { }": a statement stands in a file without `project`, which is a library'],
  ],
])

table('providers', [
  [
    'of a kind nobody knows',
    film(`provider p hosted-ltz\nshot a 4s on p { ${walk} }`),
    ['provider.unknown-kind "hosted-ltz": there is no kind of provider named `hosted-ltz`; there are animatic, hosted-ltx, local'],
  ],
  [
    'in the place of the built-in one',
    film(`provider animatic local\nshot a 4s { ${walk} }`),
    ['provider.built-in "local": `animatic` is always the built-in provider, it cannot be of kind `local`'],
  ],
  [
    'with a key instead of its name',
    film(`provider p local { key env "abc-def" }\nshot a 4s { ${walk} }`),
    [
      'value.out-of-range ""abc-def"": the env of `key` must be the name of an environment variable, such as `LTX_API_KEY`, not something else',
    ],
  ],
])

describe('secrets', () => {
  const shapes = [
    'sk-abcdefghijklmnopqrstuvwx',
    'hf_abcdefghijklmnopqrstuvwxyz',
    'r8_abcdefghijklmnopqrstuvwxyz',
    'AKIAABCDEFGHIJKLMNOP',
    '0a1b2c3d-1111-2222-3333-444455556666:0123456789abcdef0123456789abcdef',
    'token: q8Zr5Kx2Lw9Vb3Nm7Tp4Yd6',
    'Bearer q8Zr5Kx2Lw9Vb3Nm7Tp4Yd6',
    'api_key="9f8e7d6c5b4a39281706f5e4d3c2b1a0"',
  ]
  it.each(shapes)('%s is found and never repeated', (secret) => {
    const compiled = compile(film(`# ${secret}\nshot a 4s { ${walk} }`))
    expect(compiled.codes).toEqual(['secret.in-script'])
    const said = JSON.stringify(compiled.diagnostics.map(({ message, hint, notes, fixes }) => ({ message, hint, notes, fixes })))
    for (const piece of secret.split(/[ :="]+/).filter((one) => one.length > 12)) expect(said).not.toContain(piece)
  })
  it.each([
    'key env LTX_API_KEY_FOR_STUDIO_2026',
    'the secret harbour of extraordinary fishermen1',
    'key: assets/textures/harbour-open-0001-final.png',
    'she turns the key: slowly-and-carefully-through-the-lock',
    'token ring at 10 megabits, 1984, in a museum',
  ])('%s is none', (text) => expect(compile(film(`# ${text}\nshot a 4s { ${walk} }`)).codes).toEqual([]))
})

describe('one run', () => {
  it('tells several mistakes, in their order, without what follows from them', () => {
    const compiled = compile(
      film(`provider p local
cast mara "a woman"
scene s "a quay" {
  shot a 4s on q { "{mrra} walks" }
  shot b { "she runs" }
  dissolve 9s
  shot c 2s from "../x.png" { "she falls" takes 99 }
}
bed drums "d.wav" { over t }`),
    )
    expect(compiled.codes).toEqual([
      'name.unknown',
      'name.unknown',
      'duration.missing',
      'film.transition-too-long',
      'asset.path',
      'value.out-of-range',
      'name.unknown',
    ])
    expect(compiled.program).toBeUndefined()
  })

  it('leads from a template’s mistake to the call that placed it', () => {
    const compiled = compile(
      film(`template inner(n: int) { shot a 4s { "walks {1 / n}" } }
template outer(n: int) { inner(n: n) }
outer(n: 0)`),
    )
    expect(compiled.told).toEqual(['value.arithmetic "1 / n": this cannot be worked out: a division by zero'])
    expect(compiled.diagnostics[0]?.notes.map((note) => note.message)).toEqual(['placed by `inner` here', 'placed by `outer` here'])
  })

  it('offers the name that was meant, as an edit', () => {
    const compiled = compile(film('cast mara "x"\nshot a 4s { "{maar} walks" }'))
    expect(compiled.diagnostics[0]).toMatchObject({ hint: 'did you mean `mara`?', fixes: [{ kind: 'edit', edits: [{ text: 'mara' }] }] })
  })

  it('tells what a second use of a template needs', () => {
    const compiled = compile(film('template t() { shot a 4s { "she walks" } }\nt()\nt()'))
    expect(compiled.codes).toEqual(['name.duplicate'])
    expect(compiled.diagnostics[0]?.hint).toContain('name: text')
  })

  it('tells at the calls, once, when a library’s template makes the same shots twice', () => {
    const call = 'shots.b-roll(place: "a quay", people: "two men", doing: "mending nets", thing: "a gull")'
    const { told, diagnostics } = compile(`ltx 1\nuse std/shots\nproject "F"\nscene s "x" {\n${call}\n${call}\n}`)
    expect(told).toEqual([`name.duplicate "${call}": there are two shots named \`s/b-roll-wide\``])
    expect(diagnostics[0]?.notes).toMatchObject([{ message: 'the first one', span: { path: 'film.ltx' } }])
  })

  it('offers the parameter that was meant', () => {
    const { diagnostics } = compile(film('template t(name: text) { shot "{name}" 4s { "she walks" } }\nt(nam: "a")'))
    expect(diagnostics[0]).toMatchObject({ code: 'type.call', hint: 'did you mean `name`?', fixes: [{ edits: [{ text: 'name' }] }] })
  })
})

describe('a template that nobody places', () => {
  const names = (body: string): readonly string[] =>
    compile(`ltx 1\nuse std/moves\nlet coat "x"\ntemplate t(who: text, hold: duration = lng) {\n${body}\n}`).told
  it('is read for its names', () => {
    expect(
      names('shot "{nam}" hold { "{who} in a {cot}" camera moves.slow }\nu()\nif hld > 2s { }\nfor x in lst { card c 1s "{x}{y}" }'),
    ).toEqual([
      'name.unknown "lng": there is no name named `lng`',
      'name.unknown "nam": there is no name named `nam`',
      'name.unknown "cot": there is no name named `cot`',
      'name.unknown "slow": there is no name in `moves` named `slow`',
      'name.unknown "u": there is no name named `u`',
      'name.unknown "hld": there is no name named `hld`',
      'name.unknown "lst": there is no name named `lst`',
      'name.unknown "y": there is no name named `y`',
    ])
  })
  it('is left alone where a word may mean something else', () => {
    const told = compile(`ltx 1
template t(who: text) {
  let here "{who} there"
  shot open 4s on gpu { "{here} walks {slug(who)}" takes 2 }
  title "{who}" 0s..2s { over open..close style top }
  bed b "b.wav" { duck -9dB under voice fade in 1s }
  say who "Hello."
}`).told
    expect(told).toEqual([])
  })
})

describe('settings of the run', () => {
  it('refuses a param the film does not have', () => {
    const compiled = compile(film('shot a 4s { "she walks" }'), { params: new Map([['guest', 'x']]) })
    expect(compiled.told[0]).toContain('there is no param named `guest`')
  })
  it('refuses a value of another type', () => {
    const compiled = compile('ltx 1\nproject "F"\nparam n: int\nshot a 4s { "walks {n}" }', { params: new Map([['n', 'many']]) })
    expect(compiled.told).toEqual(['type.mismatch "n": `n` must be a whole number, not "many"'])
  })
})

// The one table of the language's statements. The parser asks it where a new statement begins on a line, the
// checker and the evaluator bind arguments by it, the formatter aligns by it, completion, hover and the reference
// page print it. A new statement is a new row.
import { costRows } from './schema-cost.ts'
import { localRows } from './schema-local.ts'
import { routeRow } from './schema-route.ts'
import { type ArgType, arg, clause, optional, type Parent, type Row, row, setting } from './schema-row.ts'

export type { Arg, ArgType, Clause, Parent, Row } from './schema-row.ts'

const onProvider = clause('on', 'the provider that makes it', arg('provider', ['provider'], 'its name'))
const qualities: ArgType = { words: ['fast', 'pro'] }
const promptParents: readonly Parent[] = ['scene', 'shot', 'extend', 'retake']

export const rows: readonly Row[] = [
  row('ltx', ['file'], 'the version of the language; the first line of every file', 'ltx 1', {
    args: [arg('version', ['int'], 'always 1 today')],
  }),
  row('use', ['file'], 'brings in a library: one of the standard ones, or a file beside this one', 'use "./bible.ltx" as bible', {
    many: true,
    args: [arg('library', ['file', 'any'], '`std/NAME`, or a path in quotes')],
    clauses: [clause('as', 'the name it goes by here', arg('name', ['new-name'], 'a name'))],
  }),
  row('project', ['file'], 'the film: its title and what holds for all of it', 'project "Harbor Lights" { size 1920x1080 }', {
    args: [arg('title', ['text'], 'the title')],
    block: 'optional',
  }),
  row(
    'size',
    ['project', 'deliver'],
    'the picture, width by height in pixels',
    'size 1920x1080',
    setting([arg('size', ['size'], 'width x height')], { default: '1920x1080' }),
  ),
  row(
    'fps',
    ['project'],
    'frames a second',
    'fps 24',
    setting([arg('rate', ['rate', 'number'], '24, 25, 29.97, 30 …')], { default: '24' }),
  ),
  row(
    'seed',
    ['project', 'scene', 'shot', 'extend', 'retake'],
    'pins the seed; without it every shot derives its own from the project’s and its path',
    'seed 4217',
    setting([arg('seed', ['int'], '0 to 2147483647')], { default: '0' }),
  ),
  row(
    'quality',
    ['project', 'scene', 'shot'],
    'the model’s variant: `fast` to sketch, `pro` to finish',
    'quality pro',
    setting([arg('quality', [qualities], 'fast or pro')], { default: 'pro' }),
  ),
  row(
    'on',
    ['project', 'scene', 'shot'],
    'the provider that makes it',
    'on ltx',
    setting([arg('provider', ['provider'], 'a provider’s name')], { default: 'animatic' }),
  ),
  routeRow,
  row(
    'budget',
    ['project'],
    'a hard ceiling, checked before every paid call: of a run, of the film over all its runs, or of a day (UTC) over all films of the folder',
    'budget $12.00',
    setting([arg('amount', ['money'], 'dollars')], {
      many: true,
      clauses: [
        clause('per', 'what it holds for; a run where there is none', arg('span', [{ words: ['run', 'film', 'day'] }], 'run, film or day')),
      ],
    }),
  ),
  row(
    'budget',
    ['scene', 'shot'],
    'a hard ceiling for all that is ever bought for a shot; in a scene, for each of its shots',
    'budget $2.00',
    setting([arg('amount', ['money'], 'dollars')]),
  ),
  row(
    'loudness',
    ['project', 'deliver'],
    'integrated loudness of the finished film',
    'loudness -14LUFS',
    setting([arg('target', ['loudness'], 'LUFS')]),
  ),
  row(
    'output',
    ['project', 'series', 'deliver'],
    'where the film goes, relative to the script',
    'output "out/film.mp4"',
    setting([arg('path', ['text'], 'a path')], { default: '"out/NAME.mp4"' }),
  ),
  row('provider', ['file'], 'an account at a host, or a machine', 'provider ltx hosted-ltx { key env LTX_API_KEY }', {
    many: true,
    block: 'optional',
    args: [arg('name', ['new-name'], 'what shots call it'), arg('kind', ['provider-kind'], 'hosted-ltx, local, animatic …')],
  }),
  row(
    'key',
    ['provider'],
    'the name of the environment variable that holds the key; never the key',
    'key env LTX_API_KEY',
    setting([], { clauses: [clause('env', 'from the environment', arg('variable', ['any'], 'its name'))] }),
  ),
  row('base', ['provider'], 'the base address of the host', 'base "http://127.0.0.1:8188"', setting([arg('url', ['text'], 'an address')])),
  ...localRows,
  row(
    'model',
    ['provider'],
    'the model asked for, where it is not the provider’s own choice; of an own machine the folder of its files',
    'model "models/ltx-2.3-distilled"',
    setting([arg('model', ['text'], 'a name or a folder')]),
  ),
  row(
    'server',
    ['provider'],
    'which of the programs that speak this protocol it is',
    'server "sglang"',
    setting([arg('name', ['text'], 'vllm-omni, sglang, fastvideo or aquiles')]),
  ),
  row(
    'run',
    ['provider'],
    'the program that makes the clips, and its arguments; no shell reads them',
    'run "tools/make-clip" "--fast"',
    setting([arg('argument', ['text'], 'the program, then one text an argument', { many: true })]),
  ),
  row(
    'pass',
    ['provider'],
    'environment variables that the program is given besides `PATH` and `HOME`',
    'pass "CUDA_VISIBLE_DEVICES"',
    setting([arg('variable', ['text'], 'their names', { many: true })]),
  ),
  row(
    'timeout',
    ['provider'],
    'how long the program may take for one clip',
    'timeout 20m',
    setting([arg('length', ['length'], 'minutes or hours')], { default: '1h' }),
  ),
  row(
    'reproducible',
    ['provider'],
    'how well the program makes a clip again from the same seed: `exact`, the same bytes; `same-host`, the same while it and its machine stay',
    'reproducible exact',
    setting([arg('class', [{ words: ['exact', 'same-host'] }], 'exact or same-host')], { default: 'keep-bytes: a clip can only be kept' }),
  ),
  row('concurrency', ['provider'], 'jobs at once', 'concurrency 2', setting([arg('jobs', ['int'], '1 or more')])),
  row(
    'price',
    ['provider'],
    'the price of a second, where the built-in one is out of date',
    'price $0.06',
    setting([arg('second', ['money'], 'dollars a second')]),
  ),
  ...costRows,
  row(
    'transport',
    ['provider'],
    'how a job is sent: `async`, then asked for until it is done; or `sync`, for servers whose answer to the job is the clip itself',
    'transport sync',
    setting([arg('way', [{ words: ['async', 'sync'] }], 'async or sync')], { default: 'async' }),
  ),
  row(
    'adjust',
    ['provider'],
    'what is done where the host makes less than it was asked for: `accept` it, accept it and `warn`, or `refuse` it',
    'adjust refuse',
    setting([arg('policy', [{ words: ['accept', 'warn', 'refuse'] }], 'accept, warn or refuse')], { default: 'warn; refuse in CI' }),
  ),
  row(
    'cast',
    ['file'],
    'a person, an animal, a thing that must look the same everywhere; `{name}` puts the words in any text',
    'cast mara "a woman in her thirties, cropped silver hair"',
    {
      many: true,
      block: 'optional',
      args: [arg('name', ['new-name'], 'a name'), arg('words', ['text'], 'how it looks')],
    },
  ),
  row('image', ['cast'], 'a reference picture', 'image "assets/mara.png"', setting([arg('image', ['image'], 'a picture')])),
  row('voice', ['cast'], 'a reference of the voice', 'voice "assets/mara.wav"', setting([arg('audio', ['audio'], 'a sound file')])),
  row(
    'lora',
    ['cast'],
    'an adapter trained on it, where the provider takes one',
    'lora "loras/mara.safetensors"',
    setting([arg('path', ['text'], 'a file or an address')]),
  ),
  row('let', ['file', 'scene', 'shot'], 'names a value', 'let coat "a navy peacoat"', {
    many: true,
    setting: true,
    args: [arg('name', ['new-name'], 'a name'), arg('value', ['any'], 'anything')],
  }),
  row(
    'scene',
    ['file'],
    'an ordered run of shots in one place; what it says holds for its shots',
    'scene harbor "a foggy harbor at dawn" { … }',
    {
      many: true,
      block: 'required',
      args: [arg('name', ['new-name'], 'a name'), arg('setting', ['text'], 'the place, the hour, who is there', optional)],
    },
  ),
  row('shot', ['file', 'scene'], 'one clip to make', 'shot open 6s { "{mara} walks along the quay" }', {
    many: true,
    block: 'optional',
    args: [arg('name', ['new-name'], 'a name'), arg('duration', ['length'], 'its length; `sync` gives its own', optional)],
    clauses: [
      clause('from', 'the first frame', arg('image', ['image'], 'a picture')),
      clause('to', 'the last frame', arg('image', ['image'], 'a picture')),
      clause('sync', 'sound that drives the picture and its length', arg('audio', ['audio'], 'a sound file')),
      clause('to-beat', 'the slice of this bed that plays under the shot drives the picture', arg('bed', ['bed'], 'a bed’s name')),
      onProvider,
    ],
  }),
  row(
    'camera',
    promptParents,
    'what the camera does',
    'camera "slow push in"',
    setting([arg('words', ['text'], 'words', { many: true })], { many: true }),
  ),
  row(
    'look',
    promptParents,
    'light, lens, texture',
    'look "soft low sun, 35mm grain"',
    setting([arg('words', ['text'], 'words', { many: true })], { many: true }),
  ),
  row(
    'sound',
    promptParents,
    'what is heard',
    'sound "gulls, water lapping"',
    setting([arg('words', ['text'], 'words', { many: true })], { many: true }),
  ),
  row(
    'avoid',
    promptParents,
    'what to keep out, movement above all',
    'avoid "fast zooms"',
    setting([arg('words', ['text'], 'words', { many: true })], { many: true }),
  ),
  row(
    'say',
    ['shot', 'extend'],
    'a line of dialogue; also the source of captions',
    'say mara "I knew you would come back."',
    setting([arg('who', ['cast'], 'who speaks', optional), arg('words', ['text'], 'the line')], { many: true }),
  ),
  row('at', ['shot'], 'words for one stretch of the shot', 'at 2s..4s "she turns"', {
    many: true,
    args: [arg('range', ['length-range'], 'from..to'), arg('words', ['text'], 'words')],
  }),
  row('key', ['shot'], 'a keyframe: this picture at that time', 'key 3s "assets/turn.png" 80%', {
    many: true,
    args: [arg('time', ['length'], 'when'), arg('image', ['image'], 'a picture'), arg('strength', ['percent'], 'how strictly', optional)],
  }),
  row('extend', ['shot'], 'more seconds at the end, or before the start', 'extend 6s "she stops and looks up"', {
    many: true,
    block: 'optional',
    args: [
      arg('duration', ['length'], 'how much more'),
      arg('words', ['text'], 'what happens; the shot’s words where there are none', optional),
    ],
    clauses: [clause('before', 'at the start instead of the end')],
  }),
  row('context', ['extend'], 'how much of what is there the model is shown', 'context 4s', setting([arg('length', ['length'], 'seconds')])),
  row(
    'retake',
    ['shot'],
    'makes a stretch again and leaves the rest alone; delete the line to go back',
    'retake 10s..12s "the camera stays level" { keep sound }',
    {
      many: true,
      block: 'optional',
      args: [
        arg('range', ['length-range'], 'from..to, of what stands above', optional),
        arg('words', ['text'], 'what should happen there', optional),
      ],
      clauses: [clause('last', 'counted from the end', arg('length', ['length'], 'how much'))],
    },
  ),
  row(
    'keep',
    ['retake'],
    'leaves this part of the stretch as it was',
    'keep sound',
    setting([arg('part', [{ words: ['sound', 'picture'] }], 'sound or picture')]),
  ),
  row('takes', ['scene', 'shot'], 'how many candidates to make', 'takes 3', setting([arg('count', ['int'], '1 to 16')], { default: '1' })),
  row(
    'tries',
    ['project', 'scene', 'shot'],
    'how often a clip that fails its checks is made again, with the next seed',
    'tries 2',
    setting([arg('count', ['int'], '1 to 5')], { default: '1' }),
  ),
  row('clip', ['file', 'scene'], 'own footage', 'clip news "footage/broadcast.mp4" 2s..7s', {
    many: true,
    args: [
      arg('name', ['new-name'], 'a name'),
      arg('video', ['video'], 'a video file'),
      arg('range', ['length-range'], 'from..to; all of it where there is none', optional),
    ],
  }),
  row('card', ['file', 'scene'], 'words on a plain ground', 'card end 3s "Harbor Lights"', {
    many: true,
    block: 'optional',
    args: [arg('name', ['new-name'], 'a name'), arg('duration', ['length'], 'how long'), arg('text', ['text'], 'the words')],
  }),
  row(
    'below',
    ['card', 'title'],
    'a second, smaller line',
    'below "a film in eleven shots"',
    setting([arg('text', ['text'], 'the words')]),
  ),
  row('still', ['file', 'scene'], 'a picture held', 'still map 3s "assets/map.png"', {
    many: true,
    args: [arg('name', ['new-name'], 'a name'), arg('duration', ['length'], 'how long'), arg('image', ['image'], 'a picture')],
  }),
  row('cut', ['file', 'scene'], 'straight from one to the next; what happens where nothing is written', 'cut', { many: true }),
  row('dissolve', ['file', 'scene'], 'both pictures overlap for this long', 'dissolve 12f', {
    many: true,
    args: [arg('duration', ['length'], 'how long')],
  }),
  row('fade', ['file', 'scene'], 'down to black and up again, this long in all', 'fade 1s', {
    many: true,
    args: [arg('duration', ['length'], 'how long')],
  }),
  row('wipe', ['file', 'scene'], 'the next picture slides over', 'wipe left 10f', {
    many: true,
    args: [arg('direction', [{ words: ['left', 'right', 'up', 'down'] }], 'where the edge moves'), arg('duration', ['length'], 'how long')],
  }),
  row(
    'bed',
    ['file', 'scene'],
    'music, ambience or voice under a stretch of the film',
    'bed rain "assets/rain.wav" { over harbor..storm gain -18dB }',
    {
      many: true,
      block: 'optional',
      args: [arg('name', ['new-name'], 'a name'), arg('audio', ['audio'], 'a sound file')],
    },
  ),
  row(
    'over',
    ['bed', 'title'],
    'the stretch: a shot, a scene, or from one to another; the scene it stands in, or the whole film, where there is none',
    'over harbor..storm',
    setting([arg('item', ['item'], 'scene, scene/shot, or a..b')]),
  ),
  row('gain', ['bed'], 'how loud', 'gain -18dB', setting([arg('gain', ['gain'], 'decibels')], { default: '0dB' })),
  row(
    'fade',
    ['bed'],
    'fades at its ends',
    'fade in 1s out 2s',
    setting([], {
      clauses: [
        clause('in', 'at the start', arg('length', ['length'], 'how long')),
        clause('out', 'at the end', arg('length', ['length'], 'how long')),
      ],
    }),
  ),
  row('start', ['bed'], 'where in the file it begins', 'start 12s', setting([arg('time', ['length'], 'a time in the file')])),
  row('loop', ['bed'], 'begins again when the file ends', 'loop', setting([])),
  row(
    'duck',
    ['bed'],
    'lower while something else sounds',
    'duck -9dB under voice',
    setting([arg('amount', ['gain'], 'how much lower')], {
      clauses: [clause('under', 'what it makes room for', arg('what', ['bed', { words: ['voice'] }], '`voice`, or another bed'))],
    }),
  ),
  row('title', ['file', 'scene'], 'words over the picture, laid on in post', 'title "Chapter one" 1s..4s { style lower-third }', {
    many: true,
    block: 'optional',
    args: [arg('text', ['text'], 'the words'), arg('range', ['length-range'], 'from..to, within what it stands over')],
  }),
  row(
    'style',
    ['title'],
    'where and how it stands',
    'style lower-third',
    setting([arg('style', [{ words: ['lower-third', 'centre', 'top', 'corner'] }], 'a style')], { default: 'centre' }),
  ),
  row('captions', ['file'], 'captions from the lines that are said', 'captions { from say burn false }', { block: 'optional' }),
  row('from', ['captions'], 'where the words come from', 'from say', setting([arg('source', [{ words: ['say'] }], 'say')])),
  row('burn', ['captions'], 'also into the picture', 'burn false', setting([arg('burn', ['bool'], 'true or false')], { default: 'false' })),
  row('deliver', ['file'], 'one more file from the same cut', 'deliver vertical { size 1080x1920 fit crop }', {
    many: true,
    block: 'required',
    args: [arg('name', ['new-name'], 'a name')],
  }),
  row(
    'fit',
    ['deliver'],
    'how a picture of another shape is made to fit',
    'fit crop',
    setting([arg('fit', [{ words: ['crop', 'pad'] }], 'crop or pad')], { default: 'crop' }),
  ),
  row(
    'codec',
    ['deliver'],
    'the format of the file',
    'codec prores',
    setting([arg('codec', [{ words: ['h264', 'prores'] }], 'h264 or prores')], { default: 'h264' }),
  ),
  row('series', ['file'], 'one film a row of a table', 'series "Harbor Lights" { episodes "episodes.csv" }', {
    args: [arg('title', ['text'], 'the title')],
    block: 'required',
  }),
  row(
    'episodes',
    ['series'],
    'the table: CSV or JSON; its columns fill the params',
    'episodes "episodes.csv"',
    setting([arg('table', ['file'], 'a file')]),
  ),
]

const byPlace = new Map<string, ReadonlyMap<string, Row>>()
for (const entry of rows) {
  for (const parent of entry.parents) {
    const here = new Map(byPlace.get(parent) ?? [])
    here.set(entry.word, entry)
    byPlace.set(parent, here)
  }
}

/** The rows that may stand in a block of `parent`, by word. Empty for a word that takes no block. */
export const rowsIn = (parent: string): ReadonlyMap<string, Row> => byPlace.get(parent) ?? new Map()
/** A word's row in one place; the same word may mean another thing elsewhere (`key`, `fade`). */
export const rowOf = (word: string, parent: string): Row | undefined => byPlace.get(parent)?.get(word)

/** Words of the grammar itself: they cannot name a shot, a scene or a template. */
export const reserved: ReadonlySet<string> = new Set([
  'if',
  'else',
  'for',
  'in',
  'template',
  'param',
  'and',
  'or',
  'not',
  'true',
  'false',
  'as',
])

/** The types of params that are one word; a list or a choice is made of them. */
export const plainTypes = ['text', 'int', 'number', 'bool', 'duration', 'image', 'audio', 'video'] as const

// The told part of the reference page: how a script reads, its values, texts, prompts and reuse. What is in a table of the
// program is not told here but written from the table (reference.ts).

export const intro = `A \`.ltx\` file is a shot list that a machine can shoot. It says everything that decides what comes out, and nothing
that does not: the same script and the same assets always make the same plan. Words are those of a film set; the grammar behind them is
small: **a word, its arguments, and a block in braces**.

\`\`\`ltx
ltx 1

project "Low Tide" {
  size   1280x720
  fps    24
  output "out/low-tide.mp4"
}

cast ines "a woman in a yellow raincoat"

scene flats "tide flats at dusk, a wreck far out" {
  look "low sun, 35mm grain"

  shot walk 6s {
    "{ines} walks toward the wreck, water rippling around her boots"
    camera "slow dolly in"
    sound  "wind, a buoy bell"
    extend 6s "she stops and turns to the sea"
    takes 2
  }

  dissolve 12f

  shot wreck 5s { "gulls burst from the hull and scatter over the water" }
}

title "Low Tide" 1s..4s { over flats/walk  style lower-third }
\`\`\`

Nothing positional is identity: a shot is known by its path (\`flats/walk\`). Inserting, deleting, reordering, reformatting and commenting
re-make nothing.`

const reading = `## How a script reads

- A statement is a word and its arguments, with spaces between them, no commas. It ends with its line, or with its block. Lists and
  parentheses hold it open over several lines.
- Several statements may share a line inside a block: a word that the block knows begins the next one,
  \`{ over flats  gain -18dB  fade in 1s out 2s  loop }\`.
- \`#\` begins a comment, up to the end of the line.
- A name starts with a letter of any script; letters, digits, \`_\` and \`-\` may follow: \`line-1\`, \`漢字\`. \`bible.coat\` is a name of a
  library, \`flats/walk\` a place in the film. A minus sign in a sum therefore has spaces around it.
- The first line of every file is \`ltx 1\`. A file of a newer version is refused, never guessed at.
- \`ltx fmt\` lays a script out in its one way and has no options. It keeps every comment and single empty lines.
- A file is UTF-8, 1 MiB at most, with blocks 64 deep at most. Invisible characters that turn or hide text are errors.`

const values = `## Values

| written | is |
|---|---|
| \`6s\` \`2.5s\` \`250ms\` \`1m30s\` \`1h\` | a length in seconds, held as an exact fraction |
| \`12f\` | a length in frames of the film's rate |
| \`00:00:04:12\` | a length as timecode: hours, minutes, seconds, frames |
| \`2s..4s\` \`flats..storm\` | a range of lengths, or of places in the film |
| \`1920x1080\` | a size in pixels, width by height |
| \`24fps\` \`23.976fps\` | a frame rate; the decimal names of NTSC stand for their exact fractions |
| \`-12dB\` | a gain |
| \`-14LUFS\` | a loudness |
| \`80%\` | a percentage |
| \`$5.00\` | money, in US dollars, to a millionth |
| \`42\` \`-0.5\` | a number |
| \`true\` \`false\` | |
| \`"text"\` \`"""long text"""\` | texts, below |
| \`[a, b]\` | a list; a comma may follow the last value |
| \`name\` \`library.name\` | what the name stands for |

A unit touches its number and has one spelling; another one (\`6sec\`, \`24 fps\`, \`1920*1080\`) is an error that \`ltx check --fix\` mends.

Sums stand in parentheses among arguments, and bare in \`if\`, \`for\`, defaults, calls, lists and holes. From loose to tight: \`or\`, \`and\`,
\`not\`, \`== != < <= > >=\`, \`..\`, \`+ -\`, \`* /\`. Nothing is rounded and no unit is changed silently: \`2s + 12f\` is an error.`

const texts = `## Texts

- \`"…"\` ends on its line. \`\\n\`, \`\\t\`, \`\\"\` and \`\\\\\` are the escapes.
- \`{name}\` puts the words of a name there, once: what comes in is not searched for braces again. A hole may hold any value:
  \`"{slug(guest)}-{number}"\`. A plain brace is doubled: \`{{\`, \`}}\`.
- \`"""…"""\` may have several lines. Each is trimmed, and they are joined by a space; an empty line becomes a line break.`

const prompts = `## The prompt

The parts of a prompt are kept apart in the script, because that is how they are edited, reused and checked. They are joined in one order:
the scene's setting and the words of the action, timed stretches (\`at\`), lines that are said, camera, light and texture (\`look\`),
sound. Early words weigh most, so a shot that its sound leads (\`sync\`, \`to-beat\`, a \`say\` with no action) begins with the lines and the
sound. \`avoid\` becomes the negative prompt where a provider takes one, and a short "no …" sentence where it does not.

Every generation has a seed: pinned by \`seed\`, or derived from the project's seed and the shot's path, so that the edit of one shot never
moves another's. All links of a chain and all retakes have the seed of their shot unless one says otherwise.`

const makers = `## Who makes it

\`on\` names a provider, and \`route\` sends shots elsewhere by what they are. Own machine for sketches and for what is long, the host for
the rest, faces that speak always at the host:

\`\`\`ltx
ltx 1

project "Night Ferry" {
  on     host
  route  host audio-to-video
  route  gpu draft
  route  gpu over 10s
  route  gpu retake moves
  output "out/night-ferry.mp4"
}

provider host hosted-ltx { key env LTX_API_KEY }
provider gpu local

scene deck "a ferry deck at night, sodium lamps" {
  shot rail 6s { "a man in a grey coat leans on the rail and lights a cigarette" }
  shot wake 12s { "the wake boils white and fades into the dark, gulls follow" }
}
\`\`\`

- All conditions of a route must hold for the shot; for either of two write two routes. Of several routes the first that fits wins.
- From near to far: the shot's own \`on\`, the routes of its scene, the \`on\` of its scene, the routes of the project, its \`on\`. Whoever
  names a provider means it, so a nearer \`on\` switches the routes further out off.
- A shot's length is that of the whole, with its extends, and with \`sync\` that of its sound.
- All steps of a shot are made where the shot is. With \`moves\` a route is for steps alone: a \`retake\` of a shot from the host may be
  made on the own machine. What goes in is then the whole shot so far as a file, since no model can go on in another's state.
- \`ltx plan --shot PATH\` and \`ltx why PATH\` say which route it was, the plan says each step that moves, and \`ltx plan --compare\` what each
  provider would cost. An animatic is made by the built-in provider, whatever the routes say.`

const reuse = `## Reuse

\`\`\`ltx
ltx 1

use std/moves
use std/shots as stock

param guest: text
param mood:  "calm" | "wild" = "calm"
param clips: list<text> = ["a tram passes", "pigeons scatter"]

project "Portrait of {guest}" { output "out/{slug(guest)}.mp4" }

let coat "a navy peacoat"

template walk-by(who: text, where: text = "along the quay") {
  "{who} in {coat} walks {where}"
  camera moves.slow-push
}

scene street "a wet street at night" {
  shot arrive 6s { walk-by(who: guest) }

  if mood == "wild" {
    shot burst 5s { "lightning flashes over the roofs" }
  } else {
    shot drift 5s { "fog drifts between the lamps" }
  }

  for words in clips {
    shot "{slug(words)}" 4s { "{words}" }
  }
}
\`\`\`

- \`use std/NAME\` brings in a library of the program, \`use "./file.ltx" as name\` one of your own. Its names are said with a dot:
  \`moves.slow-push\`.
- \`let\` names a value, \`cast\` somebody who must look the same everywhere.
- \`param name: type = default\` at the top of a film: filled by \`--set name=value\`, or by the columns of a series. Types: \`text int number
  bool duration image audio video list<…>\`, and choices such as \`"a" | "b"\`.
- \`template name(param: type = default) { … }\` is a piece of film; \`name(…)\` places it where the call stands. It may hold whatever may
  stand there.
- \`if … { } else if … { } else { }\` and \`for x in list { }\` are unrolled before anything is planned. Where names must differ
  from round to round, write them as a text: \`shot "{slug(words)}"\`.
- Paths in a library are relative to that library. No path leads out of the folder of the script.`

export const guide: readonly string[] = [reading, values, texts, prompts, makers, reuse]

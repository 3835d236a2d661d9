// `ltx init [DIR]`: a new film that renders at once, offline, with what git should know about it. Writes nothing over
// anything that is there.
import { basename, join, resolve } from 'node:path'
import { ProviderFailure } from '../failure.ts'
import { safeText, shellWord } from '../safe-text.ts'
import type { Call, Io } from './io.ts'

/** A file name from a title: lower-case words joined by hyphens. */
const slug = (title: string): string =>
  title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '') || 'film'

/** A text literal of the language: its quotes, escapes and braces made harmless. */
const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&').replace(/[{}]/g, '$&$&').replace(/\s+/g, ' ')}"`

const script = (title: string): string => `ltx 1

use std/moves

project ${quoted(title)} {
  size     1920x1080
  fps      24
  seed     1
  quality  pro
  on       ltx
  budget   $5.00
  loudness -14LUFS
  output   "out/${slug(title)}.mp4"
}

# The key is read from the environment, never from this file.
provider ltx hosted-ltx { key env LTX_API_KEY }

cast keeper "a lighthouse keeper in her fifties, grey braid, yellow oilskin coat"

scene tower "a lighthouse above a grey sea at dusk" {
  look  "soft last light, 35mm grain"
  avoid "fast zooms, spinning camera"

  shot climb 5s {
    "{keeper} climbs the spiral stairs from left to right, a lantern swinging in her hand"
    camera moves.slow-push
    sound  "wind in the stairwell, steps on iron"
  }

  dissolve 12f

  shot light 6s {
    "{keeper} turns the great lamp on and steps back as the beam begins to sweep"
    camera "slow tilt up, steady"
    sound  "a low hum rises, gulls far off"
    extend 4s
  }
}

card end 3s ${quoted(title)} { below "a film in two shots" }

title ${quoted(title)} 1s..4s { over tower/climb  style lower-third }
`

const gitignore = `# Clips and what was made on the way: large, and found again through the lock.
.ltx/
# The finished films.
out/
`

const gitattributes = `# Scripts and locks are text. A lock holds one stanza a clip, sorted, so that two branches merge line by line.
*.ltx       text eol=lf
*.ltx.lock  text eol=lf
`

const readme = (title: string, name: string): string => `# ${title}

    ltx render ${name} --animatic   # free and offline: the cut with placeholder pictures
    ltx plan ${name}                # what the real film would cost
    ltx render ${name}              # the film as the script asks for it

## Where the clips live

In \`.ltx/\` beside the script, by the hash of their bytes; git does not see it. \`${name}.lock\` goes into git: it names,
for every clip that was paid for, what was asked, what it cost and its hash. Whoever has the lock and the clips has
the film. Keep a copy of \`.ltx/clips\`: a host that takes no seed cannot make the same clip twice.
`

export async function init(call: Call, io: Io): Promise<number> {
  const folder = resolve(io.cwd, call.words[0] ?? '.')
  const title = call.options.value('name') ?? basename(folder)
  const name = `${slug(title)}.ltx`
  const files = new Map([
    [name, script(title)],
    ['.gitignore', gitignore],
    ['.gitattributes', gitattributes],
    ['README.md', readme(title, name)],
  ])
  const { files: disk } = io.world
  const there = (await Promise.all([...files.keys()].map(async (file) => ((await disk.exists(join(folder, file))) ? [file] : [])))).flat()
  if (there.includes(name)) {
    throw new ProviderFailure({
      kind: 'input',
      message: `${name} is there already`,
      next: 'choose another folder, or another title with --name',
      retry: false,
    })
  }
  await disk.makeFolder(folder)
  for (const [file, text] of files) if (!there.includes(file)) await disk.writeWhole(join(folder, file), text)
  const into = call.words[0] === undefined ? '' : `cd ${shellWord(call.words[0])} && `
  io.stdout.write(`${safeText(join(call.words[0] ?? '.', name))} is a film of two shots. Next:\n  ${into}ltx render ${name} --animatic\n`)
  if (there.length > 0) io.stderr.write(`left as they were: ${there.map(safeText).join(', ')}\n`)
  return 0
}

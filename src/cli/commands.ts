// Every command of `ltx` as data: what it is for, what it takes, examples. The parser of the command line, `--help`, the
// completion scripts and the README's table are read off it. It imports nothing, so that `--help` starts at once.
import type { CommandSpec, HelpTable, OptionSpec } from '../report/help.ts'

const file = { name: 'FILE', script: true, doc: 'the film, a .ltx script; may be left out where the folder holds one film' } as const
const shot = { name: 'SHOT', doc: 'a shot by its path, such as harbor/open' } as const

const json = { name: 'json', doc: 'print data for programs instead of text for people' } as const satisfies OptionSpec
const animatic = { name: 'animatic', doc: 'the offline rung: free placeholder pictures with the real timing and sound' } as const
const draft = { name: 'draft', doc: 'the draft rung: every shot on its fast, cheap model' } as const
const set = { name: 'set', value: 'NAME=VALUE', many: true, form: 'pair', doc: "give a value to one of the film's params" } as const
const episode = { name: 'episode', value: 'N', doc: 'of a series, this episode only' } as const

export const commands = [
  {
    name: 'check',
    summary: 'find mistakes in scripts before they cost anything',
    about:
      'Reads scripts and says what is wrong with them, all of it at once: what does not parse, names that do not exist, lengths no provider sells, files that are missing, words that will not film well. Each message shows the place and what to do.',
    operands: [{ name: 'FILE', many: true, script: true, doc: 'scripts to check; none: all in this folder' }],
    options: [{ name: 'fix', doc: 'apply the fixes that are certain' }, { name: 'quiet-warnings', doc: 'show errors only' }, json],
    examples: [
      { line: 'ltx check harbor.ltx', does: 'every mistake, with its place' },
      { line: 'ltx check --fix harbor.ltx', does: 'and mend what can be mended' },
    ],
  },
  {
    name: 'fmt',
    summary: 'lay scripts out in the one standard way',
    about:
      'Writes scripts back in their standard layout. Comments stay, meaning stays, and nothing is made again because of it. There is nothing to configure.',
    operands: [{ name: 'FILE', many: true, script: true, doc: 'scripts to lay out; - reads one and prints it; none: all in this folder' }],
    options: [
      { name: 'check', doc: 'change nothing; exit 1 where something would change' },
      { name: 'diff', doc: 'change nothing; show what would change' },
    ],
    apart: [['check', 'diff']],
    examples: [
      { line: 'ltx fmt harbor.ltx', does: 'lay one script out' },
      { line: 'ltx fmt --check', does: 'for CI: is everything laid out?' },
    ],
  },
  {
    name: 'explain',
    summary: 'say what a code means, with an example',
    about: 'Explains a code from a message of `ltx check`: why the rule exists, a script that breaks it, and the way out. Works offline.',
    operands: [{ name: 'CODE', optional: true, doc: 'a code, such as duration.unsupported' }],
    options: [{ name: 'all', doc: 'list every code' }],
    examples: [
      { line: 'ltx explain time.past-end', does: 'one code' },
      { line: 'ltx explain --all', does: 'all of them' },
    ],
  },
  {
    name: 'plan',
    summary: 'show what would be made, and what it would cost',
    about:
      'Says for each shot whether it is kept, new, changed, cut again or dropped, and why; what is asked of which provider, what is bought, and at what price. Needs no key and no network, and makes nothing.',
    operands: [file],
    options: [
      { name: 'shot', value: 'PATH', doc: 'everything about one shot: merged settings, final prompt, jobs' },
      { name: 'compare', doc: 'what the whole film would cost on each of its providers, in money and time, and when an own machine pays' },
      { name: 'with', value: 'KIND', many: true, doc: 'with --compare: also this kind of provider, such as fal' },
      animatic,
      draft,
      set,
      episode,
      { name: 'verbose', short: 'v', doc: 'all columns, and the reasons for what is kept' },
      json,
    ],
    apart: [
      ['animatic', 'draft'],
      ['animatic', 'compare'],
      ['shot', 'compare'],
    ],
    examples: [
      { line: 'ltx plan harbor.ltx', does: 'one line a shot, and the total' },
      { line: 'ltx plan --draft', does: 'the same on the fast models' },
      { line: 'ltx plan --shot harbor/open', does: 'one shot in full' },
      { line: 'ltx plan --compare', does: 'what each provider would cost' },
    ],
  },
  {
    name: 'why',
    summary: 'say what decides that a shot is made again or kept',
    about:
      'Shows what goes into the key of each of a shot\'s jobs, what has changed since it was made, and what has no part in it. The short answer to "why is it making this again?".',
    operands: [file, shot],
    options: [animatic, draft, set, episode],
    apart: [['animatic', 'draft']],
    examples: [{ line: 'ltx why harbor/open', does: 'what decides about one shot' }],
  },
  {
    name: 'render',
    summary: 'make the film',
    about:
      'Makes what the plan says and cuts the film. What was made before is kept, what fails does not stop the rest, and a run that was stopped goes on where it was. Nothing is bought above the budget. Ctrl-C stops cleanly.',
    operands: [file],
    options: [
      animatic,
      draft,
      { name: 'only', value: 'PATH', many: true, doc: "a shot, a scene, or `failed` for last time's failures" },
      { name: 'frozen', doc: 'fail if anything would have to be made (for CI)' },
      set,
      episode,
      { name: 'refresh', doc: 'also films that are released' },
      {
        name: 'on-uncertain',
        value: 'resubmit',
        doc: 'buy again what may have been bought and cannot be settled; what was sent counts as spent',
      },
      { name: 'yes', short: 'y', doc: 'do not ask before spending money' },
      { name: 'jobs', value: 'N', form: 'count', doc: 'at most so many jobs at once' },
      { name: 'no-tui', doc: 'a line an event instead of the live view' },
      json,
    ],
    apart: [
      ['animatic', 'draft'],
      ['json', 'no-tui'],
    ],
    examples: [
      { line: 'ltx render --animatic', does: 'free and offline: the cut with placeholder pictures' },
      { line: 'ltx render harbor.ltx', does: 'the film as the script asks for it' },
      { line: 'ltx render --only harbor/open', does: 'one shot' },
      { line: 'ltx render --only failed', does: 'once more what failed' },
      { line: 'ltx render episode.ltx --set guest=Ada', does: 'a film with params' },
    ],
  },
  {
    name: 'takes',
    summary: 'list the takes of a shot and put them side by side',
    about: 'Lists the takes of a shot that are made, says which one is in the film, and writes a sheet that shows them side by side.',
    operands: [file, shot],
    options: [animatic, draft, json],
    apart: [['animatic', 'draft']],
    examples: [{ line: 'ltx takes harbor/open', does: 'the takes, and a sheet of them' }],
  },
  {
    name: 'pick',
    summary: 'choose the take that goes into the film',
    about: 'Writes the choice of a take into the lock beside the script. Nothing is made again; the next render cuts it in.',
    operands: [file, shot, { name: 'N', doc: 'the number of the take' }],
    options: [],
    examples: [{ line: 'ltx pick harbor/open 2', does: 'take 2 it is' }],
  },
  {
    name: 'rename',
    summary: "keep a shot's clips when its name changes",
    about:
      'Moves what was made under one path to another, in the lock. Rename the shot in the script, then say so here, and nothing is made again.',
    operands: [file, { name: 'OLD', doc: 'the path it was made under' }, { name: 'NEW', doc: 'the path the script has now' }],
    options: [],
    examples: [{ line: 'ltx rename harbor/open harbor/quay', does: 'the clips of harbor/open are now those of harbor/quay' }],
  },
  {
    name: 'release',
    summary: 'mark a film as out, so that it never changes by itself',
    about:
      'Writes into the lock that the film, or one episode of a series, is out. From then on an edit of the script, or of a library it shares, makes nothing again: `ltx plan` lists what would go stale and what refreshing it would cost, and `ltx render --refresh` does it.',
    operands: [file],
    options: [episode, set, { name: 'undo', doc: 'take the mark away' }],
    examples: [
      { line: 'ltx release episode.ltx --episode 12', does: 'episode 12 is out' },
      { line: 'ltx release episode.ltx --episode 12 --undo', does: 'and back again' },
    ],
  },
  {
    name: 'resolve',
    summary: 'settle purchases of which nobody knows whether they were made',
    about:
      'Lists purchases whose answer was lost at a host that cannot be asked, and those whose result is gone; exit 6 where there are any. Such a shot stops, and is bought again on your word alone: look at the host, then say what is so.',
    operands: [file, { name: 'SHOT', optional: true, doc: 'a shot, or one of its jobs as the list names it' }],
    options: [
      { name: 'resubmit', doc: 'it was not made: the next render buys it again; what was sent counts as spent' },
      { name: 'found', value: 'ID', doc: 'it is at the host under this id: the next render fetches it' },
      { name: 'give-up', doc: 'leave it: it counts as spent and is not bought again by itself' },
      draft,
      set,
      episode,
      json,
    ],
    apart: [
      ['resubmit', 'found'],
      ['resubmit', 'give-up'],
      ['found', 'give-up'],
    ],
    examples: [
      { line: 'ltx resolve harbor.ltx', does: 'what is uncertain' },
      { line: 'ltx resolve harbor.ltx harbor/open --found 8f31', does: 'the host has it under that id' },
      { line: 'ltx resolve harbor.ltx harbor/open --resubmit', does: 'the host has nothing: buy it again' },
    ],
  },
  {
    name: 'spend',
    summary: 'say what was bought, and what it cost',
    about:
      'Adds up every purchase of a film, or of all films of this folder, as the journals tell it: asked, set aside, billed, still open, given back, and what was kept instead of bought again.',
    operands: [{ name: 'FILE', script: true, doc: 'one film; none: all films of this folder' }],
    options: [{ name: 'by', value: 'WHAT', doc: 'shot, day (UTC), provider or film; else shot' }, json],
    examples: [
      { line: 'ltx spend', does: 'all that was bought from here' },
      { line: 'ltx spend harbor.ltx --by day', does: 'one film, day by day' },
    ],
  },
  {
    name: 'init',
    summary: 'begin a new film',
    about: 'Makes a folder with a small film that renders at once, and what git should know about it.',
    operands: [{ name: 'DIR', optional: true, doc: 'the new folder; none: this one' }],
    options: [{ name: 'name', value: 'NAME', doc: "the film's title; else the folder's name" }],
    examples: [{ line: 'ltx init my-film', does: 'then: cd my-film && ltx render --animatic' }],
  },
  {
    name: 'doctor',
    summary: 'say what this machine has and what it lacks',
    about:
      'Looks at ffmpeg, fonts, disk, clock, and which keys are set (never what they are), and says how to get what is missing. With a provider of a film: whether its host can be reached and takes the key, without buying anything.',
    operands: [{ name: 'FILE', script: true, doc: 'the film whose provider is meant; may be left out where the folder holds one film' }],
    options: [{ name: 'provider', value: 'NAME', doc: 'look at this provider of the film' }, json],
    examples: [
      { line: 'ltx doctor', does: 'when something does not work' },
      { line: 'ltx doctor --provider ltx harbor.ltx', does: 'key and reach of one provider' },
    ],
  },
  {
    name: 'local',
    summary: 'make this machine ready for films on its own GPU, and look at it',
    about:
      '`setup` makes the Python environment that runs LTX-2.3 here, once per user, and says how much it fetches before it does; with --model it brings the weights of a model from the hub too. `doctor` says which device this is, its memory, versions, which files of the model are there, and what fits. Without a film it looks at the machine, with one at its local providers.',
    operands: [
      { name: 'WHAT', choices: ['setup', 'doctor'], doc: 'setup or doctor' },
      { name: 'FILE', script: true, doc: 'for doctor: the film whose local providers are meant; may be left out' },
    ],
    options: [
      { name: 'model', value: 'MODEL', doc: 'a folder with a model to look at; for setup a name at the hub, OWNER/MODEL, to be fetched' },
      { name: 'python', value: 'PATH', doc: 'setup: make it with this Python, 3.10 or later; else the best on the PATH' },
      { name: 'folder', value: 'PATH', doc: "setup: make it here; else in the user's data folder" },
      { name: 'torch', value: 'SPEC', doc: 'setup: install this torch; else the one that Python has, or torch==2.13.0' },
      { name: 'index', value: 'URL', doc: 'setup: a package index to ask besides the usual one, such as that of builds for one CUDA' },
      { name: 'again', doc: 'setup: make it anew' },
      { name: 'yes', short: 'y', doc: 'setup: do not ask before fetching' },
      json,
    ],
    examples: [
      { line: 'ltx local setup', does: 'once' },
      { line: 'ltx local doctor --model models/ltx-2.3-distilled', does: 'is the model whole, and what fits?' },
      { line: 'ltx local doctor harbor.ltx', does: 'the same of the local providers of a film' },
    ],
  },
  {
    name: 'completion',
    summary: 'print a completion script for a shell',
    about: 'Prints a script that teaches a shell the commands, their options and the files they take.',
    operands: [{ name: 'SHELL', choices: ['bash', 'zsh', 'fish'], doc: 'bash, zsh or fish' }],
    options: [],
    examples: [
      { line: 'source <(ltx completion bash)', does: 'in ~/.bashrc' },
      { line: 'source <(ltx completion zsh)', does: 'in ~/.zshrc, after compinit' },
      { line: 'ltx completion fish | source', does: 'in config.fish' },
    ],
  },
] as const satisfies readonly CommandSpec[]

export const globals = [
  { name: 'help', short: 'h', doc: 'this help; after a command, its help' },
  { name: 'version', short: 'V', doc: 'print the version' },
  { name: 'no-color', doc: 'no colours (NO_COLOR in the environment does the same)' },
  { name: 'quiet', short: 'q', doc: 'print only what was asked for, and errors' },
] as const satisfies readonly OptionSpec[]

export type CommandName = (typeof commands)[number]['name']
export type OptionName = (typeof commands)[number]['options'][number]['name'] | (typeof globals)[number]['name']

export const helpTable: HelpTable = {
  commands,
  globals,
  groups: [
    { title: 'Write', commands: ['init', 'check', 'fmt', 'explain'] },
    { title: 'Look ahead', commands: ['plan', 'why'] },
    { title: 'Make', commands: ['render', 'takes', 'pick', 'rename', 'release'] },
    { title: 'Money', commands: ['spend', 'resolve'] },
    { title: 'The machine', commands: ['doctor', 'local', 'completion'] },
  ],
}

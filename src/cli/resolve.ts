// `ltx resolve`: purchases of which nobody knows whether they were made, or whose result is gone. Lists them; or takes a
// person's word on one: buy it again, it was found at the host, or let it be. Nothing of it is ever decided by itself.
import type { Film } from '../compile.ts'
import { ProviderFailure } from '../failure.ts'
import { formatMoney } from '../lang/money.ts'
import { closeProviders, openProviders } from '../open-providers.ts'
import { openScript } from '../open-script.ts'
import type { Ready, Ticket } from '../providers/provider.ts'
import { exitCode } from '../report/exit.ts'
import { oneLine } from '../report/say.ts'
import { isFoundWithoutInputs } from '../runtime/adrift.ts'
import type { Event } from '../runtime/event.ts'
import { isUnknown, type Owner, ownerOf } from '../runtime/found.ts'
import { type Attempt, mustBeKept } from '../runtime/history.ts'
import { clientKeyOf, purchaseName } from '../runtime/job.effects.ts'
import { journalFolder, openJournal, readHistory } from '../runtime/journal.ts'
import { scratchPath } from '../runtime/layout.ts'
import { takeProject } from '../runtime/project-lock.ts'
import { openRecorder } from '../runtime/recorder.ts'
import { safeText } from '../safe-text.ts'
import { planFilm, rungOf, scriptOf, typedFilm, wantedFilms } from './film.ts'
import type { Call, Io } from './io.ts'

type How = Extract<Event, { type: 'job.resolved' }>['how']

/**
 * What is known of a purchase, as a person asks it. `wrong`: it came, and is not what was asked for. `open`: the host can tell, and is
 * asked by the next render. `found`: a person says where, and the host has not been asked yet. `unreached`: there, at an address that
 * has died. `adrift`: at the host, and no shot asks for it any more.
 */
type Standing = 'uncertain' | 'lost' | 'wrong' | 'unreached' | 'open' | 'found' | 'under way' | 'adrift'

const pathOf = ({ job }: Attempt): string => job.split('@')[0] ?? job

/** Does a shot still ask for just this? */
function isWanted({ job, key }: Attempt, { plan }: Film): boolean {
  const asks = plan.jobs.find(({ id }) => id === job)
  return asks !== undefined && asks.made === undefined && (asks.key === undefined || asks.key === key)
}

function canHostTell(attempt: Attempt, film: Film): boolean {
  const kind = film.program.providers.find(({ name }) => name === attempt.provider)?.kind
  const promise = kind === undefined ? undefined : film.capabilities.get(kind)?.submit
  if (promise === undefined || promise === 'blind' || promise === 'reject-key') return false
  return isWanted(attempt, film) || isFoundWithoutInputs(promise, attempt.request)
}

function standingOf(attempt: Attempt, film: Film): Standing {
  switch (attempt.stage) {
    case 'lost':
      return 'lost'
    case 'uncertain':
      return 'uncertain'
    case 'sent':
      return canHostTell(attempt, film) ? 'open' : 'uncertain'
    case 'intent':
    case 'accepted':
    case 'done':
      if (!isWanted(attempt, film)) return 'adrift'
      if (attempt.before !== undefined) return 'found'
      if (attempt.wrong === true) return 'wrong'
      return attempt.unreached === true ? 'unreached' : 'under way'
  }
}

const words: Readonly<Record<Standing, string>> = {
  uncertain: 'sent, and no answer came back: it may have been bought',
  lost: 'paid for, and its result is gone or was given up',
  wrong: 'paid for, and what came is not what was asked for: it is kept aside, and asked for again by the next render',
  unreached: 'made, and the address of its clip has died: the next render asks the host for another',
  open: 'sent, and no answer came back: the next render asks the host whether it has it',
  found: 'at the host, by your word; the next render looks whether it is there',
  'under way': 'at the host; the next render goes on with it',
  adrift: 'at the host, and no shot asks for it any more; the next render fetches it and keeps the clip',
}

/** What needs a person's word first. */
const order: readonly Standing[] = ['uncertain', 'lost', 'wrong', 'unreached', 'open', 'found', 'adrift', 'under way']

export async function resolve(call: Call, io: Io): Promise<number> {
  const { options } = call
  const given = (['resubmit', 'found', 'give-up'] as const).filter((name) => options.has(name))
  const [how] = given
  const name = call.words[0]
  if (how !== undefined && name === undefined)
    return refuse(io, 'which shot?', `ltx resolve FILE SHOT --${how}; ltx resolve FILE lists them`)
  const opened = openScript(await scriptOf(call, io))
  const [wanted] = wantedFilms(call, opened, io)
  const film = await planFilm(opened, wanted ?? {}, rungOf(call), io)
  const folder = journalFolder(film.dotLtx, film.journalName, io.world.sha256)
  const history = await readHistory(io.world.files, folder)
  const open = [...history.open.values()].filter(mustBeKept)
  const meant = name === undefined ? open : open.filter((attempt) => attempt.job === name || pathOf(attempt) === name)
  if (how === undefined) return list(meant, film, call, io)
  const pending = meant.filter((attempt) => standingOf(attempt, film) !== 'under way')
  const clash = clashOf({ how, name: name ?? '', meant, pending, film, script: typedFilm(film, io) })
  if (clash !== undefined) return refuse(io, ...clash)
  return settle({ how, pending, folder }, film, call, io)
}

function refuse(io: Io, message: string, next: string): number {
  io.stderr.write(`ltx: ${safeText(message)}\n  ${safeText(next)}\n`)
  return exitCode('usage')
}

type Asked = {
  readonly how: How
  readonly name: string
  readonly meant: readonly Attempt[]
  readonly pending: readonly Attempt[]
  readonly film: Film
  /** As it is typed. */
  readonly script: string
}

/** Why the word cannot be taken: message and next step. */
function clashOf({ how, name, meant, pending, film, script }: Asked): readonly [string, string] | undefined {
  if (meant.length === 0) return [`nothing is uncertain about ${name}`, `ltx resolve ${script} lists what is`]
  if (pending.length === 0) return [`${name} is at the host, and nothing about it is uncertain`, `ltx render ${script} goes on with it`]
  if (how === 'resubmit' && !pending.some((attempt) => isWanted(attempt, film))) {
    const comes = pending.some((attempt) => standingOf(attempt, film) === 'adrift')
    const next = comes
      ? `ltx render ${script} fetches it; --give-up lets it be`
      : '--found ID fetches it where the host has it; --give-up lets it be'
    return [`no shot asks for this ${name} any more: nothing would be bought`, next]
  }
  if (how === 'found' && pending.length > 1)
    return [`${name} has ${pending.length} purchases that are uncertain`, `name one: ${pending.map(({ job }) => job).join(', ')}`]
  return undefined
}

// ---- the list ----------------------------------------------------------------------------------------------------

function list(attempts: readonly Attempt[], film: Film, call: Call, io: Io): number {
  const found = attempts
    .map((attempt) => ({ attempt, standing: standingOf(attempt, film) }))
    .sort((a, b) => order.indexOf(a.standing) - order.indexOf(b.standing))
  // What is gone and not asked for any more needs nobody's word.
  const urgent = found.filter(({ attempt, standing }) => standing === 'uncertain' || (standing === 'lost' && isWanted(attempt, film)))
  const isUncertain = urgent.some(({ standing }) => standing === 'uncertain')
  const wrong = found.find(({ standing }) => standing === 'wrong' || standing === 'unreached')
  const code = exitCode(isUncertain ? 'uncertain' : urgent.length > 0 ? 'missing' : wrong !== undefined ? 'shots' : 'ok')
  if (call.options.has('json')) {
    const purchases = found.map(({ attempt, standing }) => ({
      ...{ job: attempt.job, path: pathOf(attempt), standing, provider: attempt.provider, price: attempt.reserved },
      ...{ sentAt: attempt.begunAt ?? null, seed: attempt.seed ?? null, ticket: attempt.ticket ?? null },
      ...{ model: attempt.request?.model ?? null, prompt: attempt.request?.prompt ?? null },
    }))
    io.stdout.write(`${JSON.stringify({ v: 1, purchases })}\n`)
    return code
  }
  if (found.length === 0) io.stdout.write('nothing is uncertain: every purchase is in the store, or was never made\n')
  for (const { attempt, standing } of found) io.stdout.write(entryText(attempt, standing, film))
  const first = urgent[0]
  if (first !== undefined) io.stdout.write(nextText(typedFilm(film, io), first.attempt, isWanted(first.attempt, film)))
  else if (wrong !== undefined)
    io.stdout.write(
      `\nltx resolve ${typedFilm(film, io)} ${oneLine(pathOf(wrong.attempt))} --resubmit   buys it once more; what it cost stays spent\n`,
    )
  return code
}

function entryText(attempt: Attempt, standing: Standing, film: Film): string {
  const { request, seed, begunAt } = attempt
  const at = begunAt === undefined ? '' : `${new Date(begunAt).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  const about = [attempt.provider, request?.model ?? '', seed === undefined ? '' : `seed ${seed}`, at, formatMoney(attempt.reserved)]
  const prompt = oneLine(request?.prompt ?? '')
  const left =
    (standing === 'uncertain' || standing === 'lost' || standing === 'open') && !isWanted(attempt, film)
      ? '; no shot asks for it any more'
      : ''
  const mark = standing === 'uncertain' ? '?' : standing === 'lost' ? '✗' : '·'
  return [
    `${mark} ${oneLine(attempt.job)}  ${words[standing]}${left}\n`,
    `    ${oneLine(about.filter(Boolean).join(' · '))}\n`,
    prompt === '' ? '' : `    “${prompt.length > 90 ? `${prompt.slice(0, 89)}…` : prompt}”\n`,
  ].join('')
}

function nextText(script: string, attempt: Attempt, wanted: boolean): string {
  const begin = `ltx resolve ${script} ${oneLine(pathOf(attempt))}`
  return [
    `\nlook at the host for a job of that time and those words, then say what is so:\n`,
    `  ${begin} --found ID   it is there, under this id: its clip is fetched\n`,
    ...(wanted ? [`  ${begin} --resubmit   it is not: buy it again (what was sent counts as spent)\n`] : []),
    `  ${begin} --give-up    leave it: it is not bought again by itself\n`,
  ].join('')
}

// ---- the word ----------------------------------------------------------------------------------------------------

type Word = { readonly how: How; readonly pending: readonly Attempt[]; readonly folder: string }

async function settle({ how, pending, folder }: Word, film: Film, call: Call, io: Io): Promise<number> {
  const { world } = io
  const taken = await takeProject(world, film.opened.root)
  if (taken.kind === 'busy') {
    io.stderr.write('ltx: a render of this project is under way\n  wait for it, or stop it; then say it again\n')
    return exitCode('locked')
  }
  let unseen = false
  try {
    const found = how === 'found' ? await takeFound(pending[0], call.options.value('found') ?? '', film, io) : undefined
    if (found !== undefined && 'clash' in found) return refuse(io, ...found.clash)
    const ticket = found?.ticket
    unseen = found?.seen === false
    const journal = await openJournal(world, folder)
    const recorder = openRecorder(journal, world.clock, () => undefined)
    for (const { job, key, attempt } of pending)
      await recorder.record({ type: 'job.resolved', job, key, attempt, how, ...(ticket === undefined ? {} : { ticket }) })
    await journal.close(false)
  } finally {
    await taken.hold.release()
  }
  for (const attempt of pending)
    io.stdout.write(`${oneLine(attempt.job)}  ${saidText[how](formatMoney(attempt.reserved), isWanted(attempt, film))}\n`)
  if (unseen) io.stdout.write('its host could not be asked now: the next render looks whether it is there\n')
  const [first] = pending
  if (how !== 'give-up' && first !== undefined)
    io.stdout.write(`next  ltx render ${typedFilm(film, io)} --only ${oneLine(pathOf(first))}\n`)
  return 0
}

const saidText: Readonly<Record<How, (price: string, wanted: boolean) => string>> = {
  resubmit: (price) => `the next render buys it again; the ${price} of the first time count as spent`,
  found: () => 'the next render fetches it',
  'give-up': (price, wanted) => `left; its ${price} count as spent${wanted ? ', and it is bought again on your word alone' : ''}`,
}

type Clash = readonly [message: string, next: string]
type Taken = { readonly ticket: Ticket; readonly seen: boolean } | { readonly clash: Clash }

/** So long the host is asked about an id. */
const patienceMs = 15_000

/** The ticket that a person gives: JSON as it stands in a journal, or an id as it stands at the host. One that cannot be right is not taken. */
async function takeFound(attempt: Attempt | undefined, text: string, film: Film, io: Io): Promise<Taken> {
  const name = attempt?.provider ?? ''
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(patienceMs)])
  const scratch = scratchPath(film.dotLtx, 'resolve')
  const providers = await openProviders(film, new Set([name]), { world: io.world, signal, scratch })
  try {
    const calls = providers.get(name)?.calls
    const ticket = (text.startsWith('{') ? parsed(text) : undefined) ?? calls?.adopt?.(text) ?? { id: text }
    const clash = await takenClash(ticket, attempt, film, io)
    if (clash !== undefined) return { clash }
    if (attempt === undefined || calls === undefined) return { ticket, seen: false }
    const seen = await isThere(calls, ticket, readyOf(attempt, io.world), signal)
    if (seen !== false) return { ticket, seen: seen === true }
    const next = 'nothing was recorded: look at the host for the right one'
    return { clash: [`the host knows no job of that id (${text.slice(0, 80)})`, next] }
  } finally {
    over.abort()
    await closeProviders(providers)
  }
}

/** Another purchase of the same kind of host has it: what would be fetched is that one's clip. */
async function takenClash(ticket: Ticket, attempt: Attempt | undefined, film: Film, io: Io): Promise<Clash | undefined> {
  const kindOf = (name: string) => film.program.providers.find((use) => use.name === name)?.kind ?? name
  const folder = journalFolder(film.dotLtx, film.journalName, io.world.sha256)
  const isHere = (owner: Owner): boolean => folder.endsWith(`/${owner.film}`)
  const owner = await ownerOf(io.world.files, film.dotLtx, ticket, (one) => {
    const isItself = isHere(one) && one.key === attempt?.key
    return isItself || kindOf(one.provider) !== kindOf(attempt?.provider ?? '')
  })
  if (owner === undefined) return undefined
  const whose = `${owner.job}${isHere(owner) ? '' : ' of another film'}`
  return [`that id is the job of ${whose}, and its clip is not this one`, 'nothing was recorded: look at the host for the right one']
}

/** `undefined` where it cannot be seen now. */
async function isThere(calls: Parameters<typeof isUnknown>[0], ticket: Ticket, job: Ready | undefined, signal: AbortSignal) {
  try {
    if (calls.knows === undefined && job === undefined) return undefined
    return !(await isUnknown(calls, ticket, job))
  } catch (error) {
    if (signal.aborted || error instanceof ProviderFailure) return undefined
    throw error
  }
}

/** As much of the job as a host is asked with; its inputs are there already. */
function readyOf({ job, key, run, attempt, request, begunAt }: Attempt, { sha256 }: Io['world']): Ready | undefined {
  if (request === undefined) return undefined
  const clientKey = clientKeyOf(purchaseName(key, { run, number: attempt }), sha256)
  return { id: job, key, clientKey, request, files: new Map(), ...(begunAt === undefined ? {} : { begunAt }) }
}

function parsed(text: string): Ticket | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const plain = Object.entries(value).filter(([, one]) => one === null || ['string', 'number', 'boolean'].includes(typeof one))
    return Object.fromEntries(plain) as Ticket // every value was just looked at
  } catch {
    return undefined
  }
}

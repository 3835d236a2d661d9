// `ltx render`: makes what the plan says and cuts the film. Ctrl-C stops cleanly: nothing new is begun, what is out is
// written down, and the next render goes on.
import { setMaxListeners } from 'node:events'
import { relative } from 'node:path'
import type { Film } from '../compile.ts'
import type { Made } from '../make.ts'
import { make, ProjectBusy } from '../make.ts'
import { openScript } from '../open-script.ts'
import type { Exit } from '../report/exit.ts'
import { exitCode, exitOf, worst } from '../report/exit.ts'
import type { Screen } from '../report/screen.ts'
import { chooseScreen, isCi, openScreen } from '../report/screen.ts'
import type { Stamped } from '../runtime/event.ts'
import { safeText } from '../safe-text.ts'
import { budgetRefusal } from './budget.ts'
import { planFilm, planFilms, rungOf, scriptOf, showDiagnostics, staleOf, typedFilm, type Wanted, wantedFilms } from './film.ts'
import type { Call, Io } from './io.ts'
import { onlyPaths } from './only.ts'

type Stopping = {
  readonly signal: AbortSignal
  readonly by: () => 'SIGINT' | 'SIGTERM' | 'SIGHUP' | undefined
  watch(screen: Screen): void
  stop(signal: NodeJS.Signals): void
  end(): void
}

/** The first signal stops cleanly, the second at once; nothing recorded is lost by either. */
function watchSignals(): Stopping {
  const controller = new AbortController()
  // Every job under way listens.
  setMaxListeners(0, controller.signal)
  let by: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | undefined
  let screen: Screen | undefined
  const stop = (signal: NodeJS.Signals): void => {
    if (by !== undefined) {
      const end = (): void => process.exit(signal === 'SIGINT' ? 130 : 143)
      if (screen === undefined) end()
      else void screen.close().finally(end)
      return
    }
    by = signal === 'SIGTERM' || signal === 'SIGHUP' ? signal : 'SIGINT'
    screen?.stopping()
    controller.abort(new Error('stopped'))
  }
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.on(name, stop)
  return {
    signal: controller.signal,
    by: () => by,
    stop,
    watch(shown) {
      screen = shown
    },
    end() {
      for (const name of names) process.off(name, stop)
    },
  }
}

export async function render(call: Call, io: Io): Promise<number> {
  const uncertain = call.options.value('on-uncertain') ?? 'resubmit'
  if (uncertain !== 'resubmit') {
    io.stderr.write(`ltx: --on-uncertain is resubmit, not \`${safeText(uncertain)}\`\n  one by one: ltx resolve FILE SHOT\n`)
    return exitCode('usage')
  }
  const opened = openScript(await scriptOf(call, io))
  const stopping = watchSignals()
  // A run whose log goes nowhere stops as cleanly as one that is told to.
  io.onOutputLost(() => stopping.stop('SIGTERM'))
  try {
    const exits: Exit[] = []
    const number = openNumbers()
    const all = wantedFilms(call, opened, io)
    const planned = await planFilms(all, rungOf(call), opened, io)
    for (const [index, wanted] of all.entries()) {
      // A later episode may share shots with the one just made: it is planned once more.
      const film = (index === 0 ? planned[0] : undefined) ?? (await planFilm(opened, wanted, rungOf(call), io))
      if (!io.quiet) showDiagnostics(opened, io)
      if (isLeftAsItIs(film, call, io)) continue
      exits.push(await renderFilm(film, { wanted, call, stopping, number }, io))
      if (stopping.signal.aborted) break
    }
    return exitCode(worst.find((exit) => exits.includes(exit)) ?? 'ok')
  } finally {
    stopping.end()
  }
}

/** A released film that would be made again is not, unless somebody says so: what is stale is told, with its price. */
function isLeftAsItIs(film: Film, call: Call, io: Io): boolean {
  const stale = staleOf(film)
  if (stale === undefined || call.options.has('refresh')) return false
  io.stdout.write(`${safeText(stale)}\n  refresh it: ltx render ${typedFilm(film, io)} --refresh\n`)
  return true
}

type Rendering = {
  readonly wanted: Wanted
  readonly call: Call
  readonly stopping: Stopping
  /** Gives events of several films one row of numbers. */
  readonly number: (event: Stamped) => Stamped
}

/** The events of one command are counted through, whatever films they are of. */
function openNumbers(): Rendering['number'] {
  let n = 0
  return (event) => {
    n += 1
    return { ...event, n }
  }
}

async function renderFilm(film: Film, { wanted, call, stopping, number }: Rendering, io: Io): Promise<Exit> {
  const only = await onlyPaths(film, call, io)
  const refusal = refusalOf(film, call, typedFilm(film, io)) ?? (await overBudget(film, only, wanted, io))
  if (refusal !== undefined) {
    io.stderr.write(`ltx: ${safeText(refusal.message)}\n${refusal.next.map((line) => `  ${safeText(line)}\n`).join('')}`)
    return refusal.exit
  }
  const { options } = call
  const face = chooseScreen({
    json: options.has('json'),
    quiet: io.quiet,
    noTui: options.has('no-tui'),
    isTTY: io.stdout.isTTY === true,
    env: io.env,
  })
  const wantedJobs = only === undefined ? undefined : new Set(film.plan.jobs.filter((job) => only.has(job.path)).map((job) => job.id))
  const screen = await openScreen(face, film.plan, face === 'quiet' ? io.stderr : io.stdout, {
    colour: io.colour,
    now: () => io.world.clock.monotonic(),
    sources: film.opened.sources,
    script: typedFilm(film, io),
    ...(wantedJobs === undefined ? {} : { only: wantedJobs }),
  })
  stopping.watch(screen)
  let made: Made
  try {
    const jobs = options.value('jobs')
    made = await make(film, {
      world: io.world,
      signal: stopping.signal,
      emit: (event) => screen.event(number(event)),
      ci: isCi(io.env),
      ...(only === undefined ? {} : { only }),
      ...(jobs === undefined ? {} : { jobs: Number(jobs) }),
      ...(options.has('on-uncertain') ? { onUncertain: 'resubmit' } : {}),
    })
  } catch (error) {
    await screen.close()
    if (!(error instanceof ProjectBusy)) throw error
    io.stderr.write(`ltx: ${safeText(error.message)}\n  wait for it, or stop it; then run again\n`)
    return 'locked'
  }
  await screen.close()
  if (face !== 'json') tellEnd(film, made, io)
  return exitOfRun(made, stopping)
}

type Refusal = { readonly message: string; readonly next: readonly string[]; readonly exit: Exit }

/** What stops a render before anything is begun. */
function refusalOf({ plan, program, capabilities }: Film, call: Call, script: string): Refusal | undefined {
  const make = plan.jobs.filter((job) => job.made === undefined)
  if (call.options.has('frozen') && make.length > 0) {
    const paths = [...new Set(make.map((job) => job.path))]
    return {
      message: `--frozen: ${make.length} jobs would have to be made, for ${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ' …' : ''}`,
      next: [`see why: ltx plan ${script}`],
      exit: 'failed',
    }
  }
  const mute = [...new Set(make.map((job) => job.provider))].filter((name) => {
    const kind = name === 'cut' ? 'cut' : program.providers.find((use) => use.name === name)?.kind
    return kind !== undefined && capabilities.get(kind)?.callable !== true
  })
  if (mute.length > 0) {
    return {
      message: `this version of ltx can plan and price \`${mute.join('`, `')}\`, but not call it yet`,
      next: [`the whole film as an animatic, free: ltx render ${script} --animatic`, `what it would cost: ltx plan ${script}`],
      exit: 'failed',
    }
  }
  if (plan.missingKeys.length > 0) {
    return {
      message: `no key in the environment: ${plan.missingKeys.join(', ')}`,
      next: plan.missingKeys.map((name) => `export ${name}=YOUR_KEY`),
      exit: 'money',
    }
  }
  return undefined
}

async function overBudget(film: Film, only: ReadonlySet<string> | undefined, wanted: Wanted, io: Io): Promise<Refusal | undefined> {
  const refusal = await budgetRefusal(film, only, wanted, io)
  return refusal === undefined ? undefined : { ...refusal, exit: 'money' }
}

/** Purchases that no shot asks for any more: what came of them. */
function tellAdrift(script: string, { outcome }: Pick<Made, 'outcome'>, io: Io): void {
  const { fetched, adrift } = outcome
  if (fetched.length > 0 && !io.quiet)
    io.stdout.write(
      `${fetched.length} paid for by an earlier script ${fetched.length === 1 ? 'is' : 'are'} in the store now, for when the script goes back\n`,
    )
  const paid = adrift.filter(({ ticket }) => ticket !== undefined).length
  const sent = adrift.length - paid
  if (paid > 0) io.stderr.write(`ltx: ${paid} paid for by an earlier script could not be fetched yet\n`)
  if (sent > 0) io.stderr.write(`ltx: ${sent} sent by an earlier script, and no answer came back: bought or not, nobody has said yet\n`)
  if (adrift.length > 0) io.stderr.write(`  ltx resolve ${script} tells more\n`)
}

/** Where everything lies, and what to type next. */
function tellEnd(film: Film, { outcome, deliveries }: Made, io: Io): void {
  const shown = (path: string): string => safeText(relative(io.cwd, path) || path)
  if (outcome.failure !== undefined) io.stderr.write(`ltx: ${safeText(outcome.failure.message)}\n  ${safeText(outcome.failure.next)}\n`)
  tellAdrift(typedFilm(film, io), { outcome }, io)
  if (deliveries === undefined) return
  const lines = [
    ['film', shown(deliveries.film)],
    ['contact sheet', shown(deliveries.sheet)],
    ...deliveries.captions.map((path) => ['captions', shown(path)]),
    ...deliveries.others.map((path) => ['delivered', shown(path)]),
  ]
  if (io.quiet) {
    io.stdout.write(`${shown(deliveries.film)}\n`)
    return
  }
  const width = Math.max(...lines.map(([what = '']) => what.length))
  for (const [what = '', where] of lines) io.stdout.write(`${what.padEnd(width)}  ${where}\n`)
  if (!deliveries.cutAgain) io.stdout.write('nothing had changed: the film is as it was\n')
  const script = typedFilm(film, io)
  const next = film.plan.rung === 'animatic' ? `ltx plan ${script}` : `ltx takes ${script} SHOT`
  io.stdout.write(`${'next'.padEnd(width)}  ${next}\n`)
}

function exitOfRun({ outcome }: Made, stopping: Stopping): Exit {
  const lost = outcome.failures.some(({ lost: gone }) => gone === true)
  const signal = stopping.by()
  return exitOf({
    reason: outcome.reason,
    failures: [
      ...outcome.failures.map(({ failure, uncertain }) => (uncertain ? { kind: 'uncertain' as const } : failure)),
      ...(outcome.failure === undefined ? [] : [outcome.failure]),
    ],
    some: outcome.made.length + outcome.kept > 0,
    ...(signal === undefined ? {} : { signal }),
    ...(lost ? { also: ['missing'] as const } : {}),
  })
}

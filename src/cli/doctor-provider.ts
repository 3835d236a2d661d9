// `ltx doctor --provider NAME`: is its key there, does its host answer, does it take the key. Buys nothing. Says only what was
// looked at; what a host does not let us see for free stays unsaid.
import { join } from 'node:path'
import type { Film } from '../compile.ts'
import { ProviderFailure } from '../failure.ts'
import { closeProviders, openProviders } from '../open-providers.ts'
import { openScript } from '../open-script.ts'
import { exitCode, exitOfFailure } from '../report/exit.ts'
import { scratchPath } from '../runtime/layout.ts'
import { safeText } from '../safe-text.ts'
import { planFilm, scriptOf, wantedFilms } from './film.ts'
import type { Call, Io } from './io.ts'
import { Stop } from './io.ts'

export type ProviderFinding = {
  readonly provider: string
  readonly kind: string
  readonly healthy: boolean
  readonly key: 'accepted' | 'unchecked' | 'missing' | 'refused' | 'none needed'
  readonly detail: string
  readonly next?: string
}

/** Longest look at a host, or at a worker of this machine, which imports for a while. */
const patienceMs = 90_000

export async function doctorProvider(name: string, call: Call, io: Io): Promise<number> {
  const opened = openScript(await scriptOf(call, io))
  const [wanted] = wantedFilms(call, opened, io)
  const film = await planFilm(opened, wanted ?? {}, 'final', io)
  const { finding, code } = await look(name, film, io)
  if (call.options.has('json')) io.stdout.write(`${JSON.stringify({ v: 1, healthy: finding.healthy, provider: finding })}\n`)
  else {
    io.stdout.write(`${finding.healthy ? '✓' : '✗'} ${safeText(name)} (${finding.kind})  ${safeText(finding.detail)}\n`)
    if (finding.key === 'accepted' || finding.key === 'none needed') io.stdout.write(`  key  ${finding.key}\n`)
    if (finding.key === 'unchecked' && finding.healthy)
      io.stdout.write('  key  set; no free call of this host would show whether it is taken\n')
    if (finding.next !== undefined) io.stdout.write(`  ${safeText(finding.next)}\n`)
  }
  return code
}

type Looked = { readonly finding: ProviderFinding; readonly code: number }

async function look(name: string, film: Film, io: Io): Promise<Looked> {
  const use = film.program.providers.find((provider) => provider.name === name)
  if (use === undefined) {
    const known = film.program.providers.map((provider) => provider.name).join(', ')
    io.stderr.write(`ltx: the film has no provider \`${safeText(name)}\`\n  it has ${safeText(known)}\n`)
    throw new Stop(exitCode('usage'))
  }
  const about = { provider: name, kind: use.kind }
  // A server of one's own needs none, unless the script says that it has one.
  const needsKey = film.capabilities.get(use.kind)?.needsKey === true || use.keyEnv !== undefined
  const sick = (finding: Omit<ProviderFinding, 'provider' | 'kind' | 'healthy'>, code: number): Looked => ({
    finding: { ...about, healthy: false, ...finding },
    code,
  })
  try {
    if (needsKey && (use.keyEnv === undefined || io.world.secret(use.keyEnv) === undefined)) {
      const next = use.keyEnv === undefined ? `key env NAME in the block of ${name}` : `export ${use.keyEnv}=YOUR_KEY`
      return sick({ key: 'missing', detail: 'its key is not set', next }, exitCode('money'))
    }
    const scratch = join(scratchPath(film.dotLtx, 'doctor'))
    const providers = await openProviders(film, new Set([name]), { world: io.world, signal: AbortSignal.timeout(patienceMs), scratch })
    const calls = providers.get(name)?.calls
    if (calls === undefined) return sick({ key: 'unchecked', detail: 'this version of ltx cannot call it' }, exitCode('failed'))
    const unseen = { key: needsKey ? 'unchecked' : 'none needed', detail: 'nothing of it can be looked at without paying' } as const
    const probed = await calls.probe?.().finally(() => closeProviders(providers))
    const seen = probed === undefined ? unseen : { key: needsKey ? probed.key : ('none needed' as const), detail: probed.detail }
    return { finding: { ...about, healthy: true, ...seen }, code: exitCode('ok') }
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    const { kind, message, next } = error.failure
    const exit = exitOfFailure(kind)
    return sick({ key: kind === 'auth' ? 'refused' : 'unchecked', detail: message, next }, exitCode(exit === 'shots' ? 'failed' : exit))
  }
}

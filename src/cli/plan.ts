// `ltx plan`: what would be made, why, and for how much. Needs no key and no network, and makes nothing.

import type { Film } from '../compile.ts'
import { selectFamily } from '../lang/catalogue.ts'
import { formatMoney, type Money } from '../lang/money.ts'
import { type Candidate, compare } from '../lang/planning/compare.ts'
import type { ProviderInUse } from '../lang/planning/make-plan.ts'
import { closest } from '../lang/suggest.ts'
import { openScript } from '../open-script.ts'
import { compareText } from '../report/compare-text.ts'
import { exitCode } from '../report/exit.ts'
import { quietJson } from '../report/json.ts'
import { type PlanCeiling, planJson } from '../report/plan-json.ts'
import { planShotText } from '../report/plan-shot-text.ts'
import { planText } from '../report/plan-text.ts'
import { safeText } from '../safe-text.ts'
import { ceilingsOf, rungPrice } from './budget.ts'
import { knownPath, planFilms, rungOf, scriptOf, showDiagnostics, staleOf, typedFilm, type Wanted, wantedFilms } from './film.ts'
import type { Call, Io } from './io.ts'
import { Stop } from './io.ts'

export async function plan(call: Call, io: Io): Promise<number> {
  const { options } = call
  if (options.has('with') && !options.has('compare')) {
    io.stderr.write('ltx: --with adds a provider to --compare\n  ltx plan --compare --with KIND\n')
    return exitCode('usage')
  }
  const opened = openScript(await scriptOf(call, io))
  const wanted = wantedFilms(call, opened, io)
  const kinds = options.values('with')
  for (const [index, film] of (await planFilms(wanted, rungOf(call), opened, io)).entries()) {
    const shot = options.value('shot')
    if (options.has('compare')) io.stdout.write(comparisonOf(film, kinds, options.has('json'), io))
    else if (options.has('json')) io.stdout.write(planJson(film.plan, await allCeilings(film, io)))
    else if (shot !== undefined) io.stdout.write(await shotText(film, shot, io))
    else {
      const next = await nextRung(film, wanted[index] ?? {}, io)
      const look = {
        colour: io.colour,
        width: io.width,
        verbose: options.has('verbose'),
        script: typedFilm(film, io),
        ceilings: (await ceilingsOf(film, io)).film,
      }
      io.stdout.write(releasedText(film) + planText(film.plan, next === undefined ? look : { ...look, next }) + openText(film, io))
    }
  }
  if (!io.quiet) showDiagnostics(opened, io)
  return 0
}

/** What the plan counts as still to be bought may be at a host already. */
function openText(film: Film, io: Io): string {
  const { open } = film.peek
  if (open.length === 0 || film.plan.rung === 'animatic') return ''
  const price = formatMoney(open.reduce((sum, { reserved }) => sum + reserved, 0))
  const what = open.length === 1 ? '1 purchase of an earlier run is open' : `${open.length} purchases of earlier runs are open`
  return `${what}, ${price} that may be spent already: ltx resolve ${typedFilm(film, io)}\n`
}

const rungAfter = { animatic: 'draft', draft: 'final', final: undefined } as const

/** What the ladder's next rung would cost; nothing where it cannot be planned. */
async function nextRung(film: Film, wanted: Wanted, io: Io) {
  const rung = rungAfter[film.plan.rung]
  const price = rung === undefined ? undefined : await rungPrice(film, rung, wanted, io)
  return rung === undefined || price === undefined ? undefined : { rung, price }
}

/** What the film would cost on each provider of its script, and on the kinds that are asked for besides. */
function comparisonOf(film: Film, kinds: readonly string[], json: boolean, io: Io): string {
  const own = film.program.providers.filter(({ kind }) => kind !== 'animatic')
  const others = kinds.map((kind) => otherProvider(film, kind, io)).filter(({ name }) => !own.some((one) => one.name === name))
  const providers = new Map([...film.input.providers, ...others.map((one) => [one.name, one] as const)])
  const money = (value: unknown): Money | undefined => (typeof value === 'number' ? value : undefined)
  const candidates = [
    ...own.map(({ name, kind, settings }): Candidate => {
      const [rent, monthly] = [money(settings.rent), money(settings.monthly)]
      return { name, kind, ...(rent === undefined ? {} : { rent }), ...(monthly === undefined ? {} : { monthly }) }
    }),
    ...others.map(({ name }): Candidate => ({ name, kind: name })),
  ]
  const known = { left: film.plan.totals.price, history: film.pace.rows }
  const comparison = compare({ ...film.input, providers }, candidates, known)
  return json ? `${quietJson(comparison, 2)}\n` : compareText(comparison, { colour: io.colour, width: io.width })
}

/** A provider that the script does not have, as it would be with nothing said in its block. */
function otherProvider(film: Film, kind: string, io: Io): ProviderInUse {
  const known = [...film.capabilities.keys()].filter((one) => one !== 'cut' && one !== 'animatic')
  const capabilities = film.capabilities.get(kind)
  if (capabilities !== undefined && known.includes(kind))
    return { name: kind, capabilities: selectFamily(capabilities, undefined).capabilities }
  const near = closest(kind, known)
  const next = near === undefined ? `there are ${known.join(', ')}` : `did you mean \`${near}\`?`
  io.stderr.write(`ltx: there is no kind of provider named \`${safeText(kind)}\`\n  ${next}\n`)
  throw new Stop(exitCode('usage'))
}

const releasedText = (film: Film): string => {
  const stale = staleOf(film)
  return stale === undefined ? '' : `${safeText(stale)}\n`
}

async function allCeilings(film: Film, io: Io): Promise<readonly PlanCeiling[]> {
  const { film: whole, shots } = await ceilingsOf(film, io)
  return [...whole, ...[...shots].map(([path, ceiling]) => ({ ...ceiling, path }))]
}

async function shotText(film: Film, name: string, io: Io): Promise<string> {
  const path = knownPath(name, film, io)
  const ceiling = (await ceilingsOf(film, io)).shots.get(path)
  const look = { colour: io.colour, width: io.width, ...(ceiling === undefined ? {} : { ceiling }) }
  return planShotText(film.program, film.plan, path, look)
}

// `ltx plan --compare`: what the whole film would cost on each provider, for people. A table like the plan's, what a provider cannot make,
// from how much video a month an own machine pays (with the sum that says so), and what earlier runs were seen to take.
import { formatMoney, type Money } from '../lang/money.ts'
import type { PaceRow } from '../lang/pace.ts'
import type { BreakEven, Compared, Comparison, Costing } from '../lang/planning/compare.ts'
import { column, widthOf, wrap } from './cell.ts'
import { priceText } from './plan-words.ts'
import type { Row, Tone } from './row.ts'
import { paint, piece } from './row.ts'
import { counted, oneLine, roughly } from './say.ts'

export type CompareLook = { readonly colour: boolean; readonly width: number }

type Table = { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }

/** Columns of which nothing is said are left out; the first stands left, the others right. */
function tableRows({ head, rows }: Table, tone: (row: number) => Tone): readonly Row[] {
  const shown = head.map((_, at) => at).filter((at) => at === 0 || rows.some((row) => (row[at] ?? '') !== ''))
  const widths = shown.map((at) => Math.max(...[head, ...rows].map((row) => widthOf(row[at] ?? ''))))
  const line = (row: readonly string[]): string =>
    shown.map((at, index) => column(row[at] ?? '', widths[index] ?? 0, index === 0 ? 'left' : 'right')).join('  ')
  return [[piece(line(head), 'quiet')], ...rows.map((row, index): Row => [piece(line(row), tone(index))])]
}

const isGuess = ({ timed, jobs }: Costing): boolean => timed < jobs
const timeText = (costing: Costing): string =>
  costing.jobs === 0 ? '' : isGuess(costing) ? `~${roughly(costing.expected)} est.` : roughly(costing.expected)
const rentText = ({ rented }: Costing): string => (rented === undefined ? '' : toNearest(rented, rented >= 10_000 ? 10_000 : 100))
const moneyText = (costing: Costing): string => (costing.jobs === 0 ? '' : priceText(costing.price, costing.estimated))

function compared({ providers, planned, shots }: Comparison): Table {
  return {
    head: ['', 'makes', 'price', 'rent', 'time'],
    rows: [
      ['as planned', counted(shots, 'shot'), moneyText(planned), rentText(planned), timeText(planned)],
      ...providers.map((one) => [oneLine(one.name), `${one.shots} of ${shots}`, moneyText(one), rentText(one), timeText(one)]),
    ],
  }
}

/** So many shots are named for a provider that cannot make them. */
const mostShots = 6

function cannotRows({ name, cannot }: Compared, width: number): readonly Row[] {
  if (cannot.length === 0) return []
  const named = cannot.slice(0, mostShots).map(({ shot, detail }) => `${shot}: ${detail}`)
  const more = cannot.length > mostShots ? [`and ${counted(cannot.length - mostShots, 'more shot')}`] : []
  return [
    [piece(`${oneLine(name)} cannot make`)],
    ...[...named, ...more].flatMap((text) => wrap(oneLine(text), width - 2).map((part): Row => [piece(`  ${part}`, 'quiet')])),
  ]
}

const toNearest = (money: number, step: Money): string => formatMoney(Math.round(money / step) * step)
/** Of a second: cents are too coarse. */
const finely = (money: number): string => toNearest(money, money >= 10_000 ? 1000 : 10)
const whole = (value: number): string => Math.ceil(value).toLocaleString('en-US')
const short = (value: number): string => String(Number(value.toPrecision(3)))

/** `1.1 hours` */
const hours = (seconds: number): string => (seconds < 3600 ? `${short(seconds / 60)} minutes` : `${short(seconds / 3600)} hours`)

/** What a second of video costs on the machine, as a sum: a price of its own, and rent for as long as it works. */
function ownText({ ownSecond, rent, pace, timed }: BreakEven): string {
  const worked = `${short(pace)} s of work${timed ? '' : ' (est.)'}`
  const price = ownSecond - (rent * pace) / 3600
  const parts = [...(price > 0.5 ? [finely(price)] : []), ...(rent > 0 ? [`${formatMoney(rent)} ÷ 3600 × ${worked}`] : [])]
  return parts.join(' + ')
}

/** The sum in one line, so that it can be done again by hand. */
export function breakEvenText(one: BreakEven): string {
  const { own, host, monthly, pace, seconds, most, timed } = one
  const theirs = `${one.estimated ? '~' : ''}${finely(one.hostSecond)} a second at ${host}`
  const mine = ownText(one)
  const less = mine === '' ? '' : ` − ${mine}`
  if (seconds === undefined) return `${own} never pays against ${host}: ${finely(one.ownSecond)} a second (${mine}), and ${theirs}`
  if (monthly === 0) return `${own} pays from the first second: ${theirs}${less}`
  const limit = `it makes ${whole(most)} s a month at most${mine.includes('work') ? '' : `, at ${short(pace)} s of work a second${timed ? '' : ' (est.)'}`}`
  const sum = `${formatMoney(monthly)} ÷ (${theirs}${less}) = ${whole(seconds)} s`
  return seconds > most
    ? `${own} does not pay against ${host}: ${sum} of video a month, and ${limit}`
    : `${own} pays from ${hours(seconds)} of video a month: ${sum}; ${limit}`
}

const percent = (part: number, all: number): string => (part === 0 ? '' : `${Math.round((100 * part) / all)}%`)
const taken = (seconds: number | undefined): string => (seconds === undefined ? '' : `${short(seconds)}s`)

function history(rows: readonly PaceRow[]): Table {
  return {
    head: ['seen in earlier runs', 'made', 'failed', 'again', 'a second', 'p50', 'p95', 'p99'],
    rows: rows.map(({ provider, operation, model, size, made, failed, retried, perSecond, latency }) => {
      const all = made + failed + retried
      return [
        oneLine(`${provider} ${operation} ${model} ${size.width}x${size.height}`),
        String(made),
        percent(failed, all),
        percent(retried, all),
        taken(perSecond),
        taken(latency?.p50),
        taken(latency?.p95),
        taken(latency?.p99),
      ]
    }),
  }
}

const timeHint = 'time est.: by the provider’s own figures; what is made there replaces them'
const priceHint = 'price est.: no page of the host says it; `price $0.06` (a second) in its block corrects it'
const upkeepHint = (name: string): string =>
  `say what ${name} costs, and this page says from when it pays: \`rent $1.90\` (an hour), \`monthly $300\` in its block`

function hints({ providers, planned, breakEven }: Comparison): readonly string[] {
  const isOwn = ({ rent, monthly }: Compared): boolean => rent !== undefined || monthly !== undefined
  const free = providers.find((one) => one.price === 0 && one.jobs > 0 && !isOwn(one))
  const sold = providers.some(({ price }) => price > 0)
  return [
    ...([planned, ...providers].some(isGuess) ? [timeHint] : []),
    ...([planned, ...providers].some(({ estimated }) => estimated > 0) ? [priceHint] : []),
    ...(free !== undefined && sold && !breakEven.some(({ own }) => own === free.name) ? [upkeepHint(free.name)] : []),
  ]
}

const leftText = (left: Money, price: Money): string =>
  left === price ? '' : left === 0 ? 'of the plan nothing is left to buy' : `of the plan ${formatMoney(left)} is left to buy`

export function compareText(comparison: Comparison, look: CompareLook): string {
  const { title, rung, planned, left, providers, breakEven } = comparison
  const said = (texts: readonly string[], tone: Tone): readonly Row[] =>
    texts.filter(Boolean).flatMap((text) => wrap(oneLine(text), look.width).map((part): Row => [piece(part, tone)]))
  const blocks: readonly (readonly Row[])[] = [
    [[piece(oneLine(title), 'strong'), piece(`  ${rung} · the whole film on each provider, as if nothing were made yet`, 'quiet')]],
    tableRows(compared(comparison), (index) => (index === 0 ? 'strong' : 'plain')),
    said([leftText(left, planned.price)], 'plain'),
    providers.flatMap((one) => cannotRows(one, look.width)),
    said(breakEven.map(breakEvenText), 'plain'),
    comparison.history.length === 0 ? [] : tableRows(history(comparison.history), () => 'plain'),
    said(hints(comparison), 'quiet'),
  ]
  const rows = blocks.filter((block) => block.length > 0).flatMap((block, index) => (index === 0 ? block : [[], ...block]))
  return `${rows.map((row) => paint(row, look.colour)).join('\n')}\n`
}

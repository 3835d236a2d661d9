// `ltx plan`: a plan in, a table for people out. One line an item with what happens to it, under it why and by which
// bridges; then totals and what to type next. Whatever is the same for every shot is said once, above; columns that do
// not fit are left out in a fixed order and said with `--verbose`.
import { formatMoney, type Money } from '../lang/money.ts'
import type { Bridge, Plan, PlanLine, Reproducibility } from '../lang/plan.ts'
import { formatSeconds } from '../lang/time.ts'
import { shellWord } from '../safe-text.ts'
import { column, shortenMiddle, widthOf, wrap } from './cell.ts'
import {
  bridgeText,
  type Ceiling,
  ceilingText,
  classText,
  makerText,
  marks,
  moveText,
  priceText,
  rateText,
  secondsText,
} from './plan-words.ts'
import type { Row } from './row.ts'
import { paint, piece } from './row.ts'
import { oneLine, roughly } from './say.ts'

export type PlanLook = {
  readonly colour: boolean
  readonly width: number
  readonly verbose?: boolean
  /** The film as it is typed from where the person is. */
  readonly script?: string
  /** Ceilings besides that of a run, where the caller has looked at what is left of them. */
  readonly ceilings?: readonly Ceiling[]
  /** What the ladder's next rung would cost, where the caller has planned it. */
  readonly next?: { readonly rung: 'draft' | 'final'; readonly price: number }
}

type ColumnId = 'length' | 'on' | 'bought' | 'seed' | 'takes' | 'price' | 'time'
type Column = { readonly id: ColumnId; readonly title: string; readonly side: 'left' | 'right'; readonly text: (line: PlanLine) => string }

/** Nothing is asked for what is kept, and nothing is bought of ffmpeg. */
const isBought = (line: PlanLine): boolean => line.kind === 'shot' && (line.change === 'new' || line.change === 'change')
const isShot = (line: PlanLine): boolean => line.kind === 'shot' && line.change !== 'drop'

function boughtText(line: PlanLine): string {
  if (!isBought(line)) return ''
  const [asked, bought] = [secondsText(line.asked), secondsText(line.bought)]
  return asked === bought ? asked : `${asked} → ${bought}`
}

const linePrice = (line: PlanLine): string => priceText(line.price, line.estimated ? line.price : 0)
const hasTime = (line: PlanLine): boolean => line.change !== 'keep' && line.change !== 'drop' && line.expected > 0

const columnsFor = (common: Common): readonly Column[] => [
  { id: 'length', title: 'length', side: 'right', text: (line) => (line.change === 'drop' ? '' : secondsText(line.seconds)) },
  { id: 'on', title: 'made by', side: 'left', text: (line) => onText(line, common) },
  { id: 'bought', title: 'asked → bought', side: 'left', text: boughtText },
  {
    id: 'seed',
    title: 'seed',
    side: 'right',
    text: (line) => (isShot(line) && line.reproducibility !== 'keep-bytes' ? String(line.seed) : ''),
  },
  { id: 'takes', title: 'takes', side: 'right', text: (line) => (isShot(line) && common.takes === undefined ? String(line.takes) : '') },
  { id: 'price', title: 'price', side: 'right', text: (line) => (isBought(line) ? linePrice(line) : '') },
  { id: 'time', title: 'time', side: 'right', text: (line) => (hasTime(line) ? roughly(line.expected) : '') },
]
/** Left out first to last where the screen is too narrow. */
const giveWay: readonly ColumnId[] = ['time', 'seed', 'takes', 'bought', 'on', 'length']

/** What is said once, above the table: the providers with their models and class, and what holds for every shot. */
type Common = {
  readonly providers: ReadonlyMap<string, { readonly models: ReadonlySet<string>; readonly reproducibility: Reproducibility }>
  /** There are cards, stills or own footage among the shots. */
  readonly plain: boolean
  /** When all shots have as many. */
  readonly takes?: number
  readonly bridges: readonly string[]
}

function commonOf(plan: Plan): Common {
  const shots = plan.lines.filter(isShot)
  const providers = new Map<string, { models: Set<string>; reproducibility: Reproducibility }>()
  for (const { provider, model, reproducibility } of shots) {
    const known = providers.get(provider) ?? { models: new Set<string>(), reproducibility }
    if (model !== '') known.models.add(model)
    providers.set(provider, known)
  }
  const made = shots.filter(isBought)
  const shared = (made[0]?.bridges ?? []).map((bridge) => bridgeText(bridge, plan.film.rate))
  const everywhere = (text: string): boolean =>
    made.every((line) => line.bridges.some((bridge) => bridgeText(bridge, plan.film.rate) === text))
  const takes = shots[0]?.takes ?? 1
  return {
    providers,
    plain: plan.lines.some(({ kind }) => kind !== 'shot'),
    ...(shots.every((line) => line.takes === takes) ? { takes } : {}),
    bridges: made.length > 1 ? shared.filter(everywhere) : [],
  }
}

/** As little as tells items apart: nothing where one provider with one model makes everything. */
function onText(line: PlanLine, { providers, plain }: Common): string {
  if (line.kind !== 'shot') return makerText(line)
  const several = (providers.get(line.provider)?.models.size ?? 0) > 1
  if (providers.size === 1 && !several && !plain) return ''
  return oneLine([providers.size > 1 || !several ? line.provider : '', several ? line.model : ''].filter(Boolean).join(' '))
}

type Layout = {
  readonly columns: readonly (Column & { readonly width: number })[]
  readonly names: number
  readonly left: readonly Column[]
}

function layOut(plan: Plan, common: Common, width: number): Layout {
  const measured = columnsFor(common)
    .map((one) => ({ ...one, width: plan.lines.reduce((most, line) => Math.max(most, widthOf(one.text(line))), 0) }))
    .filter((one) => one.width > 0)
    .map((one) => ({ ...one, width: Math.max(one.width, widthOf(one.title)) }))
  const longest = plan.lines.reduce((most, line) => Math.max(most, widthOf(nameOf(line))), 4)
  const names = Math.min(longest, Math.max(12, Math.floor(width * 0.3)))
  const total = (list: readonly { readonly width: number }[]): number => list.reduce((sum, one) => sum + one.width + 2, names + 4)
  let shown: Layout['columns'] = measured
  for (const id of giveWay) if (total(shown) > width) shown = shown.filter((one) => one.id !== id)
  return { columns: shown, names, left: measured.filter((one) => !shown.some(({ id }) => id === one.id)) }
}

const sceneOf = ({ path }: PlanLine): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '')
const nameOf = (line: PlanLine): string =>
  oneLine(line.change === 'drop' || sceneOf(line) === '' ? line.path : line.path.slice(sceneOf(line).length + 1))

export function planText(plan: Plan, look: PlanLook): string {
  const common = commonOf(plan)
  const layout = layOut(plan, common, look.width)
  const out: string[] = []
  const say = (...rows: readonly Row[]): void => {
    for (const row of rows) out.push(paint(row, look.colour))
  }
  say(...headRows(plan, common, look), [])
  if (plan.lines.length > 0) say(titleRow(layout))
  let scene = ''
  for (const line of plan.lines.filter(({ change }) => change !== 'drop')) {
    if (sceneOf(line) !== scene) {
      scene = sceneOf(line)
      if (scene !== '') say([piece(oneLine(scene), 'strong')])
    }
    say(lineRow(line, layout), ...underRows(line, { plan, common, layout, look }), ...adviceRows(line))
  }
  const dropped = plan.lines.filter(({ change }) => change === 'drop')
  if (dropped.length > 0) say([piece('no longer in the script', 'strong'), piece(' (the clips stay in the store)', 'quiet')])
  for (const line of dropped) say(lineRow(line, layout))
  say([], ...footRows(plan, layout, look))
  return `${out.join('\n')}\n`
}

function headRows(plan: Plan, common: Common, { width }: PlanLook): readonly Row[] {
  const { film } = plan
  const about = [
    plan.rung,
    `${film.size.width}x${film.size.height}`,
    `${rateText(film.rate)} fps`,
    formatSeconds(plan.totals.seconds),
  ].join(' · ')
  const providers = [...common.providers].map(([name, { models, reproducibility }]): Row => {
    const made = [oneLine([...models].join(', ')), `${reproducibility}: ${classText(reproducibility)}`].filter(Boolean).join(' · ')
    return [piece(`${oneLine(name)}  `), piece(made, 'quiet')]
  })
  const same = [...(common.takes === undefined || common.takes === 1 ? [] : [`${common.takes} takes`]), ...common.bridges]
  const every = wrap(same.length === 0 ? '' : `every shot: ${same.join(', ')}`, width)
  return [
    [piece(oneLine(film.title), 'strong'), piece(`  ${about}`, 'quiet')],
    ...providers,
    ...every.map((text): Row => [piece(text, 'quiet')]),
  ]
}

function titleRow({ columns: shown, names }: Layout): Row {
  const titles = shown.map(({ title, side, width }) => `  ${column(title, width, side)}`).join('')
  return [piece(`    ${column('', names)}${titles}`, 'quiet')]
}

function lineRow(line: PlanLine, { columns: shown, names }: Layout): Row {
  const { glyph, tone } = marks[line.change]
  const rest = shown.map(({ text, side, width }) => `  ${column(text(line), width, side)}`).join('')
  const indent = sceneOf(line) === '' || line.change === 'drop' ? '' : '  '
  const name = column(shortenMiddle(nameOf(line), names), names + (indent === '' ? 2 : 0))
  const calm = line.change === 'keep' || line.change === 'drop' ? 'quiet' : 'plain'
  return [piece(indent), piece(glyph, tone), piece(` ${name}${rest}`, calm)]
}

type Under = { readonly plan: Plan; readonly common: Common; readonly layout: Layout; readonly look: PlanLook }

/** Why, and by which bridges; with `--verbose` everything that the line had no room for. */
function underRows(line: PlanLine, { plan, common, layout, look }: Under): readonly Row[] {
  const verbose = look.verbose === true
  const reasons = line.change === 'change' || line.change === 'recut' || verbose ? line.because : []
  const bridges = line.change === 'keep' && !verbose ? [] : own(line.bridges, plan, common)
  const left = verbose ? layout.left.map(({ title, text }) => [title, text(line)] as const).filter(([, text]) => text !== '') : []
  const texts = [
    ...reasons,
    ...(bridges.length > 0 ? [bridges.join(', ')] : []),
    ...(line.change === 'keep' && !verbose ? [] : (line.moves ?? []).map(moveText)),
    ...(verbose && line.route !== undefined ? [`sent to ${line.provider} by its route: ${line.route}`] : []),
    ...(left.length > 0 ? [left.map(([title, text]) => `${title} ${text}`).join(' · ')] : []),
  ]
  return texts.flatMap((text) =>
    wrap(oneLine(text), Math.max(20, look.width - 6)).map(
      (part, index): Row => [piece(`    ${index === 0 ? '  ' : '    '}${part}`, 'quiet')],
    ),
  )
}

/** A retake is paid by the whole clip at some hosts, an extend by what the model is shown as well: told where the shot made anew costs less. */
function adviceRows({ anew, reproducibility, takes }: PlanLine): readonly Row[] {
  if (anew === undefined) return []
  const [asked, price] = [formatMoney(anew.asked), formatMoney(anew.price)]
  const seed = reproducibility === 'keep-bytes' ? '' : ', with another seed'
  const take = takes > 1 ? ' a take' : ''
  const text =
    anew.from === 'steps'
      ? `its steps cost ${asked}${take}; the shot made anew${seed}, ${price}`
      : `in steps it costs ${asked}${take}; in one go, ${price}`
  return [[piece('      ! ', 'warn'), piece(text)]]
}

const own = (bridges: readonly Bridge[], plan: Plan, common: Common): readonly string[] =>
  bridges.map((bridge) => bridgeText(bridge, plan.film.rate)).filter((text) => !common.bridges.includes(text))

/** `3 new, 1 changed, 2 kept`. */
function countsText(plan: Plan): string {
  const order = ['new', 'change', 'recut', 'keep', 'drop'] as const
  return order
    .map((change) => [plan.lines.filter((line) => line.change === change).length, marks[change].word] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ')
}

function footRows(plan: Plan, layout: Layout, look: PlanLook): readonly Row[] {
  const { totals, film } = plan
  const budget = film.budget === undefined ? '' : ` of the ${formatMoney(film.budget)} budget`
  const price =
    totals.make === 0 ? 'nothing to make' : totals.price === 0 ? 'free' : `${priceText(totals.price, totals.estimated)}${budget}`
  const asked = plan.jobs.filter((job) => job.made === undefined && job.provider !== 'cut')
  const seen = asked.length > 0 && asked.every(({ timed }) => timed === true) ? ', as earlier runs took' : ''
  const time = totals.make === 0 ? '' : `about ${roughly(totals.expected)}${seen}`
  const sum = [`${formatSeconds(totals.seconds)} of film`, countsText(plan), price, time].filter(Boolean).join(' · ')
  return [
    ...wrap(sum, look.width).map((text): Row => [piece(text, 'strong')]),
    ...(film.budget !== undefined && totals.price > film.budget ? [overRow(totals.price - film.budget)] : []),
    ...(totals.estimated === undefined ? [] : wrap(estimateHint, look.width).map((text): Row => [piece(text, 'quiet')])),
    ...(look.ceilings ?? []).flatMap((ceiling) => ceilingRows(ceiling, totals.price)),
    ...(layout.left.length > 0 && look.verbose !== true
      ? [[piece(`not shown here: ${layout.left.map(({ title }) => title).join(', ')} (--verbose)`, 'quiet')]]
      : []),
    ...plan.missingKeys.flatMap(keyRows),
    ...plan.renames.flatMap((rename) => renameRows(rename, look.script ?? shellWord(plan.film.span.path))),
    ...nextRows(plan, look),
  ]
}

const estimateHint =
  'est.: no page says this price, it is set by the host’s neighbours; `price $0.06` (a second) in the provider’s block corrects it'

const overRow = (over: number): Row => [
  piece('! ', 'bad'),
  piece(`${formatMoney(over)} over the budget: the run stops when it is spent; raise \`budget\`, or render a part with --only`),
]

function ceilingRows(ceiling: Ceiling, price: Money): readonly Row[] {
  if (ceiling.scope === 'run') return []
  const over = price - ceiling.left
  if (over <= 0) return [[piece(`budget: ${ceilingText(ceiling)}`, 'quiet')]]
  return [[piece('! ', 'bad'), piece(`budget: ${ceilingText(ceiling)}; this would need ${formatMoney(price)}`)]]
}

const keyRows = (name: string): readonly Row[] => [
  [piece('! ', 'warn'), piece(`the key ${oneLine(name)} is not set; to render, type`)],
  [piece(`    export ${oneLine(name)}=YOUR_KEY`, 'live')],
]

const renameRows = ({ from, to }: Plan['renames'][number], script: string): readonly Row[] => [
  [piece('? ', 'warn'), piece(`${oneLine(to)} looks like ${oneLine(from)} under a new name; to keep its clips, type`)],
  [piece(`    ltx rename ${script} ${oneLine(from)} ${oneLine(to)}`, 'live')],
]

const rungAfter = { animatic: 'draft', draft: 'final', final: undefined } as const
const flagOf = (rung: Plan['rung']): string => (rung === 'final' ? '' : ` --${rung}`)

/** What to type now, and what the ladder's next rung would cost. */
function nextRows(plan: Plan, look: PlanLook): readonly Row[] {
  const { next, script = shellWord(plan.film.span.path) } = look
  const after = rungAfter[plan.rung]
  const render: Row = [piece('→ ', 'live'), piece(`ltx render ${script}${flagOf(plan.rung)}`)]
  if (after === undefined) return [render]
  const price = next?.rung === after ? `, costs ${next.price === 0 ? 'nothing' : formatMoney(next.price)}` : ''
  const hint: Row = [piece(`  the next rung, ${after}${price}:`, 'quiet'), piece(` ltx plan ${script}${flagOf(after)}`)]
  return [render, hint]
}

// Prices that no page says: marked from the offer to the totals, and never shown as if the host had said them.
import { expect, it } from 'vitest'
import { dollars } from '../../src/lang/money.ts'
import { wavespeedCapabilities } from '../../src/providers/wavespeed/capabilities.ts'
import { planShotText } from '../../src/report/plan-shot-text.ts'
import { planText } from '../../src/report/plan-text.ts'
import { extend, image, makeAll, planOf, program, shot } from './plan-kit.ts'

const look = { colour: false, width: 100 }
const providers = (perSecond?: number) =>
  new Map([['ltx', { name: 'ltx', capabilities: wavespeedCapabilities, ...(perSecond === undefined ? {} : { perSecond }) }]])

it('an estimate is an estimate in the job, the line and the total', () => {
  const film = program([shot('a', 120), shot('b', 120, { steps: [extend(48)], from: image('a.png') })])
  const { plan } = planOf(film, { providers: providers() })
  const marks = plan.jobs.filter((job) => job.price > 0).map(({ operation, price, estimated }) => [operation, price, estimated])
  expect(marks).toEqual([
    ['text-to-video', dollars(0.5), true],
    ['image-to-video', dollars(0.5), true],
    ['extend', dollars(0.2), undefined],
  ])
  expect(plan.lines.map(({ estimated }) => estimated)).toEqual([true, true])
  expect(plan.totals).toMatchObject({ price: dollars(1.2), estimated: dollars(1) })
  const text = planText(plan, look)
  expect(text).toContain('~$0.50 est.')
  expect(text).toContain('~$1.20, $1.00 of it est.')
  expect(text).toContain('corrects it')
  const one = planShotText(film, plan, 'b', look)
  expect(one).toMatch(/price +~\$0\.70, \$0\.50 of it est\., about/)
  expect(one).toMatch(/\+ b@1 .*, ~\$0\.50 est\./)
  expect(one).toMatch(/\+ b@1\+1 .*, \$0\.20$/m)
})

it('what is made, what the script prices and what the host says is none', () => {
  const film = program([shot('a', 120)])
  const made = planOf(film, { providers: providers(), ...makeAll(film, { providers: providers() }) }).plan
  const priced = planOf(film, { providers: providers(dollars(0.06)) }).plan
  const listed = planOf(film).plan
  for (const { totals, lines } of [made, priced, listed]) {
    expect(totals).not.toHaveProperty('estimated')
    expect(lines[0]).not.toHaveProperty('estimated')
  }
  expect(planText(priced, look)).not.toContain('est.')
  expect(priced.totals.price).toBe(dollars(0.3))
})

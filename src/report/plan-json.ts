// `ltx plan --json`: the plan itself, as docs/plan.schema.json has it, and what is left of the ceilings that its script sets. Money is
// millionths of a dollar, lengths are exact fractions of a second, nothing is rounded.
import type { Plan } from '../lang/plan.ts'
import { quietJson } from './json.ts'
import type { Ceiling } from './plan-words.ts'

/** `path`: whose ceiling it is, where it is a shot's. */
export type PlanCeiling = Ceiling & { readonly path?: string }
/** `ceilings` is there where the script sets some. */
export type PrintedPlan = Plan & { readonly ceilings?: readonly PlanCeiling[] }

export const planJson = (plan: Plan, ceilings: readonly PlanCeiling[] = []): string =>
  `${quietJson(ceilings.length === 0 ? plan : { ...plan, ceilings }, 2)}\n`

// `ltx plan --json`: the plan itself, as docs/plan.schema.json has it. Money is millionths of a dollar, lengths are
// exact fractions of a second, nothing is rounded.
import type { Plan } from '../lang/plan.ts'
import { quietJson } from './json.ts'

export const planJson = (plan: Plan): string => `${quietJson(plan, 2)}\n`

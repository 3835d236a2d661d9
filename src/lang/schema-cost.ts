// What an own machine costs. Nothing is billed by it, so no budget counts it: `ltx plan --compare` reckons with it.
import { arg, type Row, row, setting } from './schema-row.ts'

export const costRows: readonly Row[] = [
  row(
    'rent',
    ['provider'],
    'what an hour of an own or a rented machine costs while it works; `ltx plan --compare` reckons with it, no budget does',
    'rent $1.90',
    setting([arg('hour', ['money'], 'dollars an hour')]),
  ),
  row(
    'monthly',
    ['provider'],
    'what the machine costs a month whether it works or not; `ltx plan --compare` says from how much video on it pays',
    'monthly $300',
    setting([arg('month', ['money'], 'dollars a month')]),
  ),
]

// Money in whole millionths of a US dollar, so that a tenth of a cent a second adds up exactly.

/** Micro-dollars: $1 is 1_000_000. Always a safe integer. */
export type Money = number

export const dollars = (amount: number): Money => Math.round(amount * 1_000_000)

/** `$0.36`, `$12.00`, `$0.0052`: two places, more only where they carry something. */
export function formatMoney(money: Money): string {
  const sign = money < 0 ? '-' : ''
  const [whole = '0', fraction = ''] = (Math.abs(money) / 1_000_000).toFixed(6).split('.')
  return `${sign}$${whole}.${fraction.replace(/0{1,4}$/, '')}`
}

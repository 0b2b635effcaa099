/**
 * Money is a whole number of the currency's smallest unit: 10.50 EUR is 1050. Nothing here knows a fraction of it.
 */
export type Amount = number

/** A part of an amount in hundredths, halves rounded away from zero, as invoices do. */
export function percentOf(amount: Amount, percent: number): Amount {
  if (!Number.isSafeInteger(amount) || !Number.isInteger(percent))
    throw new RangeError('amounts and percents are whole')
  const exact = BigInt(amount) * BigInt(percent)
  const rounded = (exact < 0n ? exact - 50n : exact + 50n) / 100n
  return Number(rounded)
}

/**
 * The amount that a decimal text names, `10.5` or `10.50`; null when it is none, or finer than the unit.
 * `digits` is how many the currency has after the point: 2 for EUR, 0 for JPY, 3 for TND.
 */
export function amountOf(text: string, digits = 2): Amount | null {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/.exec(text) ?? []
  if (whole === '' || /[1-9]/.test(fraction.slice(digits))) return null
  const units = Number(whole + fraction.slice(0, digits).padEnd(digits, '0'))
  return sign && units !== 0 ? -units : units
}

/** `1050` as `10.50`. */
export function decimalOf(amount: Amount, digits = 2): string {
  if (!Number.isSafeInteger(amount)) throw new RangeError('an amount is a whole number of its smallest unit')
  const text = String(Math.abs(amount)).padStart(digits + 1, '0')
  const sign = amount < 0 ? '-' : ''
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`
}

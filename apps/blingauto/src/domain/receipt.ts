import { type Amount, decimalOf } from '@ikoma/backend'
import type { Language } from './language.ts'
import type { PaymentMethod } from './walk-in.ts'

/** What was sold, as it was sold. */
export interface ReceiptContent {
  place: string
  /** What the clock of the place showed. */
  date: string
  time: string
  lines: { name: string; price: Amount }[]
  discount: Amount
  total: Amount
  /** In the total. */
  tax: Amount
  taxBasisPoints: number
  currency: string
  payments: { method: PaymentMethod; amount: Amount }[]
}

/** A day of the till. */
export interface DailyTotals {
  walkIns: { completed: number; cancelled: number; open: number }
  bookings: { completed: number; cancelled: number; noShow: number }
  byMethod: Record<PaymentMethod, Amount>
  taken: Amount
  givenBack: Amount
  tax: Amount
}

/**
 * The tax that is in an amount: 2000 basis points of 120.00 are 20.00. Rounded once, of the whole amount, halves away from
 * zero: there is one rate, and the sum of rounded lines would be another number.
 */
export function taxWithin(amount: Amount, basisPoints: number): Amount {
  const [part, whole] = [BigInt(amount) * BigInt(basisPoints), 10_000n + BigInt(basisPoints)]
  const twice = part < 0n ? 2n * part - whole : 2n * part + whole
  return Number(twice / (2n * whole))
}

export type Sold = Omit<ReceiptContent, 'total' | 'tax'>

export function receiptOf(sold: Sold): ReceiptContent {
  const total = sold.lines.reduce((sum, { price }) => sum + price, 0) - sold.discount
  return { ...sold, total, tax: taxWithin(total, sold.taxBasisPoints) }
}

/** `2026-000017` */
export function receiptNumber({ year, number }: { year: number; number: number }): string {
  return `${year}-${String(number).padStart(6, '0')}`
}

const width = 42

/** For a printer of till rolls. */
export function receiptText(number: string, content: ReceiptContent, language: Language): string {
  const { currency, taxBasisPoints, discount, total, tax } = content
  const words = wordsIn[language]
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits
  const money = (amount: Amount) => decimalOf(amount, digits).replace('.', words.point)
  const row = (label: string, amount: Amount) => {
    const value = money(amount)
    return `${label.slice(0, width - value.length - 1).padEnd(width - value.length)}${value}`
  }
  const rate = String(taxBasisPoints / 100).replace('.', words.point)
  const rule = '-'.repeat(width)
  return [
    ...[content.place, `${words.receipt} ${number}`, `${content.date} ${content.time}`, rule],
    ...content.lines.map(({ name, price }) => row(lineName(name, language), price)),
    ...(discount > 0 ? [row(words.discount, -discount)] : []),
    ...[rule, row(`${words.total} ${currency}`, total), row(`${words.tax} ${rate} %`, tax), rule],
    ...content.payments.map(({ method, amount }) => row(words[method], amount)),
    '',
  ].join('\n')
}

/** How the line of a wash that took too long is named in what is stored. */
export const overtimeLine = 'Overtime'

function lineName(name: string, language: Language): string {
  // A name of the catalogue that held a line break would write lines of its own.
  return name === overtimeLine ? wordsIn[language].overtime : name.replace(/\p{Cc}/gu, ' ')
}

const wordsIn = {
  en: {
    ...{
      point: '.',
      receipt: 'Receipt',
      discount: 'Discount',
      total: 'Total',
      tax: 'of which tax',
      overtime: 'Overtime',
    },
    ...{ cash: 'Cash', card: 'Card', transfer: 'Transfer', cheque: 'Cheque' },
  },
  fr: {
    ...{ point: ',', receipt: 'Reçu', discount: 'Remise', total: 'Total', tax: 'dont TVA', overtime: 'Dépassement' },
    ...{ cash: 'Espèces', card: 'Carte', transfer: 'Virement', cheque: 'Chèque' },
  },
} satisfies Record<Language, Record<PaymentMethod | string, string>>

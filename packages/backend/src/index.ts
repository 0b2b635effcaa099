export { type Amount, amountOf, decimalOf, percentOf } from './money.ts'

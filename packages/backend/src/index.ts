export { type Amount, amountOf, decimalOf, percentOf } from './money.ts'
export { type Backend, type BackendParts, type RunningBackend, runBackend } from './run-backend.ts'

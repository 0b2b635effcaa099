export { type Backoff, fullJitterMs } from './backoff.ts'
export { type Clock, systemClock } from './clock.ts'
export { AppError, type ErrorCode, notFound } from './errors.ts'
export { newId } from './ids.ts'

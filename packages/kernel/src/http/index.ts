export { createHttpApp } from './app.ts'
export { connectionGone } from './connection-gone.ts'
export { declareErrors, type ErrorShape, problemErrors, statusesByShape } from './declared-errors.ts'
export { type EventStream, openEventStream } from './event-stream.ts'
export { FailureThrottle } from './failure-throttle.ts'
export { sendNdjson } from './ndjson.ts'
export {
  errorSender,
  problemOf,
  statusOf,
  toAppError,
} from './problem.ts'

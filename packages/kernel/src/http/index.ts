export { createHttpApp } from './app.ts'
export { connectionGone } from './connection-gone.ts'
export { type EventStream, openEventStream } from './event-stream.ts'
export { FailureThrottle } from './failure-throttle.ts'
export { sendNdjson } from './ndjson.ts'
export {
  errorSender,
  problemOf,
  problemSchema,
  type SendError,
  sendProblem,
  statusOf,
  titleOfStatus,
  toAppError,
} from './problem.ts'

export { type Backoff, fullJitterMs } from './backoff.ts'
export { type Clock, systemClock } from './clock.ts'
export {
  type ConnectionFailure,
  type ConnectionFailureKind,
  connectionFailure,
  failureWords,
} from './connection-failure.ts'
export { withDeadline } from './deadline.ts'
export { AppError, type ErrorCode, type FieldProblem, notFound } from './errors.ts'
export { framesOf } from './frames.ts'
export { hideInValue, hideSpans } from './hide-secrets.ts'
export { newId } from './ids.ts'
export { isLoopbackAddress, isLoopbackUrl } from './loopback.ts'
export { Places } from './places.ts'
export { Secret } from './secret.ts'
export { isOpenToOthers } from './secret-access.ts'
export { saysSecret } from './secret-name.ts'
export { maxPemLength, mergedSpans, type Span, secretSpans } from './secret-spans.ts'

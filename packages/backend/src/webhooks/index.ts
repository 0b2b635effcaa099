export { applyOnce, sweepWebhookEvents } from './once.ts'
export { rawBodyOf, withRawBodies } from './raw-bodies.ts'
export type { Headers as WebhookHeaders, Scheme as WebhookScheme } from './schemes.ts'
export { type VerifiedWebhook, verifyWebhook, type WebhookOptions } from './verify.ts'

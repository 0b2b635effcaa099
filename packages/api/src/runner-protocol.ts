import * as z from 'zod'
import { idField, jsonObjectField, nameField } from './fields.ts'
import { sealedSecretsSchema } from './grant.ts'
import { orderSchema } from './orders.ts'
import { reportSchema } from './report.ts'
import { rawKeyField } from './secrets.ts'

/**
 * What a runner and the control plane say to each other, all of it over HTTP and begun by the runner:
 * enrol once; then heartbeat, and for each order claim -> start -> (heartbeat, logs)* -> complete.
 * start, heartbeat, logs and complete carry the claim's lease in `x-ikoma-lease`; 409 means the claim is lost: stop.
 */
export const leaseHeader = 'x-ikoma-lease'
export const runnerIdHeader = 'x-runner-id'
export const runnerTokenHeader = 'x-runner-token'
/** `<epoch ms>.<signature>`: the runner holds the key it enrolled with. Signed text: see `proofText`. */
export const runnerProofHeader = 'x-runner-proof'

/** How old a proof may be, and how far clocks may differ. */
export const proofWindowMs = 60_000

export function proofText(runnerId: string, atMs: number): string {
  return `ikoma-runner-proof\n${runnerId}\n${atMs}`
}

export function enrolProofText(token: string, sealKeys: readonly string[] = []): string {
  return ['ikoma-runner-enrol', token, ...sealKeys].join('\n')
}

export const enrolBody = z.strictObject({
  token: z.string().max(200),
  name: nameField.optional(),
  /** Raw Ed25519 public key, base64url. */
  publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'a raw Ed25519 public key in base64url'),
  /** What secrets are encrypted to: for orders that need root (the executor's, where there is one), then the runner's own where it is another. */
  sealKeys: z.array(rawKeyField).min(1).max(2).optional(),
  /** Ed25519 signature of `enrolProofText(token, sealKeys)`, base64url. */
  proof: z.string().regex(/^[A-Za-z0-9_-]{86}$/, 'an Ed25519 signature in base64url'),
  version: z.string().max(50).optional(),
  capabilities: jsonObjectField.optional(),
})

export const verifyKeySchema = z.object({ keyId: z.string(), publicKey: z.string() })

export const enrolledSchema = z.object({
  runnerId: idField,
  name: z.string(),
  token: z.string(),
  serverId: idField.nullable(),
  scopes: z.array(z.string()),
  concurrency: z.number().int(),
  /** Pin it: an order is executed only when this key signed its grant. */
  controlPlaneKey: verifyKeySchema,
})
export type Enrolled = z.infer<typeof enrolledSchema>

export const heartbeatBody = z.strictObject({
  status: z.enum(['ONLINE', 'OFFLINE']).default('ONLINE'),
  version: z.string().max(50).optional(),
  capabilities: jsonObjectField.optional(),
})

export const heartbeatReply = z.object({ ok: z.literal(true), serverTime: z.iso.datetime() })

export const claimQuery = z.object({
  /** Keep the request open until an order comes, at most this long. */
  waitSec: z.coerce.number().min(0).max(60).default(0),
  /** Answer `{orders: [...]}` with up to this many. Without it the answer is one order. */
  max: z.coerce.number().int().min(1).max(100).optional(),
})

/** Proof that the control plane wants exactly this done, by this runner, under this claim. */
export const signedGrantSchema = z.object({
  keyId: z.string(),
  /** The exact bytes that were signed, base64url; they are a `grantSchema`. */
  bytes: z.string().max(1_000_000),
  /** Ed25519 over the bytes, base64url. */
  signature: z.string().max(200),
})
export type SignedGrant = z.infer<typeof signedGrantSchema>

export const grantSchema = z.object({
  v: z.literal(1),
  orderId: idField,
  type: z.string(),
  payload: jsonObjectField,
  /** What `{"secret": name}` in the payload stands for; null when nothing does. */
  secrets: sealedSecretsSchema.nullish(),
  dryRun: z.boolean(),
  risk: z.enum(['read', 'change', 'destructive']),
  retryClass: z.enum(['idempotent', 'once']),
  runnerId: idField,
  serverId: idField.nullable(),
  attempt: z.number().int(),
  lease: z.string(),
  timeoutSec: z.number().int(),
  issuedAt: z.number().int(),
  /** Not to be started after this, epoch ms. */
  notAfter: z.number().int(),
})
export type Grant = z.infer<typeof grantSchema>

export const claimedOrderSchema = orderSchema.extend({
  lease: z.string(),
  /** How long the claim lasts without a start. */
  claimLeaseSec: z.number(),
  /** How long a started order lasts without a heartbeat. */
  runLeaseSec: z.number(),
  grant: signedGrantSchema,
})
export type ClaimedOrder = z.infer<typeof claimedOrderSchema>

/** Answer to start, heartbeat and complete. */
export const progressSchema = z.object({
  id: idField,
  status: orderSchema.shape.status,
  statusReason: z.string().nullable(),
  attempt: z.number().int(),
  leaseExpiresAt: z.iso.datetime().nullable(),
  /** Somebody asked to stop it: stop, then complete with outcome `canceled`. */
  cancelRequested: z.boolean(),
})
export type Progress = z.infer<typeof progressSchema>

export const orderHeartbeatQuery = z.object({
  /** Keep the request open until a cancel comes, at most this long. The lease is renewed when it arrives. */
  waitSec: z.coerce.number().min(0).max(60).default(0),
})

export const leaseHeaders = z.object({ [leaseHeader]: z.string().max(100).optional() })

export const logChunkBody = z.strictObject({
  /** The runner's count of chunks in this attempt, from 0. Sending one again changes nothing. */
  seq: z.number().int().min(0).max(1_000_000),
  lines: z
    .array(
      z.strictObject({
        /** Epoch ms, up to the year 9999. */
        at: z.number().int().min(0).max(253_402_300_799_999),
        stream: z.enum(['stdout', 'stderr', 'runner']),
        text: z.string().max(16_384),
      }),
    )
    .min(1)
    .max(1000),
})
export type LogChunkBody = z.infer<typeof logChunkBody>

export const logReply = z.object({ ok: z.literal(true), truncated: z.boolean() })

export const completeBody = z.strictObject({ report: reportSchema })

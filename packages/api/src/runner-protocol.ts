import { tokenPrefix } from '@ikoma/domain'
import * as z from 'zod'
import { describedField, idField, nameField } from './fields.ts'
import { grantAuditHead, signedGrantSchema } from './grant.ts'
import { orderSchema } from './orders.ts'
import { reportSchema } from './report.ts'
import { rawKeyField } from './secrets.ts'

/**
 * What a runner and the control plane say to each other, all of it over HTTP and begun by the runner:
 * enrol once; then heartbeat, and for each order claim -> start -> (heartbeat, logs)* -> complete.
 * start, heartbeat, logs and complete carry the claim's lease in `x-ikoma-lease`; 409 means the claim is lost: stop.
 */
export const leaseHeader = 'x-ikoma-lease'
/** Which protocol the runner speaks; absent means 1, which is not given orders any more. */
export const runnerProtocolHeader = 'x-runner-protocol'
export const runnerProtocol = 2
/** What the clock of the runner's machine shows, epoch ms: it decides nothing. */
export const runnerClockHeader = 'x-runner-clock'
/** A runner's clock that differs by more than this is told, and the times of its log lines are set right. */
export const runnerSkewMs = 5_000
export const runnerIdHeader = 'x-runner-id'
export const runnerTokenHeader = 'x-runner-token'
/** What a token begins with that a runner makes for itself. */
export const runnerTokenPrefix = tokenPrefix.runner

export const enrolBody = z.strictObject({
  token: z.string().max(200),
  name: nameField.optional(),
  /** Raw Ed25519 public key, base64url. */
  publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'a raw Ed25519 public key in base64url'),
  /** Of a former version: its signature of `formerEnrolProofText(token)`. Now `x-runner-proof` is, as with each later request. */
  proof: z
    .string()
    .regex(/^[A-Za-z0-9_-]{86}$/, 'an Ed25519 signature in base64url')
    .optional(),
  /** What secrets are encrypted to: for orders that need root (the executor's, where there is one), then the runner's own where it is another. */
  sealKeys: z.array(rawKeyField).min(1).max(2).optional(),
  version: z.string().max(50).optional(),
  capabilities: describedField.optional(),
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
  capabilities: describedField.optional(),
  /** That of the last grant which this runner executed: the audit must still lead to it. */
  auditHead: grantAuditHead.optional(),
})

export const heartbeatReply = z.object({
  ok: z.literal(true),
  serverTime: z.iso.datetime(),
  /** Its token was replaced and the former one ends: make another, and tell its hash. */
  renewToken: z.boolean().optional(),
})

/** A token that the runner made for itself, as its SHA-256 in base64url; itself it goes nowhere. Saying it again changes nothing. */
export const renewTokenBody = z.strictObject({
  tokenHash: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'a SHA-256 in base64url'),
})
export const renewTokenReply = z.object({ ok: z.literal(true) })

export const claimQuery = z.object({
  /** Keep the request open until an order comes, at most this long. */
  waitSec: z.coerce.number().min(0).max(60).default(0),
  /** Answer `{orders: [...]}` with up to this many. Without it the answer is one order. */
  max: z.coerce.number().int().min(1).max(100).optional(),
  /**
   * The answer to a claim may have been lost: first of all give again what this start of the runner claimed and has not
   * started, under the lease that it has. What is known already is for the runner to leave out.
   */
  again: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
})

export const claimedOrderSchema = orderSchema.extend({
  lease: z.string(),
  /** How long the claim lasts without a start. */
  claimLeaseSec: z.number(),
  /** How long a started order lasts without a heartbeat. */
  runLeaseSec: z.number(),
  grant: signedGrantSchema,
})
export type ClaimedOrder = z.infer<typeof claimedOrderSchema>

/** A claim among several: its grant says what is to be done, once is enough. */
export const listedClaimSchema = claimedOrderSchema.omit({ payload: true, report: true })
export type ListedClaim = z.infer<typeof listedClaimSchema>

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

import * as z from 'zod'
import { describedField, idField, jsonObjectField, labelsField, nameField, scopesField, timeField } from './fields.ts'
import { rawKeyField } from './secrets.ts'

export const defaultScopes = ['default']

export const runnerBody = z.strictObject({
  name: nameField.optional(),
  scopes: scopesField.default(defaultScopes),
  labels: labelsField.default({}),
  capabilities: describedField.default({}),
  concurrency: z.number().int().min(1).max(100).default(10),
})

export const runnerPatch = z
  .strictObject({
    name: nameField,
    scopes: scopesField,
    labels: labelsField,
    capabilities: describedField,
    concurrency: z.number().int().min(1).max(100),
    disabled: z.boolean(),
    sealKey: rawKeyField.describe('What secrets are encrypted to: `ikoma runner install` tells it on the server.'),
    runnerSealKey: rawKeyField.describe("The runner's own, where the executor has another."),
  })
  .partial()

export const runnerSchema = z
  .object({
    id: idField,
    name: z.string(),
    status: z.enum(['ONLINE', 'OFFLINE', 'DISABLED']),
    scopes: z.array(z.string()),
    labels: z.record(z.string(), z.string()),
    capabilities: jsonObjectField,
    concurrency: z.number().int(),
    serverId: idField.nullable(),
    enrolled: z.boolean(),
    /** The highest protocol that it spoke; null before it did. */
    protocol: z.number().int().nullable(),
    /** It must be updated before it is given orders again. */
    tooOld: z.boolean(),
    /** The machines that speak under its name at the same time, which is why none of them gets orders; null when it is one. */
    cloned: z
      .array(z.object({ machine: z.string(), address: z.string(), since: timeField, lastSeenAt: timeField }))
      .nullable(),
    clockSkewMs: z
      .number()
      .nullable()
      .describe('How far the clock of its machine is ahead (or, negative, behind) of ours; null before it said so.'),
    draining: z
      .object({ since: timeField, by: z.string() })
      .nullable()
      .describe('Set while it gets no more orders, until it is resumed or restarted.'),
    rotation: z
      .object({
        askedAt: timeField,
        fetchedAt: timeField.nullable().describe('When it had made itself the new token; null while it has not.'),
        formerUntil: timeField.nullable().describe('Until when the former token holds, while the new one is awaited.'),
        lockedOut: z.boolean().describe('The former token ended before there was a new one: it must be invited again.'),
      })
      .nullable()
      .describe('The last new token that an enrolled runner was asked to make; null where none was.'),
    refused: z
      .object({
        since: timeField,
        lastAt: timeField,
        address: z.string(),
        former: z.boolean().describe('It was the token that it had before: no stranger, but the runner itself.'),
      })
      .nullable()
      .describe(
        'Credentials refused under its name while it is not heard, as this process remembers for a quarter of an hour.',
      ),
    opensSecrets: z.boolean().describe('Whether secrets can be delivered to it.'),
    version: z.string().nullable(),
    lastSeenAt: timeField.nullable(),
    createdAt: timeField,
  })
  .meta({ id: 'Runner' })
export type RunnerResource = z.infer<typeof runnerSchema>

/** The token is shown this once. */
export const runnerWithToken = runnerSchema.extend({ token: z.string() })
export type RunnerWithToken = z.infer<typeof runnerWithToken>

export const drainBody = z.strictObject({
  draining: z.boolean().describe('True: no more orders are given; what runs ends. False: as before.'),
})

export const rotateBody = z.strictObject({
  /**
   * How long the old token still works. Unless it is said: five minutes, and for a runner that enrolled, which fetches its
   * new one by itself when it is heard, at most a week and until it has.
   */
  overlapSec: z.number().int().min(0).max(604_800).optional(),
})

/** The token is null for a runner that enrolled: it makes its own. */
export const rotated = z.object({ id: idField, token: z.string().nullable(), previousTokenExpiresAt: timeField })

export const enrolmentBody = z.strictObject({
  name: nameField.default('runner'),
  serverId: idField.optional(),
  scopes: scopesField.default(['runner', 'system.facts', 'check']),
  labels: labelsField.default({}),
  concurrency: z.number().int().min(1).max(100).default(4),
})

/** The token is shown this once, works once, and for 15 minutes. */
export const enrolmentSchema = z
  .object({
    id: idField,
    name: z.string(),
    serverId: idField.nullable(),
    scopes: z.array(z.string()),
    token: z.string(),
    expiresAt: timeField,
  })
  .meta({ id: 'Enrolment' })
export type EnrolmentResource = z.infer<typeof enrolmentSchema>

/** An invitation that nobody has redeemed yet; its token is never shown again. */
export const openEnrolmentSchema = enrolmentSchema
  .omit({ token: true })
  .extend({ createdBy: z.string(), createdAt: timeField })
  .meta({ id: 'OpenEnrolment' })
export type OpenEnrolmentResource = z.infer<typeof openEnrolmentSchema>

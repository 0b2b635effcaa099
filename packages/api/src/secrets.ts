import { maxSecretBytes, minSecretLength, secretNamePattern } from '@ikoma/domain'
import * as z from 'zod'
import { idField, pageQuery, timeField } from './fields.ts'

export const secretNameField = z
  .string()
  .regex(secretNamePattern, 'letters, digits and . _ -, beginning with a letter or digit, at most 100')

/** A raw X25519 public key, base64url. */
export const rawKeyField = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'a raw public key in base64url')

const bytesOf = (text: string) => new TextEncoder().encode(text).length

export const secretBody = z.strictObject({
  value: z
    .string()
    .max(maxSecretBytes)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must be Unicode text without NUL')
    .refine((text) => bytesOf(text) <= maxSecretBytes, `at most ${maxSecretBytes} bytes in UTF-8`)
    .refine(
      (text) => text.trim().length >= minSecretLength,
      `at least ${minSecretLength} characters: a shorter one could not be hidden in what programs print`,
    ),
  servers: z
    .array(idField)
    .min(1)
    .max(200)
    .nullable()
    .optional()
    .describe('The servers whose orders may name it; null for all. Left out, it stays as it was.'),
})

/** The value is never shown. */
export const secretSchema = z
  .object({
    name: z.string(),
    version: z.number().int(),
    servers: z.array(idField).nullable(),
    keyVersion: z.number().int().describe('The key of the control plane that it is encrypted with.'),
    state: z
      .enum(['ok', 'broken', 'key_missing'])
      .describe('`broken`: somebody edited the database; `key_missing`: its key is not in the keys folder.'),
    createdAt: timeField,
    createdBy: z.string(),
    updatedAt: timeField,
    updatedBy: z.string(),
  })
  .meta({ id: 'Secret' })
export type SecretResource = z.infer<typeof secretSchema>

export const secretParams = z.object({ name: secretNameField })
export const secretQuery = pageQuery
export const secretRemoveQuery = z.object({
  /** Remove it although orders that are not over, or schedules, name it. */
  force: z.enum(['0', '1', 'true', 'false']).default('false'),
})

export const secretRotateBody = z.strictObject({
  keyVersion: z.number().int().min(1).optional().describe('Go on with the rotation to this key; a new one without it.'),
})

export const secretRotation = z.object({
  keyVersion: z.number().int(),
  moved: z.number().int().describe('How many secrets this call moved.'),
  done: z.boolean().describe('Whether none is left under a former key; ask again with `keyVersion` until it is so.'),
})
export type SecretRotation = z.infer<typeof secretRotation>

/** What the HPKE message of an order's secrets is for (its `info`). */
export const secretsInfo = 'ikoma-secrets-1'

import * as z from 'zod'
import { pathField } from './fields/path.ts'
import { family, look } from './order-type.ts'

export const redis = family({
  'redis.info': look({
    title: { en: 'Show the state of Redis', fr: 'Afficher l’état de Redis' },
    payload: z.strictObject({
      host: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9.:-]{0,252}$/, 'a host name or an IP address')
        .default('127.0.0.1'),
      port: z.number().int().min(1).max(65_535).default(6379),
      /** Its Unix socket, instead of host and port. */
      socket: pathField.optional(),
      /** Holds the password on its first line; of the runner's user, and 0600. */
      authFile: pathField.optional(),
    }),
    example: {},
    output: z.object({
      version: z.string(),
      role: z.string(),
      uptimeSec: z.number().int(),
      connectedClients: z.number().int(),
      usedMemoryBytes: z.number().int(),
      /** 0 when there is no limit. */
      maxMemoryBytes: z.number().int(),
      maxMemoryPolicy: z.string(),
      evictedKeys: z.number().int(),
      /** By database. */
      keys: z.record(z.string(), z.number().int()),
      persistence: z.object({
        appendOnly: z.boolean(),
        /** `ok`, or what the last attempt ended with. */
        lastSave: z.string(),
        lastSaveAt: z.iso.datetime(),
        changesSinceSave: z.number().int(),
      }),
    }),
  }),
})

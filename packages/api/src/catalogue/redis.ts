import * as z from 'zod'
import { hostField } from './fields/host.ts'
import { pathField } from './fields/path.ts'
import { family, look } from './order-type.ts'

export const redis = family({
  'redis.info': look({
    title: { en: 'Show the state of Redis', fr: 'Montrer l’état de Redis' },
    payload: z.strictObject({
      host: hostField.default('127.0.0.1').describe('The host name or IP address of Redis.'),
      port: z.number().int().min(1).max(65_535).default(6379).describe('The port that Redis listens on.'),
      socket: pathField.optional().describe("The path of Redis's Unix socket, in place of host and port."),
      authFile: pathField
        .optional()
        .describe(
          "A file of the server with the password on its first line; it belongs to the runner's account and has mode 0600.",
        ),
    }),
    example: {},
    output: z.object({
      version: z.string(),
      role: z.string(),
      uptimeSec: z.number().int(),
      connectedClients: z.number().int(),
      usedMemoryBytes: z.number().int(),
      maxMemoryBytes: z.number().int().describe('0 when there is no limit.'),
      maxMemoryPolicy: z.string(),
      evictedKeys: z.number().int(),
      keys: z.record(z.string(), z.number().int()).describe('The number of keys, by database.'),
      persistence: z.object({
        appendOnly: z.boolean(),
        lastSave: z.string().describe('`ok`, or what the last attempt ended with.'),
        lastSaveAt: z.iso.datetime(),
        changesSinceSave: z.number().int(),
      }),
    }),
  }),
})

import * as z from 'zod'
import { postgresConnectionFields, postgresNameField } from '../backups.ts'
import { accountField } from './fields/account.ts'
import { family, look } from './order-type.ts'

export const postgres = family({
  'db.postgres.ready': look({
    title: { en: 'Check that PostgreSQL answers', fr: 'Vérifier que PostgreSQL répond' },
    timeoutSec: 120,
    privileged: true,
    payload: z.strictObject({
      database: postgresNameField.default('postgres'),
      timeoutMs: z.number().int().min(100).max(60_000).default(5_000),
      ...postgresConnectionFields,
    }),
    example: {},
    output: z.object({
      version: z.string(),
      /** A standby, or one that replays its log: it takes no writes. */
      inRecovery: z.boolean(),
      connections: z.number().int(),
      maxConnections: z.number().int(),
      sizeBytes: z.number(),
    }),
  }),

  'db.postgres.query': look({
    title: { en: 'Read from a PostgreSQL database', fr: 'Lire dans une base PostgreSQL' },
    timeoutSec: 120,
    privileged: true,
    payload: z.strictObject({
      database: postgresNameField,
      /** One SELECT, VALUES or WITH. It is stored and shown with the order: no place for a secret. */
      sql: z
        .string()
        .min(1)
        .max(10_000)
        .refine((text) => !text.includes('\0'), 'must not contain NUL'),
      maxRows: z.number().int().min(1).max(1_000).default(100),
      maxBytes: z.number().int().min(1_000).max(131_072).default(65_536),
      timeoutMs: z.number().int().min(10).max(60_000).default(5_000),
      ...postgresConnectionFields,
      /** Not a superuser: its queries could write the server's files and run programs. */
      runAs: accountField,
    }),
    example: { database: 'app', sql: 'SELECT 1', runAs: 'reader' },
    output: z.object({
      columns: z.array(z.string()),
      /** Values as PostgreSQL writes them. */
      rows: z.array(z.array(z.string().nullable())),
      truncated: z.boolean(),
    }),
  }),
})

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
      database: postgresNameField.default('postgres').describe('The database to connect to.'),
      timeoutMs: z
        .number()
        .int()
        .min(100)
        .max(60_000)
        .default(5_000)
        .describe('Milliseconds that PostgreSQL has to answer.'),
      ...postgresConnectionFields,
    }),
    example: {},
    output: z.object({
      version: z.string(),
      inRecovery: z.boolean().describe('Whether it is a standby, or replays its log: it takes no writes.'),
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
      database: postgresNameField.describe('The database to read from.'),
      sql: z
        .string()
        .min(1)
        .max(10_000)
        .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must be Unicode text without NUL')
        .describe('One SELECT, VALUES or WITH; it is stored and shown with the order, so it is no place for a secret.'),
      maxRows: z
        .number()
        .int()
        .min(1)
        .max(1_000)
        .default(100)
        .describe('How many rows to answer with at most; the rest is left out, and `truncated` says so.'),
      maxBytes: z
        .number()
        .int()
        .min(1_000)
        .max(131_072)
        .default(65_536)
        .describe('How many bytes of values to answer with at most; the rest is left out, and `truncated` says so.'),
      timeoutMs: z.number().int().min(10).max(60_000).default(5_000).describe('Milliseconds that the query may take.'),
      ...postgresConnectionFields,
      runAs: accountField.describe(
        "The account of the server that reads; no superuser, whose queries could write the server's files and run programs.",
      ),
    }),
    example: { database: 'app', sql: 'SELECT 1', runAs: 'reader' },
    output: z.object({
      columns: z.array(z.string()),
      rows: z.array(z.array(z.string().nullable())).describe('Values as PostgreSQL writes them.'),
      truncated: z.boolean(),
    }),
  }),
})

import * as z from 'zod'
import { postgresConnectionFields, postgresNameField } from '../backups.ts'
import { accountField } from './fields/account.ts'
import { change, family, look } from './order-type.ts'

/** What PostgreSQL keeps for itself, and what grants more than an app may have. */
const ownRoles = /^(pg_.*|postgres|public|none)$/i
const ownDatabases = /^(postgres|template.*|pg_.*|ikoma_(proof|restore|making)_.*)$/i

/** Predefined roles that read, and change nothing: others write files, run programs or end what others do. */
const readingRoles = [
  'pg_monitor',
  'pg_read_all_data',
  'pg_read_all_settings',
  'pg_read_all_stats',
  'pg_stat_scan_tables',
]

const appRoleField = postgresNameField.refine(
  (name) => !ownRoles.test(name),
  "must be an app's role, not PostgreSQL's own",
)

const memberOfField = postgresNameField.refine(
  (name) => !ownRoles.test(name) || readingRoles.includes(name),
  `must be an app's role, or one of ${readingRoles.join(', ')}`,
)

const appDatabaseField = postgresNameField.refine(
  (name) => !ownDatabases.test(name),
  "must be an app's database, not PostgreSQL's or IKOMA's own",
)

/** Normalization forms differ from client to client: what every one sends alike is ASCII. */
const passwordField = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => /^[ -~]+$/.test(text), 'must be letters, digits and signs of ASCII')

const connectionLimitField = z.number().int().min(0).max(10_000).optional()

const adoptField = z.boolean().default(false)

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

  'db.postgres.role.apply': change({
    title: { en: 'Make a role of PostgreSQL', fr: 'Créer un rôle PostgreSQL' },
    timeoutSec: 120,
    turn: 'postgres',
    payload: z.strictObject({
      name: appRoleField.describe("The role, which is an app's: neither `postgres` nor one that begins with `pg_`."),
      login: z.boolean().default(true).describe('Whether one can log in with it; a role without is a group.'),
      password: passwordField
        .optional()
        .describe(
          'Its password, of 8 characters or more; it is left as it is when absent. PostgreSQL gets only what checks it.',
        ),
      connectionLimit: connectionLimitField.describe(
        'How many connections it may have at once; absent, a new role has no limit, and that of another stays.',
      ),
      createdb: z
        .boolean()
        .default(false)
        .describe('Whether it may make databases, as who proves the backups of its own must.'),
      memberOf: z
        .array(memberOfField)
        .max(20)
        .optional()
        .describe('The roles whose rights it has, all of them: it leaves any other. Absent, they stay as they are.'),
      adopt: adoptField.describe('Whether a role that no order made may be changed by this one.'),
      ...postgresConnectionFields,
    }),
    example: { name: 'shop', connectionLimit: 20 },
  }),

  'db.postgres.database.apply': change({
    title: { en: 'Make a PostgreSQL database', fr: 'Créer une base PostgreSQL' },
    turn: 'postgres',
    payload: z.strictObject({
      name: appDatabaseField.describe("The database, which is an app's: neither `postgres` nor a template."),
      owner: appRoleField.describe('The role that it belongs to, which must be there and be no superuser.'),
      changeOwner: z
        .boolean()
        .default(false)
        .describe(
          'Whether a database that belongs to another role is given to `owner`; what is in it stays whose it is.',
        ),
      encoding: z
        .enum(['UTF8', 'LATIN1', 'LATIN9', 'SQL_ASCII'])
        .default('UTF8')
        .describe('How its texts are stored, which cannot be changed later.'),
      locale: z
        .string()
        .regex(/^[A-Za-z][A-Za-z0-9_.@-]{0,62}$/, 'a locale such as "C.UTF-8" or "fr_FR.UTF-8"')
        .optional()
        .describe(
          "How it sorts, which cannot be changed later: `fr_FR.UTF-8`; that of the server's template by default.",
        ),
      connectionLimit: connectionLimitField.describe(
        'How many connections it takes at once; absent, a new database has no limit, and that of another stays.',
      ),
      publicConnect: z
        .boolean()
        .default(false)
        .describe('Whether every role may connect to it; otherwise its owner and `mayConnect` alone.'),
      mayConnect: z
        .array(memberOfField)
        .max(50)
        .default([])
        .describe('Roles that may connect to it beside its owner; those that were let in by name before stay.'),
      extensions: z
        .array(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'the name of an extension such as "pg_trgm"'))
        .max(20)
        .default([])
        .describe('Extensions to have in it, of those that PostgreSQL trusts an owner with; others in it stay.'),
      adopt: adoptField.describe('Whether a database that no order made may be changed by this one.'),
      ...postgresConnectionFields,
    }),
    example: { name: 'shop', owner: 'shop', extensions: ['pg_trgm'] },
  }),
})

import * as z from 'zod'
import { accountField } from './catalogue/fields/account.ts'
import { hostField } from './catalogue/fields/host.ts'
import { pathField } from './catalogue/fields/path.ts'

/** When it was taken and six random letters: sorts by age, names its files. */
export const backupIdPattern = /^(\d{8}T\d{6}Z)-[0-9a-f]{6}$/
export const backupIdField = z.string().regex(backupIdPattern, 'a backup id such as 20260115T020000Z-1a2b3c')

/** What the backups of one database are filed under. */
export const backupNameField = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a name: lower-case letters, digits and -, at most 63')

/** Of a database or a role. */
export const postgresNameField = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/, 'a name: letters, digits, _ and -, at most 63')

/** How PostgreSQL is reached from the server it is managed on. A password is only ever in a file there. */
export const postgresConnectionFields = {
  runAs: accountField
    .default('postgres')
    .describe('The account of the server that the tools run as; with peer authentication it is also the role.'),
  role: postgresNameField
    .optional()
    .describe('The role of PostgreSQL to connect as; the name of the account by default.'),
  host: z
    .union([pathField, hostField])
    .default('/var/run/postgresql')
    .describe("The directory of PostgreSQL's Unix socket, or a host name."),
  port: z
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(5432)
    .describe('The port that PostgreSQL listens on; it also names the socket.'),
  authFile: pathField
    .optional()
    .describe(
      'A file of the server with the password, in the format of .pgpass; it belongs to `runAs` and has mode 0600.',
    ),
}

const postgresConnection = z.strictObject(postgresConnectionFields)
export type PostgresConnection = z.infer<typeof postgresConnection>

export const backupEngines = ['sqlite', 'postgres'] as const

/** A fall that is no accident in most databases is still no reason to lose what was there before it. */
const suspectFallPercent = 50

/** From when on a backup holds too little to be believed, against the last good one of the same database. */
export const fallFields = {
  suspectFallPercent: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(suspectFallPercent)
    .describe(
      'From which fall on a backup is suspect, in percent of the tables, rows or bytes of the last good one; it is kept, is not good, and pushes none out.',
    ),
  mayShrink: z
    .array(
      z
        .string()
        .regex(
          /^[A-Za-z_](?:[A-Za-z0-9_ .-]{0,125}[A-Za-z0-9_*])?$/,
          'a table, as the report of a backup names it, or the beginning of some and *',
        ),
    )
    .max(100)
    .default([])
    .describe('Tables whose rows come and go, such as those of a queue: they are not compared.'),
}

const fallLimits = z.strictObject(fallFields)
export type FallLimits = z.infer<typeof fallLimits>
/** What a backup is judged by that was taken before backups were compared. */
export const usualFall: FallLimits = { suspectFallPercent, mayShrink: [] }

/** Lies beside each backup, and is written last: a backup without one was never finished. */
export const backupManifestSchema = z.strictObject({
  version: z.literal(1),
  id: backupIdField,
  name: backupNameField,
  engine: z.enum(backupEngines),
  engineVersion: z.string(),
  source: z.string().describe('The file, or the database.'),
  runAs: accountField.describe('The account that it was taken as, and that it is read as again.'),
  connection: postgresConnection.nullable(),
  file: z
    .string()
    .regex(/^[A-Za-z0-9.-]+$/)
    .describe('Name of the file beside this one.'),
  bytes: z.number().int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  takenAt: z.iso.datetime(),
  takenBy: z.string().describe("The order's attempt that took it."),
  tables: z.record(z.string(), z.number().int()).describe('How many rows each table had when it was taken.'),
  schemaSha256: z.string(),
  proof: z
    .object({ at: z.iso.datetime(), checks: z.array(z.string()) })
    .nullable()
    .describe(
      'That these very bytes were restored into a scratch database, and what was checked there; null when they were not.',
    ),
  problem: z.string().nullable().describe('Why there is no proof.'),
  suspect: z
    .string()
    .nullable()
    .optional()
    .describe('What it holds so much less of than the last good backup; absent where nobody has compared them yet.'),
})
export type BackupManifest = z.infer<typeof backupManifestSchema>

/**
 * proven: its bytes are those that were restored and checked. suspect: so they are, and hold much less than the last good
 * backup. unproven: they were not, or failed. damaged: they are not the bytes that were taken. missing: they are not there.
 * Only the first is good.
 */
export const backupStates = ['proven', 'suspect', 'unproven', 'damaged', 'missing'] as const
export type BackupState = (typeof backupStates)[number]

/** A backup as it is told: without its tables, which may be many. */
export const backupSchema = backupManifestSchema
  .omit({ version: true, tables: true, schemaSha256: true, connection: true })
  .extend({
    state: z.enum(backupStates),
    suspect: z.string().nullable().default(null).describe('What it holds so much less of than the last good backup.'),
    tableCount: z.number().int(),
    rowCount: z.number().int(),
  })
export type Backup = z.infer<typeof backupSchema>

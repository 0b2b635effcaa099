import * as z from 'zod'
import { accountField } from './catalogue/fields/account.ts'
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
  /** The account on the server that the tools run as: with peer authentication it is who they are. */
  runAs: accountField.default('postgres'),
  /** The role; the name of the account by default. */
  role: postgresNameField.optional(),
  /** The directory of its socket, or a host name. */
  host: z.union([pathField, z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/)]).default('/var/run/postgresql'),
  port: z.number().int().min(1).max(65_535).default(5432),
  /** In the format of .pgpass: of `runAs`, and 0600. */
  authFile: pathField.optional(),
}

const postgresConnection = z.strictObject(postgresConnectionFields)
export type PostgresConnection = z.infer<typeof postgresConnection>

export const backupEngines = ['sqlite', 'postgres'] as const

/** Lies beside each backup, and is written last: a backup without one was never finished. */
export const backupManifestSchema = z.strictObject({
  version: z.literal(1),
  id: backupIdField,
  name: backupNameField,
  engine: z.enum(backupEngines),
  engineVersion: z.string(),
  /** The file, or the database. */
  source: z.string(),
  /** The account that it was taken as, and that it is read as again. */
  runAs: accountField,
  connection: postgresConnection.nullable(),
  /** Name of the file beside this one. */
  file: z.string().regex(/^[A-Za-z0-9.-]+$/),
  bytes: z.number().int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  takenAt: z.iso.datetime(),
  /** The order's attempt that took it. */
  takenBy: z.string(),
  /** What was in it when it was taken: rows by table, and a digest of the schema. */
  tables: z.record(z.string(), z.number().int()),
  schemaSha256: z.string(),
  /** That these very bytes were restored into a scratch database, and what was checked there; null when they were not. */
  proof: z.object({ at: z.iso.datetime(), checks: z.array(z.string()) }).nullable(),
  /** Why there is no proof. */
  problem: z.string().nullable(),
})
export type BackupManifest = z.infer<typeof backupManifestSchema>

/**
 * proven: its bytes are those that were restored and checked. unproven: they were not, or failed. damaged: they are not the
 * bytes that were taken. missing: they are not there. Only the first is good.
 */
export const backupStates = ['proven', 'unproven', 'damaged', 'missing'] as const
export type BackupState = (typeof backupStates)[number]

/** A backup as it is told: without its tables, which may be many. */
export const backupSchema = backupManifestSchema
  .omit({ version: true, tables: true, schemaSha256: true, connection: true })
  .extend({ state: z.enum(backupStates), tableCount: z.number().int(), rowCount: z.number().int() })
export type Backup = z.infer<typeof backupSchema>

import * as z from 'zod'
import {
  backupIdField,
  backupNameField,
  backupSchema,
  postgresConnectionFields,
  postgresNameField,
} from '../backups.ts'
import { s3PlaceSchema } from '../s3.ts'
import { changeOutput } from './change-output.ts'
import { orderType } from './order-type.ts'
import { accountField, pathField } from './system.ts'

/** Of root alone: what an app could rename, root must not write through. */
const directoryField = pathField.default('/var/backups/ikoma')
/** A backup is filed under the name, and read from there. */
const shelf = {
  name: backupNameField,
  directory: directoryField,
  /** A bucket that keeps the backups instead; they pass through the directory. */
  s3: s3PlaceSchema.optional(),
}

const readsAll = { retryClass: 'idempotent', timeoutSec: 3600, approval: false, privileged: true } as const
const restores = {
  risk: 'destructive',
  retryClass: 'once',
  timeoutSec: 3600,
  approval: true,
  privileged: true,
} as const

const restored = {
  /** The backup to restore, or */
  backup: backupIdField.optional(),
  /** the former database to put back, by the id that its restore told. */
  undo: backupIdField.optional(),
}

const oneOfBoth = [
  ({ backup, undo }: { backup?: string | undefined; undo?: string | undefined }) =>
    (backup === undefined) !== (undo === undefined),
  { message: 'give either a backup to restore or a restore to undo', path: ['backup'] },
] satisfies [unknown, unknown]

const restoreOutput = z.object({
  restored: backupIdField.nullable(),
  /** What was there before is kept, and `undo` with this id puts it back; null when nothing was there. */
  former: z.object({ id: backupIdField, place: z.string() }).nullable(),
})

export const dbSqliteBackup = orderType({
  type: 'db.sqlite.backup',
  title: { en: 'Back up a SQLite database', fr: 'Sauvegarder une base SQLite' },
  requiredScope: 'db.sqlite.backup',
  risk: 'change',
  ...readsAll,
  payload: z.strictObject({ path: pathField, ...shelf }),
  /** Null in a dry run. */
  output: z.object({ backup: backupSchema.nullable() }),
})

export const dbSqliteRestore = orderType({
  type: 'db.sqlite.restore',
  title: { en: 'Restore a SQLite database', fr: 'Restaurer une base SQLite' },
  requiredScope: 'db.sqlite.restore',
  ...restores,
  payload: z
    .strictObject({
      path: pathField,
      ...shelf,
      ...restored,
      /** Whose database it is; whose the present one is, by default. */
      owner: accountField.optional(),
    })
    .refine(...oneOfBoth),
  output: restoreOutput,
})

export const dbPostgresBackup = orderType({
  type: 'db.postgres.backup',
  title: { en: 'Back up a PostgreSQL database', fr: 'Sauvegarder une base PostgreSQL' },
  requiredScope: 'db.postgres.backup',
  risk: 'change',
  ...readsAll,
  payload: z.strictObject({ database: postgresNameField, ...shelf, ...postgresConnectionFields }),
  /** Null in a dry run. */
  output: z.object({ backup: backupSchema.nullable() }),
})

export const dbPostgresRestore = orderType({
  type: 'db.postgres.restore',
  title: { en: 'Restore a PostgreSQL database', fr: 'Restaurer une base PostgreSQL' },
  requiredScope: 'db.postgres.restore',
  ...restores,
  payload: z
    .strictObject({ database: postgresNameField, ...shelf, ...restored, ...postgresConnectionFields })
    .refine(...oneOfBoth),
  output: restoreOutput,
})

export const backupList = orderType({
  type: 'backup.list',
  title: { en: 'List backups and what they are worth', fr: 'Lister les sauvegardes et leur valeur' },
  requiredScope: 'backup.list',
  risk: 'read',
  ...readsAll,
  payload: z.strictObject({ ...shelf, limit: z.number().int().min(1).max(200).default(50) }),
  output: z.object({
    backups: z.array(backupSchema),
    total: z.number().int(),
    /** The youngest that is good; null when there is none. */
    lastProven: backupIdField.nullable(),
  }),
})

export const backupVerify = orderType({
  type: 'backup.verify',
  title: { en: 'Prove a backup by restoring it', fr: 'Prouver une sauvegarde en la restaurant' },
  requiredScope: 'backup.verify',
  risk: 'change',
  ...readsAll,
  payload: z.strictObject({
    ...shelf,
    /** The youngest by default. */
    backup: backupIdField.optional(),
    /** The account to restore it as, where the one that it was taken as is not. */
    runAs: accountField.optional(),
  }),
  output: z.object({ backup: backupSchema }),
})

export const backupPrune = orderType({
  type: 'backup.prune',
  title: { en: 'Remove old backups', fr: 'Supprimer les anciennes sauvegardes' },
  requiredScope: 'backup.prune',
  // It never removes the last proven ones, so it needs no approval and may be scheduled.
  risk: 'change',
  ...readsAll,
  payload: z.strictObject({
    ...shelf,
    keepDays: z.number().int().min(1).max(3650).default(7),
    /** So many proven ones stay, however old they are. */
    keepProven: z.number().int().min(1).max(100).default(3),
  }),
  output: changeOutput,
})

import * as z from 'zod'
import {
  backupIdField,
  backupNameField,
  backupSchema,
  postgresConnectionFields,
  postgresNameField,
} from '../backups.ts'
import { s3PlaceSchema } from '../s3.ts'
import { accountField } from './fields/account.ts'
import { pathField } from './fields/path.ts'
import { act, change, family, look } from './order-type.ts'

/** Of root alone: what an app could rename, root must not write through. */
const directoryField = pathField.default('/var/backups/ikoma')
/** A backup is filed under the name, and read from there. */
const shelf = {
  name: backupNameField,
  directory: directoryField,
  /** A bucket that keeps the backups instead; they pass through the directory. */
  s3: s3PlaceSchema.optional(),
}

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

export const backup = family({
  'db.sqlite.backup': act({
    title: { en: 'Back up a SQLite database', fr: 'Sauvegarder une base SQLite' },
    retryClass: 'idempotent',
    timeoutSec: 3600,
    payload: z.strictObject({ path: pathField, ...shelf }),
    example: { path: '/var/lib/app/app.db', name: 'app' },
    /** Null in a dry run. */
    output: z.object({ backup: backupSchema.nullable() }),
  }),

  'db.sqlite.restore': act({
    title: { en: 'Restore a SQLite database', fr: 'Restaurer une base SQLite' },
    risk: 'destructive',
    timeoutSec: 3600,
    payload: z
      .strictObject({
        path: pathField,
        ...shelf,
        ...restored,
        /** Whose database it is; whose the present one is, by default. */
        owner: accountField.optional(),
      })
      .refine(...oneOfBoth),
    example: { path: '/var/lib/app/app.db', name: 'app', backup: '20260115T020000Z-1a2b3c' },
    output: restoreOutput,
  }),

  'db.postgres.backup': act({
    title: { en: 'Back up a PostgreSQL database', fr: 'Sauvegarder une base PostgreSQL' },
    retryClass: 'idempotent',
    timeoutSec: 3600,
    payload: z.strictObject({ database: postgresNameField, ...shelf, ...postgresConnectionFields }),
    example: { database: 'app', name: 'app' },
    /** Null in a dry run. */
    output: z.object({ backup: backupSchema.nullable() }),
  }),

  'db.postgres.restore': act({
    title: { en: 'Restore a PostgreSQL database', fr: 'Restaurer une base PostgreSQL' },
    risk: 'destructive',
    timeoutSec: 3600,
    payload: z
      .strictObject({ database: postgresNameField, ...shelf, ...restored, ...postgresConnectionFields })
      .refine(...oneOfBoth),
    example: { database: 'app', name: 'app', backup: '20260115T020000Z-1a2b3c' },
    output: restoreOutput,
  }),

  'backup.list': look({
    title: { en: 'List backups and what they are worth', fr: 'Lister les sauvegardes et leur valeur' },
    timeoutSec: 3600,
    privileged: true,
    payload: z.strictObject({ ...shelf, limit: z.number().int().min(1).max(200).default(50) }),
    example: { name: 'app' },
    output: z.object({
      backups: z.array(backupSchema),
      total: z.number().int(),
      /** The youngest that is good; null when there is none. */
      lastProven: backupIdField.nullable(),
    }),
  }),

  'backup.verify': act({
    title: { en: 'Prove a backup by restoring it', fr: 'Prouver une sauvegarde en la restaurant' },
    retryClass: 'idempotent',
    timeoutSec: 3600,
    payload: z.strictObject({
      ...shelf,
      /** The youngest by default. */
      backup: backupIdField.optional(),
      /** The account to restore it as, where the one that it was taken as is not. */
      runAs: accountField.optional(),
    }),
    example: { name: 'app' },
    output: z.object({ backup: backupSchema }),
  }),

  // It never removes the last proven ones, so it needs no approval and may be scheduled.
  'backup.prune': change({
    title: { en: 'Remove old backups', fr: 'Supprimer les anciennes sauvegardes' },
    timeoutSec: 3600,
    payload: z.strictObject({
      ...shelf,
      keepDays: z.number().int().min(1).max(3650).default(7),
      /** So many proven ones stay, however old they are. */
      keepProven: z.number().int().min(1).max(100).default(3),
    }),
    example: { name: 'app' },
  }),
})

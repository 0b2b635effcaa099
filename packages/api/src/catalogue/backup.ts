import * as z from 'zod'
import {
  backupIdField,
  backupNameField,
  backupSchema,
  fallFields,
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
  name: backupNameField.describe('What the backups of this database are filed under, and found by.'),
  directory: directoryField.describe(
    'The folder of root that the backups lie in, or pass through on their way to a bucket.',
  ),
  s3: s3PlaceSchema
    .optional()
    .describe('A bucket that keeps the backups in place of the folder; they pass through the folder.'),
}

const restored = {
  backup: backupIdField.optional().describe('The id of the backup to restore; give this or `undo`.'),
  undo: backupIdField
    .optional()
    .describe(
      'The id that an earlier restore told, to put back the database as it was before it; give this or `backup`.',
    ),
}

const oneOfBoth = [
  ({ backup, undo }: { backup?: string | undefined; undo?: string | undefined }) =>
    (backup === undefined) !== (undo === undefined),
  { message: 'give either a backup to restore or a restore to undo', path: ['backup'] },
] satisfies [unknown, unknown]

const restoreOutput = z.object({
  restored: backupIdField.nullable(),
  former: z
    .object({ id: backupIdField, place: z.string() })
    .nullable()
    .describe('What was there before and is kept: `undo` with this id puts it back; null when nothing was there.'),
})

export const backup = family({
  'db.sqlite.backup': act({
    title: { en: 'Back up a SQLite database', fr: 'Sauvegarder une base SQLite' },
    retryClass: 'idempotent',
    timeoutSec: 3600,
    payload: z.strictObject({ path: pathField.describe('The file of the database.'), ...shelf, ...fallFields }),
    example: { path: '/var/lib/app/app.db', name: 'app' },
    /** Null in a dry run. */
    output: z.object({ backup: backupSchema.nullable() }),
  }),

  'db.sqlite.restore': act({
    title: { en: 'Restore a SQLite database', fr: 'Restaurer une base SQLite' },
    risk: 'destructive',
    timeoutSec: 3600,
    staysAfterStop: 'what was proven of the backup stays true',
    payload: z
      .strictObject({
        path: pathField.describe('The file that the database is restored to.'),
        ...shelf,
        ...restored,
        owner: accountField
          .optional()
          .describe('The account that the restored file belongs to; by default the owner of the file that is there.'),
      })
      .refine(...oneOfBoth),
    example: { path: '/var/lib/app/app.db', name: 'app', backup: '20260115T020000Z-1a2b3c' },
    output: restoreOutput,
  }),

  'db.postgres.backup': act({
    title: { en: 'Back up a PostgreSQL database', fr: 'Sauvegarder une base PostgreSQL' },
    retryClass: 'idempotent',
    timeoutSec: 3600,
    payload: z.strictObject({
      database: postgresNameField.describe('The name of the database to back up.'),
      ...shelf,
      ...fallFields,
      ...postgresConnectionFields,
    }),
    example: { database: 'app', name: 'app' },
    /** Null in a dry run. */
    output: z.object({ backup: backupSchema.nullable() }),
  }),

  'db.postgres.restore': act({
    title: { en: 'Restore a PostgreSQL database', fr: 'Restaurer une base PostgreSQL' },
    risk: 'destructive',
    timeoutSec: 3600,
    staysAfterStop: 'what was proven of the backup stays true',
    payload: z
      .strictObject({
        database: postgresNameField.describe(
          'The name of the database to restore; the one that is there is kept under another name.',
        ),
        ...shelf,
        ...restored,
        ...postgresConnectionFields,
      })
      .refine(...oneOfBoth),
    example: { database: 'app', name: 'app', backup: '20260115T020000Z-1a2b3c' },
    output: restoreOutput,
  }),

  'backup.list': look({
    title: { en: 'List backups and what they are worth', fr: 'Lister les sauvegardes et leur valeur' },
    timeoutSec: 3600,
    privileged: true,
    payload: z.strictObject({
      ...shelf,
      limit: z
        .number()
        .int()
        .min(1)
        .max(200)
        .default(50)
        .describe('How many backups to list at most, the youngest first.'),
    }),
    example: { name: 'app' },
    output: z.object({
      backups: z.array(backupSchema),
      total: z.number().int(),
      lastProven: backupIdField.nullable().describe('The youngest backup that is good; null when there is none.'),
      suspect: z
        .array(backupIdField)
        .default([])
        .describe('Backups that hold much less than the good one before them.'),
    }),
  }),

  'backup.verify': act({
    title: { en: 'Prove a backup by restoring it', fr: 'Prouver une sauvegarde en la restaurant' },
    retryClass: 'idempotent',
    timeoutSec: 3600,
    staysAfterStop: 'what was proven of the backup stays true',
    payload: z.strictObject({
      ...shelf,
      backup: backupIdField.optional().describe('The id of the backup to prove; the youngest by default.'),
      runAs: accountField
        .optional()
        .describe('The account to restore it as, where the one that it was taken as is not there.'),
      accept: z
        .boolean()
        .default(false)
        .describe(
          'Whether that it holds less than the one before is meant, after a clean-up or a restore: it is good then, and the next is compared with it.',
        ),
    }),
    example: { name: 'app' },
    output: z.object({ backup: backupSchema }),
  }),

  // It never removes the last proven ones, so it needs no approval and may be scheduled.
  'backup.prune': change({
    title: { en: 'Remove old backups', fr: 'Supprimer les anciennes sauvegardes' },
    timeoutSec: 3600,
    staysAfterStop: 'a backup that was removed is gone',
    payload: z.strictObject({
      ...shelf,
      keepDays: z.number().int().min(1).max(3650).default(7).describe('For how many days every backup is kept.'),
      keepProven: z
        .number()
        .int()
        .min(1)
        .max(100)
        .default(3)
        .describe('How many proven backups stay, however old they are; suspect ones are none of them.'),
    }),
    example: { name: 'app' },
  }),
})

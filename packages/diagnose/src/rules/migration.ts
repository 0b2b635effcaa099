import { appDown } from '../consequences.ts'
import type { Evidence, MigrationTool } from '../evidence.ts'
import { advise, logRule } from '../rule.ts'

const migrate: Record<MigrationTool, string> = {
  drizzle: 'npx drizzle-kit migrate',
  prisma: 'npx prisma migrate deploy',
  alembic: 'alembic upgrade head',
}

/** The command that migrates, as the app's own user and in its folder. */
export function migrateCommand({ unit, migrations }: Evidence): string {
  const command = migrations ? migrate[migrations] : Object.values(migrate).join(' / ')
  const user = unit?.user ? `sudo -u ${unit.user} ` : ''
  return unit?.workingDirectory ? `cd ${unit.workingDirectory} && ${user}${command}` : `${user}${command}`
}

export const migrationMissing = logRule({
  name: 'migration_missing',
  patterns: [
    /no such (?:table|column): (?<thing>[\w.]+)/,
    /(?:relation|column) "(?<thing>[\w.]+)" (?:of relation "\w+" )?does not exist/,
    /Table '(?<thing>[\w.]+)' doesn't exist/,
    /SQLSTATE\[42S02\]|SQLSTATE\[42S22\]|Unknown column '(?<thing>[\w.]+)' in/,
    /PendingMigrationError|Migrations are pending/,
    /The (?:table|column) `(?<thing>[\w.()]+)` does not exist in the current database/,
  ],
  explains: appDown,
  symptom: { en: 'The database lacks a table or column', fr: 'Il manque une table ou une colonne à la base' },
  cause: ({ groups }) => ({
    en: `${groups.thing ?? 'A table or column'} is not there: a migration was not run, or the app opened another database.`,
    fr: `${groups.thing ?? 'Une table ou colonne'} n’existe pas : une migration n’a pas été lancée, ou l’app a ouvert une autre base.`,
  }),
  mend: ({ evidence }) => {
    const command = migrateCommand(evidence)
    return advise(
      `Check DB_PATH or DATABASE_URL, back the database up, then run the migrations as the app’s user: ${command}`,
      `Vérifiez DB_PATH ou DATABASE_URL, sauvegardez la base, puis lancez les migrations sous l’utilisateur de l’app : ${command}`,
    )
  },
})

export const migrationFailed = logRule({
  name: 'migration_failed',
  patterns: [
    /Can't locate revision identified by '(?<revision>\w+)'/,
    /Multiple head revisions are present/,
    /Target database is not up to date/,
    /InconsistentMigrationHistory|Dirty database version \d+/,
    /FlywayValidateException|Validate failed: Migrations have failed validation|Migration checksum mismatch/,
    /LiquibaseException|Could not acquire change log lock/,
    /migrate found failed migrations in the target database|\bP3009\b|\bP3018\b/,
  ],
  explains: [...appDown, 'migration_missing'],
  symptom: { en: 'A migration does not go through', fr: 'Une migration ne passe pas' },
  cause: () => ({
    en: 'The database is at a state that its migrations do not know, or one of them failed half-way.',
    fr: 'La base est dans un état que ses migrations ne connaissent pas, ou l’une d’elles a échoué en route.',
  }),
  mend: () =>
    advise(
      'Look at the state (alembic current, prisma migrate status), back up, roll the failed one back, then apply it again.',
      'Regardez l’état (alembic current, prisma migrate status), sauvegardez, annulez celle qui a échoué, puis réappliquez.',
    ),
})

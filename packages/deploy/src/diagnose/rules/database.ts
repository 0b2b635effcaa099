import { appDown } from '../consequences.ts'
import type { Evidence, MigrationTool } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { ownedPath, parentOf } from '../paths.ts'
import { advise, type LogMatch, logRule, place, type Rule } from '../rule.ts'
import { isOpenHere } from './listeners.ts'
import { restart, startOneOf } from './mends.ts'

const migrate: Record<MigrationTool, string> = {
  drizzle: 'npx drizzle-kit migrate',
  prisma: 'npx prisma migrate deploy',
  alembic: 'alembic upgrade head',
}

function migrateCommand({ unit, migrations }: Evidence): string {
  const command = migrations ? migrate[migrations] : Object.values(migrate).join(' / ')
  const user = unit?.user ? `sudo -u ${unit.user} ` : ''
  return unit?.workingDirectory ? `cd ${unit.workingDirectory} && ${user}${command}` : `${user}${command}`
}

export const migrationMissing = logRule({
  name: 'migration_missing',
  patterns: [
    /no such (?:table|column): (?<thing>[\w.]+)/,
    /(?:relation|column) "(?<thing>[\w.]+)" (?:of relation "\w+" )?does not exist/,
    /The (?:table|column) `(?<thing>[\w.()]+)` does not exist in the current database/,
  ],
  explains: appDown,
  symptom: { en: 'The database lacks a table or column', fr: 'Il manque une table ou une colonne à la base' },
  cause: ({ groups }) => ({
    en: `${groups.thing} is not there: a migration was not run, or the app opened another database.`,
    fr: `${groups.thing} n’existe pas : une migration n’a pas été lancée, ou l’app a ouvert une autre base.`,
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

export const databaseFileMissing: Rule = {
  name: 'database_file_missing',
  explains: [...appDown, 'migration_missing'],
  find(evidence): Finding | null {
    const { subject, unit, files } = evidence
    const path = subject.sqlitePath
    if (path === null || files[path] !== null) return null
    const directory = ownedPath(parentOf(path))
    const noDirectory = directory !== null && files[directory] === null
    const owner = unit?.user || 'root'
    return {
      symptom: { en: 'The SQLite database cannot be opened', fr: 'La base SQLite ne s’ouvre pas' },
      cause: {
        en: `${noDirectory ? directory : path} is not there.`,
        fr: `${noDirectory ? directory : path} n’existe pas.`,
      },
      confidence: 'certain',
      evidence: [`${path}: not there`, ...(noDirectory ? [`${directory}: not there`] : [])],
      mend: noDirectory
        ? place(
            'system.directory.apply',
            { path: directory, owner, group: owner, mode: '750' },
            {
              en: `Make ${directory}, then run the migrations: ${migrateCommand(evidence)}`,
              fr: `Créez ${directory}, puis lancez les migrations : ${migrateCommand(evidence)}`,
            },
          )
        : advise(
            `Run the migrations, which make it: ${migrateCommand(evidence)}`,
            `Lancez les migrations, qui la créent : ${migrateCommand(evidence)}`,
          ),
    }
  },
}

export const databaseDamaged = logRule({
  name: 'database_damaged',
  patterns: [/database disk image is malformed|SQLITE_CORRUPT|file is not a database|SQLITE_NOTADB/],
  explains: appDown,
  symptom: { en: 'The SQLite database is damaged', fr: 'La base SQLite est abîmée' },
  cause: () => ({ en: 'Its file is not what SQLite wrote.', fr: 'Son fichier n’est pas ce que SQLite a écrit.' }),
  mend: () =>
    advise(
      'Stop the app, keep a copy of the file, and restore the last proven backup (an order of the type db.sqlite.restore).',
      'Arrêtez l’app, gardez une copie du fichier, et restaurez la dernière sauvegarde prouvée (un ordre db.sqlite.restore).',
    ),
})

const postgresUnits = ['postgresql.service']

export const postgresNotReady = logRule({
  name: 'postgres_not_ready',
  patterns: [
    /ECONNREFUSED (?<host>[\w.:]+):(?<port>5432)\b/,
    /connection to server at "(?<host>[^"]+)"(?: \([^)]*\))?, port (?<port>\d+) failed: (?:Connection refused|timeout|FATAL: +the database system is)/,
    /Can't reach database server at `?(?<host>[\w.-]+)`?:`?(?<port>\d+)/,
    /Connect call failed \('(?<host>[^']+)', (?<port>5432)\)/,
    /the database system is (?:starting up|shutting down|in recovery mode|not yet accepting connections)/,
    /(?<host>[\w.-]+):(?<port>\d+) - (?:no response|rejecting connections)/,
  ],
  explains: appDown,
  symptom: { en: 'PostgreSQL is not ready', fr: 'PostgreSQL n’est pas prêt' },
  cause: ({ groups }) => ({
    en: `It does not accept connections${at(groups)}.`,
    fr: `Il n’accepte pas de connexions${at(groups)}.`,
  }),
  isOver: isReachedNow,
  mend: ({ evidence }) => {
    const advice = {
      en: 'Start PostgreSQL and wait until it is ready; check host and port of DATABASE_URL.',
      fr: 'Démarrez PostgreSQL et attendez qu’il soit prêt ; vérifiez hôte et port de DATABASE_URL.',
    }
    return startOneOf(evidence, postgresUnits, advice)
  },
})

export const postgresWrongPassword = logRule({
  name: 'postgres_wrong_password',
  patterns: [
    /password authentication failed for user "(?<user>[^"]*)"/,
    /provided database credentials for `?(?<user>[^`\s]*)`? are not valid/,
    /SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string|no password supplied/,
    /no pg_hba\.conf entry for host "[^"]*", user "(?<user>[^"]*)"/,
  ],
  explains: appDown,
  symptom: { en: 'PostgreSQL refuses the login', fr: 'PostgreSQL refuse la connexion' },
  cause: ({ groups }) => ({
    en: `The password of ${groups.user || 'its user'} in DATABASE_URL is wrong, missing, or not allowed from here.`,
    fr: `Le mot de passe de ${groups.user || 'son utilisateur'} dans DATABASE_URL est faux, absent, ou refusé d’ici.`,
  }),
  mend: ({ evidence }) =>
    restart(evidence, {
      en: 'Correct DATABASE_URL (a volume keeps the password of its first start), then restart the app.',
      fr: 'Corrigez DATABASE_URL (un volume garde le mot de passe de son premier démarrage), puis redémarrez l’app.',
    }),
})

export const postgresDatabaseMissing = logRule({
  name: 'postgres_database_missing',
  patterns: [
    /database "(?<thing>[^"]+)" does not exist/,
    /role "(?<thing>[^"]+)" does not exist/,
    /Database `?(?<thing>[\w.-]+)`? does not exist on the database server/,
  ],
  explains: [...appDown, 'migration_missing'],
  symptom: { en: 'PostgreSQL does not know the database', fr: 'PostgreSQL ne connaît pas la base' },
  cause: ({ groups }) => ({ en: `"${groups.thing}" does not exist there.`, fr: `« ${groups.thing} » n’y existe pas.` }),
  mend: ({ groups, evidence }) =>
    advise(
      `Create "${groups.thing}" (createuser, createdb), or correct DATABASE_URL; then: ${migrateCommand(evidence)}`,
      `Créez « ${groups.thing} » (createuser, createdb), ou corrigez DATABASE_URL ; puis : ${migrateCommand(evidence)}`,
    ),
})

const redisUnits = ['redis-server.service', 'redis.service']

export const redisDown = logRule({
  name: 'redis_down',
  patterns: [
    /ECONNREFUSED (?<host>[\w.:]+):(?<port>6379)\b/,
    /Error 111 connecting to (?<host>[\w.-]+):(?<port>6379)/,
    /Redis connection to (?<host>[\w.-]+):(?<port>\d+) failed/,
    /Could not connect to Redis at (?<host>[\w.-]+):(?<port>\d+): Connection refused/,
  ],
  explains: appDown,
  symptom: { en: 'Redis cannot be reached', fr: 'Redis est injoignable' },
  cause: ({ groups }) => ({ en: `Nothing answers${at(groups)}.`, fr: `Rien ne répond${at(groups)}.` }),
  isOver: isReachedNow,
  mend: ({ evidence }) =>
    startOneOf(evidence, redisUnits, {
      en: 'Start Redis, or correct REDIS_URL.',
      fr: 'Démarrez Redis, ou corrigez REDIS_URL.',
    }),
})

export const redisRefuses = logRule({
  name: 'redis_refuses',
  patterns: [
    /NOAUTH Authentication required|WRONGPASS invalid username-password|MISCONF Redis is configured to save RDB/,
  ],
  explains: appDown,
  symptom: { en: 'Redis refuses what the app asks', fr: 'Redis refuse ce que l’app demande' },
  cause: ({ line }) =>
    line.text.includes('MISCONF')
      ? {
          en: 'It cannot write its snapshot: often a full disk.',
          fr: 'Il ne peut pas écrire son instantané : souvent un disque plein.',
        }
      : {
          en: 'The password in REDIS_URL is wrong or missing.',
          fr: 'Le mot de passe dans REDIS_URL est faux ou absent.',
        },
  mend: ({ evidence }) =>
    restart(evidence, {
      en: 'Correct REDIS_URL or free the disk, then restart the app.',
      fr: 'Corrigez REDIS_URL ou libérez le disque, puis redémarrez l’app.',
    }),
})

function at({ host, port }: LogMatch['groups']): string {
  return host ? ` (${host}:${port})` : ''
}

function isReachedNow({ groups, evidence }: LogMatch): boolean {
  return groups.host !== undefined && isOpenHere(evidence, groups.host, Number(groups.port)) === true
}

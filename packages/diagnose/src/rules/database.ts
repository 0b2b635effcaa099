import { appDown } from '../consequences.ts'
import { advise, type LogMatch, logRule } from '../rule.ts'
import { isOpenHere } from './listeners.ts'
import { startOneOf, thenRestart } from './mends.ts'
import { migrateCommand } from './migration.ts'

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
    /Connection to (?<host>[\w.-]+):(?<port>\d+) refused\. Check that the hostname and port are correct/,
    /dial tcp (?<host>[\w.-]+|\[[0-9a-f:]+\]):(?<port>5432): connect: connection refused/,
    /could not connect to server: (?:Connection refused|No such file or directory)/,
    /connection to server on socket "[^"]+" failed: (?:No such file|Connection refused)/,
    /PG::ConnectionBad: (?!.*(?:authentication|does not exist|translate host))/,
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
    thenRestart(evidence, {
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
    /Error connecting to Redis on (?<host>[\w.-]+):(?<port>\d+)/,
    /dial tcp (?<host>[\w.-]+|\[[0-9a-f:]+\]):(?<port>6379): connect: connection refused/,
    /LOADING Redis is loading the dataset in memory|MaxRetriesPerRequestError|RedisConnectionException: Unable to connect/,
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
    /OOM command not allowed when used memory/,
  ],
  explains: appDown,
  symptom: { en: 'Redis refuses what the app asks', fr: 'Redis refuse ce que l’app demande' },
  cause: ({ line }) =>
    line.text.includes('OOM command')
      ? {
          en: 'Its memory is used up (maxmemory), and it may drop nothing.',
          fr: 'Sa mémoire est épuisée (maxmemory), et il ne peut rien oublier.',
        }
      : line.text.includes('MISCONF')
        ? {
            en: 'It cannot write its snapshot: often a full disk.',
            fr: 'Il ne peut pas écrire son instantané : souvent un disque plein.',
          }
        : {
            en: 'The password in REDIS_URL is wrong or missing.',
            fr: 'Le mot de passe dans REDIS_URL est faux ou absent.',
          },
  mend: ({ evidence }) =>
    thenRestart(evidence, {
      en: 'Correct REDIS_URL or free the disk, then restart the app.',
      fr: 'Corrigez REDIS_URL ou libérez le disque, puis redémarrez l’app.',
    }),
})

function at({ host, port }: LogMatch['groups']): string {
  return host ? ` (${host}:${port})` : ''
}

function isReachedNow({ groups, evidence, line }: LogMatch): boolean {
  const { host, port } = groups
  return host !== undefined && isOpenHere(evidence, { host, port: Number(port), source: line.source }) === true
}

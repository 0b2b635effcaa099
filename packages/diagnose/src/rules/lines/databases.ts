import type { LogMatch } from '../../rule.ts'
import { isOpenHere } from '../listeners.ts'
import { lineRule } from './line-rule.ts'

const isReachedNow = ({ groups: { host, port }, line, evidence }: LogMatch) =>
  host !== undefined && isOpenHere(evidence, { host, port: Number(port), source: line.source }) === true

const lost = ['The app does not reach its database', 'L’app n’atteint pas sa base'] as const
const refusedBy = ['The database refuses what the app asks', 'La base refuse ce que l’app demande'] as const

export const mysqlNotReady = lineRule({
  name: 'mysql_not_ready',
  patterns: [
    /ECONNREFUSED (?<host>[\w.:]+):(?<port>3306)\b/,
    /Can't connect to (?:local )?(?:MySQL )?server (?:on|through socket) '(?<host>[^']+)'/,
    /Can't connect to (?:local )?MySQL server through socket '(?<host>[^']+)'/,
    /SQLSTATE\[HY000\] \[2002\] (?:Connection refused|No such file or directory|Connection timed out)/,
    /(?:CommunicationsException|SQLNonTransientConnectionException).{0,40}Communications link failure/,
    /dial tcp (?<host>[\w.:[\]-]+):(?<port>3306): connect: connection refused/,
    /Mysql2::Error::ConnectionError: Can't connect/,
    /MySQL server has gone away|Lost connection to MySQL server/,
  ],
  symptom: lost,
  cause: [
    'MySQL does not accept connections ({host|its address}).',
    'MySQL n’accepte pas de connexions ({host|son adresse}).',
  ],
  advice: [
    'Start MySQL or MariaDB and read its log; check host, port or socket of the app’s setting.',
    'Démarrez MySQL ou MariaDB et lisez son journal ; vérifiez hôte, port ou socket dans l’app.',
  ],
  isOver: isReachedNow,
})

export const mongoNotReady = lineRule({
  name: 'mongo_not_ready',
  patterns: [
    /Mongo(?:Server|Network|Timeout|)\w*Error: (?!Auth).*(?:ECONNREFUSED|connection timed out|getaddrinfo) ?(?<host>[\w.-]*):?(?<port>\d*)/,
    /ServerSelectionTimeoutError: (?<host>[\w.-]+):(?<port>\d+): (?:\[Errno 111\]|timed out|connection closed)/,
    /ECONNREFUSED (?<host>[\w.:]+):(?<port>27017)\b/,
    /MongooseServerSelectionError|MongoTimeoutException|no reachable servers/,
    /server selection error: .*(?:connection refused|no such host)/,
  ],
  symptom: lost,
  cause: [
    'MongoDB does not accept connections ({host|its address}).',
    'MongoDB n’accepte pas de connexions ({host|son adresse}).',
  ],
  advice: [
    'Start MongoDB and read its log; check host and port of the app’s setting.',
    'Démarrez MongoDB et lisez son journal ; vérifiez hôte et port dans l’app.',
  ],
  isOver: isReachedNow,
})

export const databaseLogin = lineRule({
  name: 'database_login',
  patterns: [
    /Access denied for user '(?<user>[^']*)'@'[^']*'(?! to database)/,
    /SQLSTATE\[HY000\] \[1045\]/,
    /MongoServerError: Authentication failed|AuthenticationFailed: |Authentication failed\., full error.*mongo/i,
    /authentication method unknown to the client|ER_NOT_SUPPORTED_AUTH_MODE|caching_sha2_password.{0,40}(?:cannot be loaded|not loaded)/,
    /MongoServerError: command \w+ requires authentication/,
  ],
  symptom: ['The database refuses the login', 'La base refuse la connexion'],
  cause: [
    'The name or password of {user|its user} is wrong, missing, or not allowed from here.',
    'Le nom ou le mot de passe de {user|son utilisateur} est faux, absent, ou refusé d’ici.',
  ],
  advice: [
    'Correct it in the environment (a volume keeps the password of its first start).',
    'Corrigez-le dans l’environnement (un volume garde le mot de passe de son premier démarrage).',
  ],
})

export const databaseUnknown = lineRule({
  name: 'database_unknown',
  patterns: [
    /Unknown database '(?<thing>[^']+)'/,
    /SQLSTATE\[HY000\] \[1049\]/,
    /ActiveRecord::NoDatabaseError/,
    /Access denied for user '[^']*'@'[^']*' to database '(?<thing>[^']+)'/,
  ],
  symptom: ['The server does not know the database', 'Le serveur ne connaît pas la base'],
  cause: [
    '{thing|Its database} does not exist there, or is closed to its user.',
    '{thing|Sa base} n’y existe pas, ou est fermée à son utilisateur.',
  ],
  advice: ['Create it, or correct its name in the environment.', 'Créez-la, ou corrigez son nom dans l’environnement.'],
  explains: ['migration_missing'],
})

export const databaseRights = lineRule({
  name: 'database_rights',
  patterns: [
    /permission denied for (?:table|schema|relation|sequence|database|function) "?(?<thing>[\w.]+)"?/,
    /must be owner of (?:table|relation|schema|database) "?(?<thing>[\w.]+)"?/,
    /(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP)(?:, \w+)* command denied to user '(?<thing>[^']*)'/,
    /not authorized on (?<thing>\w+) to execute command/,
  ],
  symptom: refusedBy,
  cause: ['Its user has no right to {thing}.', 'Son utilisateur n’a pas de droit sur {thing}.'],
  advice: [
    'Grant it as the owner of the database (GRANT … TO …).',
    'Accordez-le en tant que propriétaire de la base (GRANT … TO …).',
  ],
})

export const databaseReadOnly = lineRule({
  name: 'database_read_only',
  patterns: [
    /cannot execute \w+(?: \w+)? in a read-only transaction/,
    /READONLY You can't write against a read only replica/,
    /NotWritablePrimary|NotPrimary(?:NoSecondaryOk)?\b|not (?:master|primary)(?: and|,|$)/,
    /running with the --(?:super-)?read-only option/,
  ],
  symptom: refusedBy,
  cause: [
    'The app writes to a server that only reads: a replica, or one in recovery.',
    'L’app écrit sur un serveur en lecture seule : un réplica, ou en cours de reprise.',
  ],
  advice: ['Send the app to the primary.', 'Dirigez l’app vers le serveur principal.'],
})

export const databaseBusy = lineRule({
  name: 'database_busy',
  patterns: [
    /sorry, too many clients already|remaining connection slots are reserved|too many connections for (?:role|database)/,
    /SQLSTATE\[(?:HY000|08004)\] \[1040\]|Too many connections\b/,
    /HikariPool-\d+ - Connection is not available, request timed out/,
    /QueuePool limit of size \d+ overflow \d+ reached/,
    /Timed out fetching a new connection from the connection pool/,
    /Knex: Timeout acquiring a connection|ResourceRequest timed out|SequelizeConnectionAcquireTimeoutError/,
    /ActiveRecord::ConnectionTimeoutError/,
    /no more connections allowed|max number of clients reached/,
    /Unable to acquire (?:a )?(?:JDBC )?connection/i,
  ],
  symptom: ['The app waits for its database', 'L’app attend sa base'],
  cause: [
    'All connections are in use: of the server, or of the app’s pool.',
    'Toutes les connexions sont prises : celles du serveur, ou du pool de l’app.',
  ],
  advice: [
    'Look for what holds them (pg_stat_activity, SHOW PROCESSLIST); make pools smaller before limits larger.',
    'Cherchez ce qui les tient (pg_stat_activity, SHOW PROCESSLIST) ; réduisez les pools avant d’élargir les limites.',
  ],
})

export const databaseLocked = lineRule({
  name: 'database_locked',
  patterns: [
    /\bdatabase (?:table )?is locked\b|SQLITE_BUSY/,
    /Lock wait timeout exceeded/,
    /canceling statement due to (?:lock|statement) timeout/,
  ],
  symptom: ['The app waits for its database', 'L’app attend sa base'],
  cause: [
    'Another process or a long transaction holds a lock.',
    'Un autre processus ou une longue transaction tient un verrou.',
  ],
  advice: [
    'End what holds it; with SQLite have one process write, in WAL mode with a busy timeout.',
    'Terminez ce qui le tient ; avec SQLite, un seul processus écrit, en mode WAL avec un délai d’attente.',
  ],
})

export const databaseVersion = lineRule({
  name: 'database_version',
  patterns: [
    /(?<said>data directory was initialized by PostgreSQL version \d+, which is not compatible with this version \S+)/,
    /(?<said>database files are incompatible with server)/,
    /(?<said>UPGRADE PROBLEM: .*|Wrong mongod version|invalid featureCompatibilityVersion.*)/i,
    /(?<said>(?:Invalid|Unsupported) (?:MySQL server )?(?:upgrade|downgrade): .*|Cannot (?:boot|upgrade) server version \d+ (?:on|from) .*)/,
    /(?<said>Can't handle RDB format version \d+)/,
  ],
  symptom: ['The database does not start', 'La base ne démarre pas'],
  cause: [
    'Its files are of another version than the program: {said}',
    'Ses fichiers sont d’une autre version que le programme : {said}',
  ],
  advice: [
    'Start the version that wrote them, then upgrade by dump and restore.',
    'Lancez la version qui les a écrits, puis migrez par export et restauration.',
  ],
  explains: ['postgres_not_ready', 'mysql_not_ready', 'mongo_not_ready', 'redis_down'],
})

export const dataDamaged = lineRule({
  name: 'data_damaged',
  patterns: [
    /(?<said>invalid page in block \d+ of relation \S+)/,
    /(?<said>could not locate a valid checkpoint record)/,
    /(?<said>(?:InnoDB: )?(?:Database page corruption on disk|Corrupted page|.*Tablespace .* is corrupted).*)/,
    /(?<said>is marked as crashed and (?:should be repaired|last .* repair failed))/,
    /(?<said>WT_PANIC|WiredTiger.*(?:checksum error|file contains data that is corrupt).*)/,
    /(?<said>(?:Bad file format reading the append only file|Short read or OOM loading DB|Wrong signature trying to load DB).*)/,
    /(?<said>could not read block \d+ in file "[^"]+": read only \d+ of \d+ bytes)/,
  ],
  symptom: ['The files of the database are damaged', 'Les fichiers de la base sont abîmés'],
  cause: ['The server says: {said}', 'Le serveur dit : {said}'],
  advice: [
    'Stop it, keep a copy of its files, and restore the last proven backup.',
    'Arrêtez-le, gardez une copie de ses fichiers, et restaurez la dernière sauvegarde prouvée.',
  ],
  explains: ['postgres_not_ready', 'mysql_not_ready', 'mongo_not_ready', 'redis_down'],
})

export const databaseFolder = lineRule({
  name: 'database_folder',
  patterns: [
    /(?<said>data directory "[^"]+" has (?:wrong ownership|invalid permissions))/,
    /(?<said>could not open file "(?:global\/pg_filenode\.map|pg_\w+\/[^"]*)": Permission denied)/,
    /(?<said>Can't (?:create|change dir to) [^\n]*\((?:Errcode|OS errno): ?13\b.*)/,
    /(?<said>Attempted to create a lock file on a read-only directory: \S+)/,
    /(?<said>Can't open or create append-only dir \S+: Permission denied)/,
  ],
  symptom: ['The database does not start', 'La base ne démarre pas'],
  cause: ['Its folder is not as it needs it: {said}', 'Son dossier n’est pas comme il le faut : {said}'],
  advice: [
    'Give the volume the owner that the image or package expects, with nobody else’s rights.',
    'Rendez au volume le propriétaire attendu par l’image ou le paquet, sans droits pour d’autres.',
  ],
  explains: ['postgres_not_ready', 'mysql_not_ready', 'mongo_not_ready', 'redis_down', 'permission_denied'],
})

export const databaseTls = lineRule({
  name: 'database_tls',
  patterns: [
    /SSL is not enabled on the server|server does not support SSL|no pg_hba\.conf entry for .*, (?:no encryption|SSL off)/,
    /The server does not support (?:secure|SSL) connections/,
  ],
  symptom: refusedBy,
  cause: [
    'The app and its database do not agree on encryption.',
    'L’app et sa base ne s’accordent pas sur le chiffrement.',
  ],
  advice: ['Set sslmode in the app as the server has it.', 'Réglez sslmode dans l’app comme le serveur l’attend.'],
  explains: ['postgres_wrong_password'],
})

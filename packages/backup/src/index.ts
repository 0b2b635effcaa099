export { engineOf } from './engines/engine-of.ts'
export { postgresEngine } from './engines/postgres.ts'
export { ownerOfDatabase, sqliteEngine } from './engines/sqlite.ts'
export { askProgram, type BackupProgram } from './program/ask.ts'
export { localProgram } from './program/local-program.ts'
export type {
  PostgresDatabase,
  PostgresDatabaseChange,
  PostgresRole,
  PostgresRoleChange,
} from './program/verbs.ts'
export { prunedShelf } from './prune.ts'
export { restorePostgres, undoPostgresRestore } from './restore/postgres.ts'
export { refuseInUse, restoreSqlite, undoSqliteRestore } from './restore/sqlite.ts'
export { placeOf, type Shelf } from './shelf/shelf.ts'
export {
  getManifest,
  listBackups,
  lookThrough,
  type ShelvedBackup,
  type Stray,
  worthOf,
} from './shelf/shelved-backup.ts'
export { takeBackup } from './take-backup.ts'
export { verifyBackup } from './verify-backup.ts'

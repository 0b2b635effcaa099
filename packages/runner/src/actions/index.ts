import type { Actions } from '../action.ts'
import { listBackups } from './backup-list.ts'
import { pruneBackups } from './backup-prune.ts'
import { verifyBackup } from './backup-verify.ts'
import { runDnsCheck } from './check-dns-run.ts'
import { runHttpCheck } from './check-http-run.ts'
import { runTcpCheck } from './check-tcp-run.ts'
import { runTlsCheck } from './check-tls-run.ts'
import { backUpPostgres } from './db-postgres-backup.ts'
import { queryPostgres } from './db-postgres-query.ts'
import { checkPostgres } from './db-postgres-ready.ts'
import { restorePostgres } from './db-postgres-restore.ts'
import { backUpSqlite } from './db-sqlite-backup.ts'
import { restoreSqlite } from './db-sqlite-restore.ts'
import { runSelftest } from './runner-selftest.ts'
import { runProgram } from './shell-run.ts'
import { applyDirectory } from './system-directory-apply.ts'
import { collectFacts } from './system-facts-collect.ts'
import { applyUser } from './system-user-apply.ts'

/** What this runner can do: the catalogue, each type with its action. */
export const actions: Actions = {
  'runner.selftest': runSelftest,
  'system.facts.collect': collectFacts,
  'check.http.run': runHttpCheck,
  'check.tcp.run': runTcpCheck,
  'check.tls.run': runTlsCheck,
  'check.dns.run': runDnsCheck,
  'shell.run': runProgram,
  'system.directory.apply': applyDirectory,
  'system.user.apply': applyUser,
  'db.sqlite.backup': backUpSqlite,
  'db.sqlite.restore': restoreSqlite,
  'db.postgres.backup': backUpPostgres,
  'db.postgres.restore': restorePostgres,
  'db.postgres.ready': checkPostgres,
  'db.postgres.query': queryPostgres,
  'backup.list': listBackups,
  'backup.verify': verifyBackup,
  'backup.prune': pruneBackups,
}

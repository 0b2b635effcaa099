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
import { applyCaddyRoute } from './platform-caddy-route-apply.ts'
import { listRoutes } from './platform-caddy-route-list.ts'
import { removeCaddyRoute } from './platform-caddy-route-remove.ts'
import { applyNginxSite } from './platform-nginx-site-apply.ts'
import { listSites } from './platform-nginx-site-list.ts'
import { removeNginxSite } from './platform-nginx-site-remove.ts'
import { runSelftest } from './runner-selftest.ts'
import { runProgram } from './shell-run.ts'
import { applyDirectory } from './system-directory-apply.ts'
import { collectFacts } from './system-facts-collect.ts'
import { applyUser } from './system-user-apply.ts'
import { checkCertificate } from './tls-certificate-check.ts'
import { issueCertificate } from './tls-certificate-issue.ts'
import { listStoredCertificates } from './tls-certificate-list.ts'
import { renewCertificate } from './tls-certificate-renew.ts'

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
  'platform.caddy.route.apply': applyCaddyRoute,
  'platform.caddy.route.remove': removeCaddyRoute,
  'platform.caddy.route.list': listRoutes,
  'platform.nginx.site.apply': applyNginxSite,
  'platform.nginx.site.remove': removeNginxSite,
  'platform.nginx.site.list': listSites,
  'tls.certificate.issue': issueCertificate,
  'tls.certificate.renew': renewCertificate,
  'tls.certificate.list': listStoredCertificates,
  'tls.certificate.check': checkCertificate,
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

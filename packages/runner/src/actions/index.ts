import type { Actions } from '../order/action.ts'
import { restoreSqlite } from './backup.ts'
import { listBackups } from './backup-list.ts'
import { pruneBackups } from './backup-prune.ts'
import { verifyBackup } from './backup-verify.ts'
import { listRoutes } from './caddy.ts'
import { runDnsCheck } from './checks/dns.ts'
import { runHttpCheck } from './checks/http.ts'
import { runTcpCheck } from './checks/tcp.ts'
import { runTlsCheck } from './checks/tls.ts'
import { restartCompose } from './compose.ts'
import { backUpPostgres } from './db-postgres-backup.ts'
import { checkPostgres } from './db-postgres-ready.ts'
import { restorePostgres } from './db-postgres-restore.ts'
import { backUpSqlite } from './db-sqlite-backup.ts'
import { runDiagnosis } from './diagnose.ts'
import { showFirewall } from './firewall.ts'
import { applyFirewall } from './firewall-ufw-apply.ts'
import { confirmFirewall } from './firewall-ufw-confirm.ts'
import { listSites } from './nginx.ts'
import { applyPackages } from './packages.ts'
import { installCaddy } from './platform-caddy-install.ts'
import { applyCaddyRoute } from './platform-caddy-route-apply.ts'
import { removeCaddyRoute } from './platform-caddy-route-remove.ts'
import { installDocker } from './platform-docker-install.ts'
import { installNginx } from './platform-nginx-install.ts'
import { applyNginxSite } from './platform-nginx-site-apply.ts'
import { removeNginxSite } from './platform-nginx-site-remove.ts'
import { installNode } from './platform-node-install.ts'
import { showPm2 } from './pm2.ts'
import { queryPostgres } from './postgres.ts'
import { showRedis } from './redis.ts'
import { runSelftest } from './runner.ts'
import { takeComposeDown } from './service-compose-down.ts'
import { readComposeLogs } from './service-compose-logs.ts'
import { measureCompose } from './service-compose-stats.ts'
import { showCompose } from './service-compose-status.ts'
import { bringComposeUp } from './service-compose-up.ts'
import { applyPm2 } from './service-pm2-apply.ts'
import { readPm2Logs } from './service-pm2-logs.ts'
import { removePm2 } from './service-pm2-remove.ts'
import { restartPm2 } from './service-pm2-restart.ts'
import { savePm2 } from './service-pm2-save.ts'
import { startUpPm2 } from './service-pm2-startup.ts'
import { stopPm2 } from './service-pm2-stop.ts'
import { applySystemdService } from './service-systemd-apply.ts'
import { readSystemdLogs } from './service-systemd-logs.ts'
import { removeSystemdService } from './service-systemd-remove.ts'
import { restartSystemdService } from './service-systemd-restart.ts'
import { startSystemdService } from './service-systemd-start.ts'
import { stopSystemdService } from './service-systemd-stop.ts'
import { runProgram } from './shell.ts'
import { collectFacts } from './system.ts'
import { applyDirectory } from './system-directory-apply.ts'
import { applySwap } from './system-swap-apply.ts'
import { applyTimezone } from './system-timezone-apply.ts'
import { applyUpdates } from './system-updates-apply.ts'
import { applyUser } from './system-user-apply.ts'
import { showSystemdService } from './systemd.ts'
import { applySystemdTimer } from './timer-systemd-apply.ts'
import { removeSystemdTimer } from './timer-systemd-remove.ts'
import { renewCertificate } from './tls.ts'
import { checkCertificate } from './tls-certificate-check.ts'
import { issueCertificate } from './tls-certificate-issue.ts'
import { listStoredCertificates } from './tls-certificate-list.ts'

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
  'service.systemd.apply': applySystemdService,
  'service.systemd.start': startSystemdService,
  'service.systemd.stop': stopSystemdService,
  'service.systemd.restart': restartSystemdService,
  'service.systemd.status': showSystemdService,
  'service.systemd.logs': readSystemdLogs,
  'service.systemd.remove': removeSystemdService,
  'timer.systemd.apply': applySystemdTimer,
  'timer.systemd.remove': removeSystemdTimer,
  'service.compose.up': bringComposeUp,
  'service.compose.down': takeComposeDown,
  'service.compose.restart': restartCompose,
  'service.compose.status': showCompose,
  'service.compose.logs': readComposeLogs,
  'service.compose.stats': measureCompose,
  'service.pm2.startup': startUpPm2,
  'service.pm2.apply': applyPm2,
  'service.pm2.restart': restartPm2,
  'service.pm2.stop': stopPm2,
  'service.pm2.status': showPm2,
  'service.pm2.logs': readPm2Logs,
  'service.pm2.save': savePm2,
  'service.pm2.remove': removePm2,
  'system.packages.apply': applyPackages,
  'system.updates.apply': applyUpdates,
  'system.timezone.apply': applyTimezone,
  'system.swap.apply': applySwap,
  'platform.node.install': installNode,
  'platform.docker.install': installDocker,
  'platform.caddy.install': installCaddy,
  'platform.nginx.install': installNginx,
  'firewall.ufw.apply': applyFirewall,
  'firewall.ufw.confirm': confirmFirewall,
  'firewall.ufw.status': showFirewall,
  'diagnose.run': runDiagnosis,
  'redis.info': showRedis,
}

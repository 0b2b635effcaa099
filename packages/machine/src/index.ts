export { engineOf } from './backup/engine-of.ts'
export { postgresEngine } from './backup/postgres-engine.ts'
export { prunedShelf } from './backup/prune.ts'
export { restorePostgres, undoPostgresRestore } from './backup/restore-postgres.ts'
export { refuseInUse, restoreSqlite, undoSqliteRestore } from './backup/restore-sqlite.ts'
export { placeOf, type Shelf } from './backup/shelf.ts'
export { getManifest, listBackups, type ShelvedBackup } from './backup/shelved-backup.ts'
export { ownerOfDatabase, sqliteEngine } from './backup/sqlite-engine.ts'
export { takeBackup } from './backup/take-backup.ts'
export { verifyBackup } from './backup/verify-backup.ts'
export { type Certificate, readCertificate } from './certificate.ts'
export { type Diagnosis, diagnose } from './diagnose/diagnose.ts'
export type { Probes } from './diagnose/probes.ts'
export type { Subject } from './diagnose/subject.ts'
export { refusePowerfulUser } from './drivers/accounts.ts'
export { installedVersions, refreshLists } from './drivers/apt.ts'
export { type CertbotRequest, certbotPlaces, rehearseRenewal, renewCertificates } from './drivers/certbot.ts'
export type { ComposeSource } from './drivers/compose-project.ts'
export {
  askDatabase,
  type Content,
  type DatabaseTool,
  type DatabaseVerbs,
  type Digest,
  type Expected,
  type PostgresQuery,
  type PostgresRows,
  type PostgresState,
  type S3Shelf,
} from './drivers/database-tool.ts'
export { type Container, containersOf, dockerContainer } from './drivers/docker.ts'
export { readContainerLogs } from './drivers/docker-logs.ts'
export { measureContainers } from './drivers/docker-stats.ts'
export { type JournalRange, readJournal } from './drivers/journal.ts'
export { mustRun } from './drivers/must-run.ts'
export { findPm2Processes, listPm2, type Pm2State, pm2, pm2Account, readPm2Log } from './drivers/pm2.ts'
export { needPostgresTools, postgresEnvironment, refuseOpenAuthFile } from './drivers/postgres.ts'
export { readRedisInfo } from './drivers/redis.ts'
export { stayUp, systemctl, timerState, unitState } from './drivers/systemctl.ts'
export type { Entry, Exit, FileAccess, FileContent, Host, Program } from './host.ts'
export { applyAll, type Change, type Course, type Desired, planFor } from './plan.ts'
export { node, nodePlatform, type WantedNode } from './platforms/node.ts'
export { type Finding, installedPlatform, type Platform, type PlatformChoices, survey } from './platforms/platform.ts'
export { caddyPlatform, dockerPlatform, nginxPlatform } from './platforms/servers.ts'
export { type ComposeDanger, composeDangers, inspectComposeFile } from './policy/compose-policy.ts'
export type { ComposeFinding, ComposeReport } from './policy/inspection.ts'
export { type CaddyAcme, type CaddyMain, type CaddySite, renderCaddyMain, renderCaddySite } from './render/caddyfile.ts'
export { type ComposeFile, renderComposeFile } from './render/compose-file.ts'
export type { ComposeService } from './render/compose-service.ts'
export { type Environment, readEnvironmentFile, renderEnvironmentFile } from './render/environment-file.ts'
export { type NginxSite, type RateLimit, renderNginxSite } from './render/nginx-site.ts'
export { type Pm2Process, renderPm2Ecosystem } from './render/pm2-ecosystem.ts'
export {
  type ConnectionSocket,
  type RootConnectionUnit,
  renderConnectionSocket,
  renderRootConnectionUnit,
} from './render/systemd-socket.ts'
export { renderTimer, type Timer } from './render/systemd-timer.ts'
export { type OneshotUnit, renderOneshotUnit, renderServiceUnit, type ServiceUnit } from './render/systemd-unit.ts'
export { type CaddyRoute, caddyRoute, listCaddyRoutes, noCaddyRoute } from './resources/caddy-route.ts'
export { certbotCertificate, certificateFiles, nginxRenewalHook } from './resources/certbot-certificate.ts'
export { listCertificates, type StoredCertificate } from './resources/certificates.ts'
export { composeServices, containersStay, noComposeServices } from './resources/compose-services.ts'
export { directory, type WantedDirectory } from './resources/directory.ts'
export { file, noFile, type WantedFile } from './resources/file.ts'
export { type FirewallReport, firewall, readFirewall, type WantedFirewall } from './resources/firewall.ts'
export { awaitsConfirmation, confirmedFirewall, wasRolledBack } from './resources/firewall-rollback.ts'
export { link, type WantedLink } from './resources/link.ts'
export { isManaged, refuseUnmanaged, refuseUnreadable } from './resources/managed-unit.ts'
export { type ListedNginxSite, listNginxSites, nginxSite, noNginxSite } from './resources/nginx-site.ts'
export { packages, type WantedPackage, type WantedPackages } from './resources/packages.ts'
export { noPm2, pm2Daemon, pm2Stopped } from './resources/pm2-daemon.ts'
export { pm2Processes, pm2Saved, pm2Stays } from './resources/pm2-processes.ts'
export { type RunningUnit, reloadedAfter, runningUnit, stoppedUnit } from './resources/running-unit.ts'
export { swapFile, type WantedSwap } from './resources/swap-file.ts'
export {
  noSystemdService,
  noSystemdTimer,
  systemdService,
  systemdTimer,
  unitRunning,
  type WantedService,
} from './resources/systemd-service.ts'
export { timezone } from './resources/timezone.ts'
export { unpackedArchive, type WantedArchive } from './resources/unpacked-archive.ts'
export { listUpdates, rebootReasons, type Update, type UpdateScope, upToDate } from './resources/updates.ts'
export { user, userHome, type WantedUser } from './resources/user.ts'

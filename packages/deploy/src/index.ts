export type { ComposeSource } from './drivers/compose-project.ts'
export { type Container, containersOf, dockerContainer } from './drivers/docker.ts'
export { readContainerLogs } from './drivers/docker-logs.ts'
export { measureContainers } from './drivers/docker-stats.ts'
export { type JournalRange, readJournal } from './drivers/journal.ts'
export { stayUp, systemctl, timerState, unitState } from './drivers/systemctl.ts'
export type { Entry, Exit, FileAccess, FileContent, Host, Program } from './host.ts'
export { applyAll, type Change, type Course, type Desired, planFor } from './plan.ts'
export { type ComposeDanger, composeDangers, inspectComposeFile } from './policy/compose-policy.ts'
export type { ComposeFinding, ComposeReport } from './policy/inspection.ts'
export { type CaddyAcme, type CaddyMain, type CaddySite, renderCaddyMain, renderCaddySite } from './render/caddyfile.ts'
export { type ComposeFile, renderComposeFile } from './render/compose-file.ts'
export type { ComposeService } from './render/compose-service.ts'
export { type Environment, readEnvironmentFile, renderEnvironmentFile } from './render/environment-file.ts'
export { type NginxSite, type RateLimit, renderNginxSite } from './render/nginx-site.ts'
export { type Pm2Process, renderPm2Ecosystem } from './render/pm2-ecosystem.ts'
export { renderTimer, type Timer } from './render/systemd-timer.ts'
export { type OneshotUnit, renderOneshotUnit, renderServiceUnit, type ServiceUnit } from './render/systemd-unit.ts'
export { composeServices, containersStay, noComposeServices } from './resources/compose-services.ts'
export { directory, type WantedDirectory } from './resources/directory.ts'
export { file, noFile, type WantedFile } from './resources/file.ts'
export { isManaged, refuseUnmanaged, refuseUnreadable } from './resources/managed-unit.ts'
export {
  noSystemdService,
  noSystemdTimer,
  systemdService,
  systemdTimer,
  unitRunning,
  type WantedService,
} from './resources/systemd-service.ts'
export { user, type WantedUser } from './resources/user.ts'

import { anyScopeAllows } from '@ikoma/domain'
import * as z from 'zod'
import {
  backupList,
  backupPrune,
  backupVerify,
  dbPostgresBackup,
  dbPostgresRestore,
  dbSqliteBackup,
  dbSqliteRestore,
} from './backup.ts'
import { caddyRouteApply, caddyRouteList, caddyRouteRemove } from './caddy.ts'
import { checkDnsRun, checkHttpRun, checkTcpRun, checkTlsRun } from './checks.ts'
import {
  serviceComposeDown,
  serviceComposeLogs,
  serviceComposeRestart,
  serviceComposeStats,
  serviceComposeStatus,
  serviceComposeUp,
} from './compose.ts'
import { diagnoseRun } from './diagnose.ts'
import { systemFactsCollect } from './facts.ts'
import { firewallUfwApply, firewallUfwConfirm, firewallUfwStatus } from './firewall.ts'
import { nginxSiteApply, nginxSiteList, nginxSiteRemove } from './nginx.ts'
import type { CatalogueEntry } from './order-type.ts'
import { systemPackagesApply, systemUpdatesApply } from './packages.ts'
import { platformCaddyInstall, platformDockerInstall, platformNginxInstall, platformNodeInstall } from './platform.ts'
import {
  servicePm2Apply,
  servicePm2Logs,
  servicePm2Remove,
  servicePm2Restart,
  servicePm2Save,
  servicePm2Startup,
  servicePm2Status,
  servicePm2Stop,
} from './pm2.ts'
import { dbPostgresQuery, dbPostgresReady } from './postgres.ts'
import { redisInfo } from './redis.ts'
import { runnerSelftest } from './runner.ts'
import { shellRun } from './shell.ts'
import { systemDirectoryApply, systemSwapApply, systemTimezoneApply, systemUserApply } from './system.ts'
import {
  serviceSystemdApply,
  serviceSystemdLogs,
  serviceSystemdRemove,
  serviceSystemdRestart,
  serviceSystemdStart,
  serviceSystemdStatus,
  serviceSystemdStop,
  timerSystemdApply,
  timerSystemdRemove,
} from './systemd.ts'
import { tlsCertificateCheck, tlsCertificateIssue, tlsCertificateList, tlsCertificateRenew } from './tls.ts'

/** Every order type there is. The control plane, the runner, the CLI and the documentation read this one list. */
export const catalogue = {
  'runner.selftest': runnerSelftest,
  'system.facts.collect': systemFactsCollect,
  'check.http.run': checkHttpRun,
  'check.tcp.run': checkTcpRun,
  'check.tls.run': checkTlsRun,
  'check.dns.run': checkDnsRun,
  'shell.run': shellRun,
  'system.directory.apply': systemDirectoryApply,
  'system.user.apply': systemUserApply,
  'platform.caddy.route.apply': caddyRouteApply,
  'platform.caddy.route.remove': caddyRouteRemove,
  'platform.caddy.route.list': caddyRouteList,
  'platform.nginx.site.apply': nginxSiteApply,
  'platform.nginx.site.remove': nginxSiteRemove,
  'platform.nginx.site.list': nginxSiteList,
  'tls.certificate.issue': tlsCertificateIssue,
  'tls.certificate.renew': tlsCertificateRenew,
  'tls.certificate.list': tlsCertificateList,
  'tls.certificate.check': tlsCertificateCheck,
  'db.sqlite.backup': dbSqliteBackup,
  'db.sqlite.restore': dbSqliteRestore,
  'db.postgres.backup': dbPostgresBackup,
  'db.postgres.restore': dbPostgresRestore,
  'db.postgres.ready': dbPostgresReady,
  'db.postgres.query': dbPostgresQuery,
  'backup.list': backupList,
  'backup.verify': backupVerify,
  'backup.prune': backupPrune,
  'service.systemd.apply': serviceSystemdApply,
  'service.systemd.start': serviceSystemdStart,
  'service.systemd.stop': serviceSystemdStop,
  'service.systemd.restart': serviceSystemdRestart,
  'service.systemd.status': serviceSystemdStatus,
  'service.systemd.logs': serviceSystemdLogs,
  'service.systemd.remove': serviceSystemdRemove,
  'timer.systemd.apply': timerSystemdApply,
  'timer.systemd.remove': timerSystemdRemove,
  'service.compose.up': serviceComposeUp,
  'service.compose.down': serviceComposeDown,
  'service.compose.restart': serviceComposeRestart,
  'service.compose.status': serviceComposeStatus,
  'service.compose.logs': serviceComposeLogs,
  'service.compose.stats': serviceComposeStats,
  'service.pm2.startup': servicePm2Startup,
  'service.pm2.apply': servicePm2Apply,
  'service.pm2.restart': servicePm2Restart,
  'service.pm2.stop': servicePm2Stop,
  'service.pm2.status': servicePm2Status,
  'service.pm2.logs': servicePm2Logs,
  'service.pm2.save': servicePm2Save,
  'service.pm2.remove': servicePm2Remove,
  'system.packages.apply': systemPackagesApply,
  'system.updates.apply': systemUpdatesApply,
  'system.timezone.apply': systemTimezoneApply,
  'system.swap.apply': systemSwapApply,
  'platform.node.install': platformNodeInstall,
  'platform.docker.install': platformDockerInstall,
  'platform.caddy.install': platformCaddyInstall,
  'platform.nginx.install': platformNginxInstall,
  'firewall.ufw.apply': firewallUfwApply,
  'firewall.ufw.confirm': firewallUfwConfirm,
  'firewall.ufw.status': firewallUfwStatus,
  'diagnose.run': diagnoseRun,
  'redis.info': redisInfo,
} as const

export type OrderTypeName = keyof typeof catalogue
export type PayloadOf<T extends OrderTypeName> = z.infer<(typeof catalogue)[T]['payload']>
export type OutputOf<T extends OrderTypeName> = z.infer<(typeof catalogue)[T]['output']>

export function findOrderType(type: string): CatalogueEntry | null {
  return Object.hasOwn(catalogue, type) ? catalogue[type as OrderTypeName] : null
}

/** The order types that a runner with these scopes may execute. */
export function typesAllowedBy(scopes: readonly string[]): string[] {
  return Object.values<CatalogueEntry>(catalogue)
    .filter(({ requiredScope }) => requiredScope === null || anyScopeAllows(scopes, requiredScope))
    .map(({ type }) => type)
}

export const orderTypeSchema = z
  .object({
    type: z.string(),
    title: z.object({ en: z.string(), fr: z.string() }),
    requiredScope: z.string().nullable(),
    risk: z.enum(['read', 'change', 'destructive']),
    retryClass: z.enum(['idempotent', 'once']),
    timeoutSec: z.number().int(),
    approval: z.boolean(),
    /** Done as root, by the executor where there is one. */
    privileged: z.boolean(),
    payloadSchema: z.record(z.string(), z.unknown()),
    outputSchema: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'OrderType' })
export type OrderTypeResource = z.infer<typeof orderTypeSchema>

/** The catalogue as data, with JSON Schema 2020-12 for payload and output. */
export function describeCatalogue(): OrderTypeResource[] {
  return Object.values<CatalogueEntry>(catalogue).map(
    ({ payload, output, privileged = false, turn: _turn, ...rest }) => ({
      ...rest,
      privileged,
      payloadSchema: z.toJSONSchema(payload, { io: 'input' }),
      outputSchema: z.toJSONSchema(output),
    }),
  )
}

export type { ChangeOutput } from './change-output.ts'
export { appPlaces, isAppPlace } from './fields/app-places.ts'
export type { CatalogueEntry } from './order-type.ts'
export { packageField } from './packages.ts'

import { anyScopeAllows } from '@ikoma/domain'
import * as z from 'zod'
import { checkDnsRun, checkHttpRun, checkTcpRun, checkTlsRun } from './check-types.ts'
import { firewallUfwApply, firewallUfwConfirm, firewallUfwStatus } from './firewall-types.ts'
import { systemDirectoryApply, systemSwapApply, systemTimezoneApply, systemUserApply } from './host-types.ts'
import type { CatalogueEntry } from './order-type.ts'
import { systemPackagesApply, systemUpdatesApply } from './package-types.ts'
import {
  platformCaddyInstall,
  platformDockerInstall,
  platformNginxInstall,
  platformNodeInstall,
} from './platform-types.ts'
import { runnerSelftest } from './runner-types.ts'
import { shellRun } from './shell-types.ts'
import { systemFactsCollect } from './system-types.ts'

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
  return Object.values<CatalogueEntry>(catalogue).map(({ payload, output, privileged = false, ...rest }) => ({
    ...rest,
    privileged,
    payloadSchema: z.toJSONSchema(payload, { io: 'input' }),
    outputSchema: z.toJSONSchema(output),
  }))
}

export type { ChangeOutput } from './change-output.ts'
export type { CatalogueEntry } from './order-type.ts'
export { packageField } from './package-types.ts'

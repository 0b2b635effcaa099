import { anyScopeAllows } from '@ikoma/domain'
import * as z from 'zod'
import { families } from './families.ts'
import type { CatalogueEntry } from './order-type.ts'
import { payloadJsonSchema } from './payload-secrets.ts'

/** Every order type there is. The control plane, the runner, the CLI and the documentation read this one list. */
export const catalogue = {
  ...families.runner,
  ...families.system,
  ...families.packages,
  ...families.platform,
  ...families.firewall,
  ...families.systemd,
  ...families.compose,
  ...families.pm2,
  ...families.caddy,
  ...families.nginx,
  ...families.tls,
  ...families.backup,
  ...families.postgres,
  ...families.redis,
  ...families.checks,
  ...families.diagnose,
  ...families.shell,
}

export type OrderTypeName = keyof typeof catalogue
export type Family = keyof typeof families
export type OrderTypesOf<F extends Family> = keyof (typeof families)[F] & OrderTypeName
export type PayloadOf<T extends OrderTypeName> = z.infer<(typeof catalogue)[T]['payload']>
export type PayloadInputOf<T extends OrderTypeName> = z.input<(typeof catalogue)[T]['payload']>
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
    privileged: z.boolean().describe('Done as root, by the executor where there is one.'),
    payloadSchema: z.record(z.string(), z.unknown()),
    example: z.record(z.string(), z.unknown()).describe('A valid payload, to copy and adapt.'),
    outputSchema: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'OrderType' })
export type OrderTypeResource = z.infer<typeof orderTypeSchema>

let described: OrderTypeResource[] | undefined

/** The catalogue as data, with JSON Schema 2020-12 for payload and output. Everybody gets the same: change nothing in it. */
export function describeCatalogue(): OrderTypeResource[] {
  described ??= Object.values<CatalogueEntry>(catalogue).map(
    ({ payload, output, example, shape: _shape, staysAfterStop: _stays, turn: _turn, ...rest }) => ({
      ...rest,
      example: example as Record<string, unknown>,
      payloadSchema: payloadJsonSchema(payload),
      outputSchema: z.toJSONSchema(output),
    }),
  )
  return described
}

export type { ChangeOutput } from './change-output.ts'
export { accountField } from './fields/account.ts'
export { appPlaces, isAppPlace } from './fields/app-places.ts'
export { packageField } from './fields/package.ts'
export { securityHeaders } from './fields/proxy.ts'
export type { CatalogueEntry } from './order-type.ts'
export { fieldsOf, type PayloadField } from './payload-fields.ts'
export {
  openedPayload,
  type PayloadIssue,
  placedPayload,
  plainSecretsIn,
  secretsNamedIn,
} from './payload-secrets.ts'

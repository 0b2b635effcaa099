import type * as z from 'zod'
import type { AuditEventResource, AuditVerification, auditVerifyBody } from './audit.ts'
import type { CallerResource } from './caller.ts'
import type { OrderTypeResource } from './catalogue/index.ts'
import type { ClockResource } from './clock.ts'
import type { DrainResource } from './drain.ts'
import type { Page } from './fields.ts'
import type {
  LogLineResource,
  OrderEventResource,
  OrderResource,
  OrderSummary,
  orderBody,
  settleBody,
} from './orders.ts'
import { type Fetch, followEvents, type Query, type RequestOptions, requestJson, streamText } from './request.ts'
import type {
  EnrolmentResource,
  enrolmentBody,
  OpenEnrolmentResource,
  RunnerResource,
  RunnerWithToken,
  rotateBody,
  runnerBody,
  runnerPatch,
} from './runners.ts'
import type { ScheduleResource, scheduleBody, schedulePatch } from './schedules.ts'
import type { SecretResource, SecretRotation, secretBody, secretRotateBody } from './secrets.ts'
import type { ServerResource, serverBody, serverPatch } from './servers.ts'
import type { TokenResource, TokenWithSecret, tokenBody } from './tokens.ts'

export type Credential = { kind: 'admin-key'; key: string } | { kind: 'token'; token: string }

export interface ClientOptions {
  url: string
  credential: Credential | null
  /** Longest wait for an answer to begin, in milliseconds. */
  timeoutMs?: number
  fetch?: Fetch
}

export type Client = ReturnType<typeof createClient>

/** The control plane's API, one method a route, for people's programs: the CLI and the dashboard. */
export function createClient({ url, credential, timeoutMs, fetch }: ClientOptions) {
  const auth: Record<string, string> = !credential
    ? {}
    : credential.kind === 'admin-key'
      ? { 'x-ikoma-admin-key': credential.key }
      : { authorization: `Bearer ${credential.token}` }

  function call<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    return requestJson<T>(url, method, path, {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(fetch === undefined ? {} : { fetch }),
      ...options,
      headers: { ...auth, ...options.headers },
    })
  }
  const list =
    <T>(path: string) =>
    (query: Query = {}) =>
      call<Page<T>>('GET', path, { query })
  const at = (path: string, id: string) => `${path}/${encodeURIComponent(id)}`

  return {
    url,
    /** Without payloads and reports: `getOrder` has them. */
    listOrders: list<OrderSummary>('/v1/orders'),
    getOrder: (id: string) => call<OrderResource>('GET', at('/v1/orders', id)),
    placeOrder: (body: z.input<typeof orderBody>, idempotencyKey?: string) =>
      call<OrderResource>('POST', '/v1/orders', {
        body,
        headers: idempotencyKey ? { 'idempotency-key': idempotencyKey } : {},
      }),
    cancelOrder: (id: string, reason?: string) =>
      call<OrderResource>('POST', `${at('/v1/orders', id)}/cancel`, { body: { reason } }),
    retryOrder: (id: string) => call<OrderResource>('POST', `${at('/v1/orders', id)}/retry`, { body: {} }),
    approveOrder: (id: string) => call<OrderResource>('POST', `${at('/v1/orders', id)}/approve`, { body: {} }),
    rejectOrder: (id: string, reason?: string) =>
      call<OrderResource>('POST', `${at('/v1/orders', id)}/reject`, { body: { reason } }),
    settleOrder: (id: string, body: z.input<typeof settleBody>) =>
      call<OrderResource>('POST', `${at('/v1/orders', id)}/settle`, { body }),
    listOrderEvents: (id: string, query: Query = {}) =>
      call<Page<OrderEventResource>>('GET', `${at('/v1/orders', id)}/events`, { query }),
    listOrderLogs: (id: string, query: Query = {}) =>
      call<Page<LogLineResource>>('GET', `${at('/v1/orders', id)}/logs`, { query }),
    /** Yields what happens to an order (`line`, `status`) until it ends or `signal` aborts. */
    followOrder: (id: string, options: { cursor?: string; signal?: AbortSignal } = {}) =>
      followEvents(url, `${at('/v1/orders', id)}/logs`, {
        query: { follow: 1, cursor: options.cursor },
        headers: auth,
        signal: options.signal,
        ...(fetch === undefined ? {} : { fetch }),
      }) as AsyncGenerator<OrderStreamEvent>,
    /** Yields the text of an export, NDJSON, as it comes; stop reading to stop it. */
    exportOrders: (query: Query = {}, options: { signal?: AbortSignal } = {}) =>
      streamText(url, '/v1/orders/export', { query, headers: auth, signal: options.signal }),
    listOrderTypes: () => call<{ items: OrderTypeResource[] }>('GET', '/v1/order-types'),

    listServers: list<ServerResource>('/v1/servers'),
    getServer: (id: string) => call<ServerResource>('GET', at('/v1/servers', id)),
    createServer: (body: z.input<typeof serverBody>) => call<ServerResource>('POST', '/v1/servers', { body }),
    updateServer: (id: string, body: z.input<typeof serverPatch>) =>
      call<ServerResource>('PATCH', at('/v1/servers', id), { body }),
    deleteServer: (id: string) => call<null>('DELETE', at('/v1/servers', id)),
    attachRunner: (id: string, runnerId: string | null) =>
      call<ServerResource>('PATCH', `${at('/v1/servers', id)}/attach-runner`, { body: { runnerId } }),

    listRunners: list<RunnerResource>('/v1/runners'),
    getRunner: (id: string) => call<RunnerResource>('GET', at('/v1/runners', id)),
    createRunner: (body: z.input<typeof runnerBody>) => call<RunnerWithToken>('POST', '/v1/runners', { body }),
    updateRunner: (id: string, body: z.input<typeof runnerPatch>) =>
      call<RunnerResource>('PATCH', at('/v1/runners', id), { body }),
    deleteRunner: (id: string) => call<null>('DELETE', at('/v1/runners', id)),
    rotateRunnerToken: (id: string, body: z.input<typeof rotateBody> = {}) =>
      call<{ id: string; token: string | null; previousTokenExpiresAt: string }>(
        'POST',
        `${at('/v1/runners', id)}/rotate-token`,
        { body },
      ),
    createEnrolment: (body: z.input<typeof enrolmentBody>) =>
      call<EnrolmentResource>('POST', '/v1/enrolments', { body }),
    listEnrolments: list<OpenEnrolmentResource>('/v1/enrolments'),
    revokeEnrolment: (id: string) => call<null>('DELETE', at('/v1/enrolments', id)),

    /** Whose credential this is. */
    getCaller: () => call<CallerResource>('GET', '/v1/caller'),
    getDrain: () => call<DrainResource>('GET', '/v1/drain'),
    drain: (draining: boolean) => call<DrainResource>('PUT', '/v1/drain', { body: { draining } }),
    drainRunner: (id: string, draining: boolean) =>
      call<RunnerResource>('PUT', `${at('/v1/runners', id)}/drain`, { body: { draining } }),
    getClock: () => call<ClockResource>('GET', '/v1/clock'),
    acceptClock: () => call<ClockResource>('POST', '/v1/clock/accept', { body: {} }),

    listSchedules: list<ScheduleResource>('/v1/schedules'),
    getSchedule: (id: string) => call<ScheduleResource>('GET', at('/v1/schedules', id)),
    createSchedule: (body: z.input<typeof scheduleBody>) => call<ScheduleResource>('POST', '/v1/schedules', { body }),
    updateSchedule: (id: string, body: z.input<typeof schedulePatch>) =>
      call<ScheduleResource>('PATCH', at('/v1/schedules', id), { body }),
    deleteSchedule: (id: string) => call<null>('DELETE', at('/v1/schedules', id)),

    listSecrets: list<SecretResource>('/v1/secrets'),
    setSecret: (name: string, body: z.input<typeof secretBody>) =>
      call<SecretResource>('PUT', at('/v1/secrets', name), { body }),
    removeSecret: (name: string, { force = false } = {}) =>
      call<null>('DELETE', at('/v1/secrets', name), { query: { force: String(force) } }),
    rotateSecrets: (body: z.input<typeof secretRotateBody> = {}) =>
      call<SecretRotation>('POST', '/v1/secrets/rotate', { body, timeoutMs: 120_000 }),

    listTokens: list<TokenResource>('/v1/tokens'),
    createToken: (body: z.input<typeof tokenBody>) => call<TokenWithSecret>('POST', '/v1/tokens', { body }),
    deleteToken: (id: string) => call<null>('DELETE', at('/v1/tokens', id)),

    listAudit: list<AuditEventResource>('/v1/audit'),
    /** Step by step to the end of the audit, or to the first step that finds a fault; `onStep` hears of each. */
    async verifyAudit(heads: string[] = [], onStep: (step: AuditVerification) => void = () => undefined) {
      let compared = 0
      let after: string | null = null
      for (;;) {
        const body: z.input<typeof auditVerifyBody> = { heads, after }
        const step: AuditVerification = await call('POST', '/v1/audit/verify', { body, timeoutMs: 300_000 })
        compared += step.heads.compared
        after = step.next
        const all = { ...step, heads: { ...step.heads, compared } }
        if (after === null || step.faults.length > 0) return all
        onStep(all)
      }
    },
    ready: () => call<{ status: string }>('GET', '/readyz'),
  }
}

export type OrderStreamEvent =
  | { event: 'line'; id: string; data: LogLineResource }
  | { event: 'status'; id?: string; data: OrderSummary }

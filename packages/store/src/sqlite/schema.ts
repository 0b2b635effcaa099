import type { AuditEvent, LogLine, Order, OrderStatus, RetryClass, Risk, Role, Wait } from '@ikoma/domain'
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

type JsonObject = Record<string, unknown>
type Labels = Record<string, string>

/** Over the row as it was last written; `row-seals.ts` says what is left out. */
const rowSeal = text('row_seal').notNull().default('')

/** @public drizzle-kit writes the migrations from all tables of this file; ours are counted by SQL. */
export const schemaMigrations = sqliteTable('schema_migrations', {
  tag: text('tag').primaryKey(),
  appliedAt: integer('applied_at').notNull(),
})

/** An order holds its turn on its resource key from the moment it may be claimed until it ends. */
const inTurn = sql`resource_key is not null and (status in ('CLAIMED', 'RUNNING', 'STALE')
  or (status = 'QUEUED' and (wait is null or (wait = 'time' and attempt > 0))))`

export const orders = sqliteTable(
  'orders',
  {
    /** Order of placement: first in, first out, and the cursor of lists. */
    seq: integer('seq').primaryKey({ autoIncrement: true }),
    id: text('id').notNull(),
    type: text('type').notNull(),
    status: text('status').$type<OrderStatus>().notNull(),
    statusReason: text('status_reason'),
    target: text('target').notNull(),
    serverId: text('server_id'),
    runnerId: text('runner_id'),
    retryClass: text('retry_class').$type<RetryClass>().notNull(),
    attempt: integer('attempt').notNull(),
    lostClaims: integer('lost_claims').notNull(),
    maxAttempts: integer('max_attempts').notNull(),
    timeoutSec: integer('timeout_sec').notNull(),
    lease: text('lease'),
    leaseExpiresAt: integer('lease_expires_at'),
    runAt: integer('run_at').notNull(),
    expiresAt: integer('expires_at'),
    wait: text('wait').$type<Wait>(),
    resourceKey: text('resource_key'),
    cancelRequestedAt: integer('cancel_requested_at'),
    claimedAt: integer('claimed_at'),
    startedAt: integer('started_at'),
    heartbeatAt: integer('heartbeat_at'),
    completedAt: integer('completed_at'),
    finishedLease: text('finished_lease'),
    finishedDigest: text('finished_digest'),
    approval: text('approval'),
    dueAt: integer('due_at'),
    payload: text('payload', { mode: 'json' }).$type<JsonObject>().notNull(),
    labels: text('labels', { mode: 'json' }).$type<Labels>().notNull(),
    risk: text('risk').$type<Risk>().notNull(),
    priority: integer('priority').notNull(),
    dryRun: integer('dry_run', { mode: 'boolean' }).notNull(),
    dedupeKey: text('dedupe_key'),
    retryOf: text('retry_of'),
    createdAt: integer('created_at').notNull(),
    createdBy: text('created_by').notNull(),
    answerable: text('answerable', { mode: 'json' }).$type<string[]>(),
    seal: text('seal').notNull(),
    placementSeal: text('placement_seal').notNull().default(''),
    reportDigest: text('report_digest'),
    rowSeal,
    report: text('report', { mode: 'json' }).$type<JsonObject>(),
  },
  (t) => [
    uniqueIndex('orders_id').on(t.id),
    // Exactly what a claim reads: scheduled, blocked and finished orders are not in it.
    index('orders_claimable').on(t.target, sql`priority desc`, t.seq).where(sql`status = 'QUEUED' and wait is null`),
    index('orders_waiting_time').on(t.runAt).where(sql`status = 'QUEUED' and wait = 'time'`),
    index('orders_waiting_turn').on(t.resourceKey, t.seq).where(sql`status = 'QUEUED' and wait = 'resource'`),
    index('orders_due').on(t.dueAt).where(sql`due_at is not null`),
    index('orders_held').on(t.runnerId).where(sql`status in ('CLAIMED', 'RUNNING')`),
    uniqueIndex('orders_in_turn').on(t.resourceKey).where(inTurn),
    uniqueIndex('orders_dedupe')
      .on(t.dedupeKey)
      .where(sql`dedupe_key is not null and status in ('PENDING_APPROVAL', 'QUEUED', 'CLAIMED', 'RUNNING', 'STALE')`),
    index('orders_by_status').on(t.status, t.seq),
    index('orders_by_server').on(t.serverId, t.seq),
    index('orders_by_runner').on(t.runnerId, t.seq),
  ],
)

export const orderLogs = sqliteTable(
  'order_logs',
  {
    orderId: text('order_id').notNull(),
    attempt: integer('attempt').notNull(),
    seq: integer('seq').notNull(),
    at: integer('at').notNull(),
    bytes: integer('bytes').notNull(),
    lines: text('lines', { mode: 'json' }).$type<LogLine[]>().notNull(),
    rowSeal,
  },
  (t) => [primaryKey({ columns: [t.orderId, t.attempt, t.seq] })],
)

export const idempotency = sqliteTable(
  'idempotency',
  {
    actor: text('actor').notNull(),
    key: text('key').notNull(),
    digest: text('digest').notNull(),
    /** The order as it was first answered. */
    answer: text('answer', { mode: 'json' }).$type<Order>().notNull(),
    createdAt: integer('created_at').notNull(),
    rowSeal,
  },
  (t) => [primaryKey({ columns: [t.actor, t.key] }), index('idempotency_age').on(t.createdAt)],
)

export const servers = sqliteTable(
  'servers',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    baseUrl: text('base_url'),
    tags: text('tags', { mode: 'json' }).$type<string[]>().notNull(),
    metadata: text('metadata', { mode: 'json' }).$type<JsonObject>().notNull(),
    runnerId: text('runner_id'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    rowSeal,
  },
  (t) => [uniqueIndex('servers_runner').on(t.runnerId).where(sql`runner_id is not null`)],
)

export const runners = sqliteTable('runners', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  scopes: text('scopes', { mode: 'json' }).$type<string[]>().notNull(),
  labels: text('labels', { mode: 'json' }).$type<Labels>().notNull(),
  capabilities: text('capabilities', { mode: 'json' }).$type<JsonObject>().notNull(),
  concurrency: integer('concurrency').notNull(),
  disabled: integer('disabled', { mode: 'boolean' }).notNull(),
  reported: text('reported').$type<'ONLINE' | 'OFFLINE'>(),
  tokenHash: text('token_hash').notNull(),
  previousTokenHash: text('previous_token_hash'),
  previousTokenExpiresAt: integer('previous_token_expires_at'),
  publicKey: text('public_key'),
  sealKey: text('seal_key'),
  runnerSealKey: text('runner_seal_key'),
  version: text('version'),
  lastSeenAt: integer('last_seen_at'),
  instance: text('instance'),
  createdAt: integer('created_at').notNull(),
  rowSeal,
})

export const enrolments = sqliteTable(
  'enrolments',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    scopes: text('scopes', { mode: 'json' }).$type<string[]>().notNull(),
    labels: text('labels', { mode: 'json' }).$type<Labels>().notNull(),
    concurrency: integer('concurrency').notNull(),
    serverId: text('server_id'),
    tokenHash: text('token_hash').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    redeemedAt: integer('redeemed_at'),
    runnerId: text('runner_id'),
    rowSeal,
  },
  (t) => [uniqueIndex('enrolments_token').on(t.tokenHash)],
)

export const tokens = sqliteTable(
  'tokens',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    role: text('role').$type<Role>().notNull(),
    tokenHash: text('token_hash').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    seal: text('seal').notNull().default(''),
    rowSeal,
  },
  (t) => [uniqueIndex('tokens_hash').on(t.tokenHash)],
)

export const schedules = sqliteTable(
  'schedules',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    cron: text('cron').notNull(),
    timeZone: text('time_zone').notNull(),
    order: text('order_body', { mode: 'json' }).$type<JsonObject>().notNull(),
    missedRuns: text('missed_runs').$type<'skip' | 'run_once'>().notNull(),
    alertAfterSec: integer('alert_after_sec'),
    paused: integer('paused', { mode: 'boolean' }).notNull(),
    nextRunAt: integer('next_run_at'),
    lastRunAt: integer('last_run_at'),
    lastOrderId: text('last_order_id'),
    lastProblem: text('last_problem'),
    createdAt: integer('created_at').notNull(),
    createdBy: text('created_by').notNull(),
    answerable: text('answerable', { mode: 'json' }).$type<string[]>(),
    seal: text('seal').notNull().default(''),
    rowSeal,
  },
  (t) => [index('schedules_due').on(t.nextRunAt).where(sql`not paused`)],
)

export const secrets = sqliteTable(
  'secrets',
  {
    name: text('name').primaryKey(),
    version: integer('version').notNull(),
    servers: text('servers', { mode: 'json' }).$type<string[]>(),
    keyVersion: integer('key_version').notNull(),
    nonce: text('nonce').notNull(),
    ciphertext: text('ciphertext').notNull(),
    createdAt: integer('created_at').notNull(),
    createdBy: text('created_by').notNull(),
    updatedAt: integer('updated_at').notNull(),
    updatedBy: text('updated_by').notNull(),
  },
  (t) => [index('secrets_by_key').on(t.keyVersion, t.name)],
)

/** Append-only: triggers refuse UPDATE and DELETE. */
export const audit = sqliteTable(
  'audit',
  {
    seq: integer('seq').primaryKey(),
    at: integer('at').notNull(),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    data: text('data').notNull(),
    hash: text('hash').$type<AuditEvent['hash']>().notNull(),
    mac: text('mac').notNull().default(''),
  },
  (t) => [index('audit_subject').on(t.subject, t.seq)],
)

export const leadership = sqliteTable('leadership', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  expiresAt: integer('expires_at').notNull(),
  renewedAt: integer('renewed_at').notNull(),
})

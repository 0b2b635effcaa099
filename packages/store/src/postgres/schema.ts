import type { AuditEvent, LogLine, Order, OrderStatus, RetryClass, Risk, Role, Wait } from '@ikoma/domain'
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'

type JsonObject = Record<string, unknown>
type Labels = Record<string, string>

/** Over the row as it was last written; `row-seals.ts` says what is left out. */
const rowSeal = text('row_seal').notNull().default('')

export const schemaMigrations = pgTable('schema_migrations', {
  tag: text('tag').primaryKey(),
  appliedAt: bigint('applied_at', { mode: 'number' }).notNull(),
})

/** An order holds its turn on its resource key from the moment it may be claimed until it ends. */
const inTurn = sql`resource_key is not null and (status in ('CLAIMED', 'RUNNING', 'STALE')
  or (status = 'QUEUED' and (wait is null or (wait = 'time' and attempt > 0))))`

export const orders = pgTable(
  'orders',
  {
    /** Order of placement: first in, first out, and the cursor of lists. */
    seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
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
    leaseExpiresAt: bigint('lease_expires_at', { mode: 'number' }),
    runAt: bigint('run_at', { mode: 'number' }).notNull(),
    expiresAt: bigint('expires_at', { mode: 'number' }),
    wait: text('wait').$type<Wait>(),
    resourceKey: text('resource_key'),
    cancelRequestedAt: bigint('cancel_requested_at', { mode: 'number' }),
    claimedAt: bigint('claimed_at', { mode: 'number' }),
    startedAt: bigint('started_at', { mode: 'number' }),
    heartbeatAt: bigint('heartbeat_at', { mode: 'number' }),
    completedAt: bigint('completed_at', { mode: 'number' }),
    finishedLease: text('finished_lease'),
    finishedDigest: text('finished_digest'),
    approval: text('approval'),
    dueAt: bigint('due_at', { mode: 'number' }),
    payload: json('payload').$type<JsonObject>().notNull(),
    labels: jsonb('labels').$type<Labels>().notNull(),
    risk: text('risk').$type<Risk>().notNull(),
    priority: integer('priority').notNull(),
    dryRun: boolean('dry_run').notNull(),
    dedupeKey: text('dedupe_key'),
    retryOf: text('retry_of'),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    createdBy: text('created_by').notNull(),
    answerable: json('answerable').$type<string[]>(),
    seal: text('seal').notNull(),
    placementSeal: text('placement_seal').notNull().default(''),
    reportDigest: text('report_digest'),
    rowSeal,
    report: json('report').$type<JsonObject>(),
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
    index('orders_by_server').on(t.serverId, t.seq).where(sql`server_id is not null`),
    index('orders_by_runner').on(t.runnerId, t.seq).where(sql`runner_id is not null`),
  ],
)

export const orderLogs = pgTable(
  'order_logs',
  {
    orderId: text('order_id').notNull(),
    attempt: integer('attempt').notNull(),
    seq: integer('seq').notNull(),
    at: bigint('at', { mode: 'number' }).notNull(),
    bytes: integer('bytes').notNull(),
    lines: json('lines').$type<LogLine[]>().notNull(),
    rowSeal,
  },
  (t) => [primaryKey({ columns: [t.orderId, t.attempt, t.seq] })],
)

export const idempotency = pgTable(
  'idempotency',
  {
    actor: text('actor').notNull(),
    key: text('key').notNull(),
    digest: text('digest').notNull(),
    /** The order as it was first answered. */
    answer: json('answer').$type<Order>().notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    rowSeal,
  },
  (t) => [primaryKey({ columns: [t.actor, t.key] }), index('idempotency_age').on(t.createdAt)],
)

export const servers = pgTable(
  'servers',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    baseUrl: text('base_url'),
    tags: json('tags').$type<string[]>().notNull(),
    metadata: json('metadata').$type<JsonObject>().notNull(),
    runnerId: text('runner_id'),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    updatedAt: bigint('updated_at', { mode: 'number' }).notNull(),
    rowSeal,
  },
  (t) => [uniqueIndex('servers_runner').on(t.runnerId).where(sql`runner_id is not null`)],
)

export const runners = pgTable('runners', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  scopes: json('scopes').$type<string[]>().notNull(),
  labels: jsonb('labels').$type<Labels>().notNull(),
  capabilities: json('capabilities').$type<JsonObject>().notNull(),
  concurrency: integer('concurrency').notNull(),
  disabled: boolean('disabled').notNull(),
  reported: text('reported').$type<'ONLINE' | 'OFFLINE'>(),
  tokenHash: text('token_hash').notNull(),
  previousTokenHash: text('previous_token_hash'),
  previousTokenExpiresAt: bigint('previous_token_expires_at', { mode: 'number' }),
  publicKey: text('public_key'),
  sealKey: text('seal_key'),
  runnerSealKey: text('runner_seal_key'),
  version: text('version'),
  lastSeenAt: bigint('last_seen_at', { mode: 'number' }),
  instance: text('instance'),
  createdAt: bigint('created_at', { mode: 'number' }).notNull(),
  rowSeal,
})

export const enrolments = pgTable(
  'enrolments',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    scopes: json('scopes').$type<string[]>().notNull(),
    labels: jsonb('labels').$type<Labels>().notNull(),
    concurrency: integer('concurrency').notNull(),
    serverId: text('server_id'),
    tokenHash: text('token_hash').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
    redeemedAt: bigint('redeemed_at', { mode: 'number' }),
    runnerId: text('runner_id'),
    rowSeal,
  },
  (t) => [uniqueIndex('enrolments_token').on(t.tokenHash)],
)

export const tokens = pgTable(
  'tokens',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    role: text('role').$type<Role>().notNull(),
    tokenHash: text('token_hash').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
    seal: text('seal').notNull().default(''),
    rowSeal,
  },
  (t) => [uniqueIndex('tokens_hash').on(t.tokenHash)],
)

export const schedules = pgTable(
  'schedules',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    cron: text('cron').notNull(),
    timeZone: text('time_zone').notNull(),
    order: json('order_body').$type<JsonObject>().notNull(),
    missedRuns: text('missed_runs').$type<'skip' | 'run_once'>().notNull(),
    alertAfterSec: integer('alert_after_sec'),
    paused: boolean('paused').notNull(),
    nextRunAt: bigint('next_run_at', { mode: 'number' }),
    lastRunAt: bigint('last_run_at', { mode: 'number' }),
    lastOrderId: text('last_order_id'),
    lastProblem: text('last_problem'),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    createdBy: text('created_by').notNull(),
    answerable: json('answerable').$type<string[]>(),
    seal: text('seal').notNull().default(''),
    rowSeal,
  },
  (t) => [index('schedules_due').on(t.nextRunAt).where(sql`not paused`)],
)

export const secrets = pgTable(
  'secrets',
  {
    name: text('name').primaryKey(),
    version: integer('version').notNull(),
    servers: json('servers').$type<string[]>(),
    keyVersion: integer('key_version').notNull(),
    nonce: text('nonce').notNull(),
    ciphertext: text('ciphertext').notNull(),
    createdAt: bigint('created_at', { mode: 'number' }).notNull(),
    createdBy: text('created_by').notNull(),
    updatedAt: bigint('updated_at', { mode: 'number' }).notNull(),
    updatedBy: text('updated_by').notNull(),
  },
  (t) => [index('secrets_by_key').on(t.keyVersion, t.name)],
)

/** Append-only: triggers refuse UPDATE, DELETE and TRUNCATE. */
export const audit = pgTable(
  'audit',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey(),
    at: bigint('at', { mode: 'number' }).notNull(),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    data: text('data').notNull(),
    hash: text('hash').$type<AuditEvent['hash']>().notNull(),
    mac: text('mac').notNull().default(''),
  },
  (t) => [index('audit_subject').on(t.subject, t.seq)],
)

/** One row, locked last in every transaction that appends: numbers are given, and become visible, in order of commit. */
export const auditHead = pgTable('audit_head', {
  id: smallint('id').primaryKey().default(1),
  seq: bigint('seq', { mode: 'number' }).notNull(),
  hash: text('hash').notNull(),
})

export const leadership = pgTable('leadership', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
  renewedAt: bigint('renewed_at', { mode: 'number' }).notNull(),
})

import { bigint, boolean, index, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

export const identityAccounts = pgTable('identity_accounts', {
  id: uuid('id').primaryKey(),
  /** As it was typed; mail goes there. */
  email: text('email').notNull(),
  /** What makes two addresses the same: see `email.ts`. */
  emailKey: text('email_key').notNull().unique(),
  passwordHash: text('password_hash').notNull(),
  role: text('role').notNull(),
  /** Access tokens of another version are refused. */
  tokenVersion: integer('token_version').notNull().default(0),
  emailVerifiedAt: at('email_verified_at'),
  disabledAt: at('disabled_at'),
  passwordChangedAt: at('password_changed_at').notNull(),
  lastLoginAt: at('last_login_at'),
  createdAt: at('created_at').notNull(),
})

const accountId = () =>
  uuid('account_id')
    .notNull()
    .references(() => identityAccounts.id, { onDelete: 'cascade' })

/** One for each sign-in: a family of refresh tokens, of which one at a time is alive. */
export const identitySessions = pgTable(
  'identity_sessions',
  {
    id: uuid('id').primaryKey(),
    accountId: accountId(),
    createdAt: at('created_at').notNull(),
    /** However often it is refreshed. */
    expiresAt: at('expires_at').notNull(),
    endedAt: at('ended_at'),
    endReason: text('end_reason'),
    rotations: integer('rotations').notNull().default(0),
  },
  (table) => [
    index('identity_sessions_account').on(table.accountId),
    index('identity_sessions_expiry').on(table.expiresAt),
  ],
)

export const identityRefreshTokens = pgTable(
  'identity_refresh_tokens',
  {
    hash: text('hash').primaryKey(),
    sessionId: uuid('session_id')
      .notNull()
      .references(() => identitySessions.id, { onDelete: 'cascade' }),
    createdAt: at('created_at').notNull(),
    expiresAt: at('expires_at').notNull(),
    usedAt: at('used_at'),
    successorHash: text('successor_hash'),
    /** Only who holds this token can read it: its key is made from the token, which is not kept. */
    successorSealed: text('successor_sealed'),
  },
  (table) => [index('identity_refresh_tokens_session').on(table.sessionId)],
)

export const identityOneTimeTokens = pgTable(
  'identity_one_time_tokens',
  {
    hash: text('hash').primaryKey(),
    accountId: accountId(),
    purpose: text('purpose').$type<'verify-email' | 'reset-password' | 'change-email'>().notNull(),
    /** The address that it was sent to: it proves nothing about another. */
    emailKey: text('email_key').notNull(),
    createdAt: at('created_at').notNull(),
    expiresAt: at('expires_at').notNull(),
    usedAt: at('used_at'),
  },
  (table) => [index('identity_one_time_tokens_account').on(table.accountId, table.purpose)],
)

/** Where an account has signed in from. */
export const identityKnownClients = pgTable(
  'identity_known_clients',
  {
    accountId: accountId(),
    kind: text('kind').$type<'address' | 'device'>().notNull(),
    hash: text('hash').notNull(),
    lastSeenAt: at('last_seen_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.kind, table.hash] })],
)

/** What was tried too often; `key` is a digest, so that no list of addresses can be read from it. */
export const identityAttempts = pgTable(
  'identity_attempts',
  {
    key: text('key').primaryKey(),
    count: integer('count').notNull(),
    since: at('since').notNull(),
    lastAt: at('last_at').notNull(),
    blockedUntil: at('blocked_until'),
  },
  (table) => [index('identity_attempts_last').on(table.lastAt)],
)

export const identityTotp = pgTable('identity_totp', {
  accountId: accountId().primaryKey(),
  secretSealed: text('secret_sealed').notNull(),
  confirmed: boolean('confirmed').notNull().default(false),
  /** No code of this time step or an earlier one is taken again. */
  lastStep: bigint('last_step', { mode: 'number' }),
})

export const identityRecoveryCodes = pgTable(
  'identity_recovery_codes',
  {
    accountId: accountId(),
    hash: text('hash').notNull(),
    usedAt: at('used_at'),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.hash] })],
)

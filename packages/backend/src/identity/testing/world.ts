import { createLog, type Log } from '@ikoma/kernel/node'
import { sql } from 'drizzle-orm'
import { openTables } from '../../testing/tables.ts'
import type { IdentityEvent } from '../events.ts'
import { createIdentity, createPasswordHasher, type Identity, type IdentityOptions } from '../index.ts'
import * as schema from '../schema.ts'

/** Quick, for tests that are not about it. */
export const quickHasher = createPasswordHasher({ parameters: { memoryCost: 8, timeCost: 1, parallelism: 1 } })
export const goodPassword = 'Vélo-rouge-42'
const noon = Date.UTC(2026, 9, 24, 12)

export interface World {
  url: string
  identity: Identity
  /** Another process on the same database, with the same keys and clock. */
  another(patch?: Partial<IdentityOptions>): Identity
  options: IdentityOptions
  events: IdentityEvent[]
  /** The newest of its kind; throws when there is none. */
  told<K extends IdentityEvent['kind']>(kind: K): Extract<IdentityEvent, { kind: K }>
  /** What was logged. */
  logged(): string
  pass(ms: number): void
  /** A verified account. */
  account(email?: string, password?: string, role?: string): Promise<string>
  clear(): Promise<void>
  destroy(): Promise<void>
}

export async function openWorld(serverUrl: string): Promise<World> {
  let now = noon
  const lines: string[] = []
  const log: Log = createLog('trace', { write: (line) => void lines.push(line) })
  const { url, database, destroy } = await openTables(serverUrl, schema, log)
  const events: IdentityEvent[] = []
  const options: IdentityOptions = {
    database,
    clock: { now: () => now },
    log,
    roles: ['client', 'washer', 'manager', 'admin'],
    keys: {
      access: [{ kid: 'k1', alg: 'HS256', secret: new Uint8Array(32).fill(1) }],
      seal: new Uint8Array(32).fill(2),
    },
    issuer: 'BlingAuto',
    audience: 'https://blingauto.test',
    tell: (_tx, event) => void events.push(event),
    hasher: quickHasher,
    leastAnswerMs: 0,
  }
  const identity = createIdentity(options)
  const told: World['told'] = (kind) => {
    const event = events.findLast((each) => each.kind === kind)
    if (!event) throw new Error(`nothing of ${kind} was told`)
    return event as Extract<IdentityEvent, { kind: typeof kind }>
  }
  return {
    url,
    identity,
    options,
    events,
    told,
    another: (patch = {}) => createIdentity({ ...options, ...patch }),
    logged: () => lines.join(''),
    pass(ms) {
      now += ms
    },
    async account(email = 'ada@example.fr', password = goodPassword, role = 'client') {
      await identity.register({ email, password, role })
      const { id } = await identity.verifyEmail(told('verify-email').token)
      return id
    },
    async clear() {
      await database.db.execute(sql`truncate identity_accounts, identity_attempts cascade`)
      events.length = 0
    },
    destroy,
  }
}

export const home = { address: '203.0.113.7' }
export const elsewhere = { address: '198.51.100.9' }

import { liveStatuses, type SecretStore } from '@ikoma/domain'
import { notFound } from '@ikoma/kernel'
import { and, asc, eq, gt, inArray, lt, sql } from 'drizzle-orm'
import { pageOf } from '../paging.ts'
import { secretChanged, secretInUse } from '../registry-errors.ts'
import { referenceText } from '../secret-reference.ts'
import type { Db } from './database.ts'
import { orders, schedules, secrets } from './schema.ts'
import type { SyncWrites } from './sync-writes.ts'

type SecretVerb = 'putSecret' | 'deleteSecret' | 'moveSecrets'

export function secretReads(db: Db): Omit<SecretStore, SecretVerb> {
  return {
    async findSecret(name) {
      return db.select().from(secrets).where(eq(secrets.name, name)).get() ?? null
    },
    async listSecrets({ limit, cursor }) {
      const after = cursor === null ? undefined : gt(secrets.name, cursor)
      const rows = db
        .select()
        .from(secrets)
        .where(after)
        .orderBy(asc(secrets.name))
        .limit(limit + 1)
        .all()
      return pageOf(rows, limit, ({ name }) => name)
    },
    async listSecretsBefore(keyVersion, limit) {
      const older = lt(secrets.keyVersion, keyVersion)
      return db.select().from(secrets).where(older).orderBy(asc(secrets.name)).limit(limit).all()
    },
    async findSecretUse(name) {
      return findUse(db, name)
    },
  }
}

export function secretWrites(db: Db): Pick<SyncWrites, SecretVerb> {
  return {
    putSecret(trace, secret, replaces, entry) {
      const { name } = secret
      const before = and(eq(secrets.name, name), eq(secrets.version, replaces ?? 0))
      const { changes } =
        replaces === null
          ? db.insert(secrets).values(secret).onConflictDoNothing().run()
          : db.update(secrets).set(secret).where(before).run()
      if (Number(changes) !== 1) throw secretChanged(name)
      trace.audit(entry)
    },
    deleteSecret(trace, name, evenIfUsed, entry) {
      const use = evenIfUsed ? null : findUse(db, name)
      if (use !== null) throw secretInUse(name, use)
      if (!db.delete(secrets).where(eq(secrets.name, name)).run().changes) throw notFound('secret', name)
      trace.audit(entry)
    },
    moveSecrets(trace, moves, entry) {
      let moved = 0
      for (const { from, to } of moves) {
        const { name, version, keyVersion, nonce, ciphertext } = to
        const same = and(eq(secrets.name, name), eq(secrets.version, version), eq(secrets.keyVersion, from))
        moved += Number(db.update(secrets).set({ keyVersion, nonce, ciphertext }).where(same).run().changes)
      }
      if (entry !== null) trace.audit(entry)
      return moved
    },
  }
}

function findUse(db: Db, name: string): string | null {
  const text = referenceText(name)
  const order = db
    .select({ id: orders.id })
    .from(orders)
    .where(and(inArray(orders.status, [...liveStatuses]), sql`instr(${orders.payload}, ${text}) > 0`))
    .limit(1)
    .get()
  if (order) return `order:${order.id}`
  const schedule = db
    .select({ id: schedules.id })
    .from(schedules)
    .where(sql`instr(${schedules.order}, ${text}) > 0`)
    .limit(1)
    .get()
  return schedule ? `schedule:${schedule.id}` : null
}

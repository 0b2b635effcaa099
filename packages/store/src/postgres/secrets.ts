import { liveStatuses, type SecretStore } from '@ikoma/domain'
import { notFound } from '@ikoma/kernel'
import { and, asc, eq, gt, inArray, lt, sql } from 'drizzle-orm'
import { pageOf } from '../paging.ts'
import { secretChanged, secretInUse } from '../registry-errors.ts'
import { referenceText } from '../secret-reference.ts'
import type { Db } from './connection.ts'
import { orders, schedules, secrets } from './schema.ts'
import type { SingleWrites } from './single-writes.ts'

type SecretVerb = 'putSecret' | 'deleteSecret' | 'moveSecrets'

export function secretReads(db: Db): Omit<SecretStore, SecretVerb> {
  return {
    async findSecret(name) {
      const [secret] = await db.select().from(secrets).where(eq(secrets.name, name))
      return secret ?? null
    },
    async listSecrets({ limit, cursor }) {
      // By code points, as SQLite and the cursor compare them.
      const byName = sql`${secrets.name} collate "C"`
      const after = cursor === null ? undefined : gt(byName, cursor)
      const query = db.select().from(secrets).where(after).orderBy(asc(byName))
      return pageOf(await query.limit(limit + 1), limit, ({ name }) => name)
    },
    async listSecretsBefore(keyVersion, limit) {
      const older = lt(secrets.keyVersion, keyVersion)
      return db
        .select()
        .from(secrets)
        .where(older)
        .orderBy(asc(sql`${secrets.name} collate "C"`))
        .limit(limit)
    },
    findSecretUse: (name) => findUse(db, name),
  }
}

export const secretWrites: Pick<SingleWrites, SecretVerb> = {
  async putSecret({ db, trace }, secret, replaces, entry) {
    const { name } = secret
    const before = and(eq(secrets.name, name), eq(secrets.version, replaces ?? 0))
    const { rowCount } =
      replaces === null
        ? await db.insert(secrets).values(secret).onConflictDoNothing()
        : await db.update(secrets).set(secret).where(before)
    if (rowCount !== 1) throw secretChanged(name)
    trace.audit(entry)
  },
  async deleteSecret({ db, trace }, name, evenIfUsed, entry) {
    const use = evenIfUsed ? null : await findUse(db, name)
    if (use !== null) throw secretInUse(name, use)
    const { rowCount } = await db.delete(secrets).where(eq(secrets.name, name))
    if (!rowCount) throw notFound('secret', name)
    trace.audit(entry)
  },
  async moveSecrets({ db, trace }, moves, entry) {
    let moved = 0
    for (const { from, to } of moves) {
      const { name, version, keyVersion, nonce, ciphertext } = to
      const same = and(eq(secrets.name, name), eq(secrets.version, version), eq(secrets.keyVersion, from))
      const { rowCount } = await db.update(secrets).set({ keyVersion, nonce, ciphertext }).where(same)
      moved += rowCount ?? 0
    }
    if (entry !== null) trace.audit(entry)
    return moved
  },
}

async function findUse(db: Db, name: string): Promise<string | null> {
  const text = referenceText(name)
  const [order] = await db
    .select({ id: orders.id })
    .from(orders)
    .where(and(inArray(orders.status, [...liveStatuses]), sql`position(${text} in ${orders.payload}::text) > 0`))
    .limit(1)
  if (order) return `order:${order.id}`
  const [schedule] = await db
    .select({ id: schedules.id })
    .from(schedules)
    .where(sql`position(${text} in ${schedules.order}::text) > 0`)
    .limit(1)
  return schedule ? `schedule:${schedule.id}` : null
}

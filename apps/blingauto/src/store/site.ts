import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { placeChanged, readSite } from './calendar.ts'
import { bookings, services, site, walkIns } from './schema.ts'

export type SiteChange = Partial<Omit<typeof site.$inferInsert, 'id' | 'version'>>

/**
 * Changes the rules of the place. Its zone stays once something is booked, since every local time that was told is of it; its
 * currency once something has a price.
 */
export async function changeSite(database: Database, change: SiteChange): Promise<typeof site.$inferSelect> {
  return database.transaction(async (tx) => {
    const before = await readSite(tx, 'alone')
    if (change.zone !== undefined && change.zone !== before.zone && (await isAny(tx, [bookings, walkIns])))
      throw fixed('zone', 'There are bookings, whose times are of this zone')
    if (change.currency !== undefined && change.currency !== before.currency && (await isAny(tx, [bookings, services])))
      throw fixed('currency', 'There are prices, which are of this currency')
    if (Object.keys(change).length > 0) await tx.update(site).set(change)
    await placeChanged(tx)
    return readSite(tx)
  })
}

async function isAny(tx: Transaction, tables: readonly (typeof bookings | typeof walkIns | typeof services)[]) {
  for (const table of tables) if ((await tx.select({ id: table.id }).from(table).limit(1)).length > 0) return true
  return false
}

function fixed(field: string, why: string): AppError {
  const fields = [{ field: `body/${field}`, message: 'is fixed' }]
  return new AppError('conflict', `${field}: ${why}. It cannot be changed any more.`, {
    reason: `${field}_fixed`,
    fields,
  })
}

import type { Database } from '@ikoma/backend/postgres'
import { businessHours, site } from './schema.ts'

/** A place as most are at their first start: open from nine to six but on Sundays. What is there stays as it is. */
export async function seedSite(database: Database, zone: string): Promise<void> {
  const numbers = { stepMin: 30, bufferBeforeMin: 0, bufferAfterMin: 0, noticeMin: 120, horizonDays: 90, holdMin: 30 }
  await database.transaction(async (tx) => {
    const made = await tx
      .insert(site)
      .values({ name: 'BlingAuto', zone, currency: 'EUR', ...numbers })
      .onConflictDoNothing()
      .returning({ id: site.id })
    if (made.length === 0) return
    const weekdays = [1, 2, 3, 4, 5, 6]
    await tx
      .insert(businessHours)
      .values(weekdays.map((weekday) => ({ weekday, hours: [{ from: '09:00', to: '18:00' }] })))
  })
}

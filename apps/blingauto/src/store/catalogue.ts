import { AppError } from '@ikoma/kernel'
import { and, eq, inArray } from 'drizzle-orm'
import type { BookedService } from '../domain/booking.ts'
import type { Reader } from './calendar.ts'
import { services } from './schema.ts'

/** Services as a booking takes them: what each costs and takes now. */
export async function offeredServices(
  reader: Reader,
  ids: readonly string[],
): Promise<(BookedService & { name: string })[]> {
  const found = await reader
    .select({ id: services.id, name: services.name, price: services.price, durationMin: services.durationMin })
    .from(services)
    .where(and(inArray(services.id, [...ids]), eq(services.status, 'active')))
  const missing = ids.filter((id) => found.every((service) => service.id !== id))
  if (missing.length > 0)
    throw new AppError('unprocessable', 'service_ids: some are not offered.', {
      reason: 'service_not_found',
      details: { missing },
    })
  // As they were named: the same twice is refused by its rule.
  return ids.flatMap((id) =>
    found
      .filter((service) => service.id === id)
      .map(({ name, price, durationMin }) => ({ serviceId: id, name, price, durationMin })),
  )
}

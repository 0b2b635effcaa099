import { actRoutes, completionRoute } from './bookings/acts.ts'
import { editRoutes, serviceRoutes } from './bookings/edits.ts'
import { placingRoute, reschedulingRoute } from './bookings/placing.ts'
import { readingRoutes } from './bookings/reading.ts'
import type { Parts } from './parts.ts'

export function bookingRoutes(parts: Parts): void {
  const routes = [placingRoute, reschedulingRoute, readingRoutes, editRoutes, serviceRoutes, actRoutes, completionRoute]
  for (const add of routes) add(parts)
}

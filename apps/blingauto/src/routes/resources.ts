import * as z from 'zod'
import { changeOwnWeek, readOwnWeek } from '../store/opening-hours.ts'
import { changeResource, isOf, noSuch } from '../store/resource-changes.ts'
import type { Resource } from '../store/resources.ts'
import { resources } from '../store/schema.ts'
import { shownBooking } from './bookings/answer.ts'
import { outside, shownWeek, week, weekAnswer, weekOf } from './opening-week.ts'
import type { Parts, typed } from './parts.ts'

const params = z.object({ id: z.uuid() })
const days = weekAnswer.nullable().describe('Null has the hours of the place.')

type Kind = Resource['kind']
type Made = Pick<Parts, 'database' | 'clock'>

/** What bays, teams and people have in common: how they go, and hours of their own. */
export function retiringRoutes(
  app: ReturnType<typeof typed>,
  path: string,
  kind: Kind,
  { database, clock }: Made,
): void {
  const tags = [kind === 'staff' ? 'staff' : 'facilities']
  const hoursPath = `${path}/:id/${kind === 'staff' ? 'schedule' : 'hours'}`
  const refuseMissing = async (id: string) => {
    const found = await database.db.select({ id: resources.id }).from(resources).where(isOf(id, kind))
    if (found.length === 0) throw noSuch(kind)
  }

  app.delete(
    `${path}/:id`,
    {
      config: { access: 'admins' },
      schema: {
        tags,
        summary: 'Take it out of use, once no booking to come holds it; what it was used for stays',
        params,
        response: { 204: z.null() },
      },
    },
    async ({ params: { id } }, reply) => {
      await changeResource(database, id, { kind, status: 'inactive', now: clock.now() })
      return reply.code(204).send(null)
    },
  )

  app.get(
    hoursPath,
    {
      config: { access: 'staff' },
      schema: {
        tags,
        summary: 'Its own hours, within those of the place',
        params,
        response: { 200: z.object({ days }) },
      },
    },
    async ({ params: { id } }) => {
      await refuseMissing(id)
      const found = await readOwnWeek(database.db, id)
      return { days: found && shownWeek(found) }
    },
  )

  app.put(
    hoursPath,
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'Change its own hours; null gives it those of the place',
        params,
        body: z.strictObject({ days: week.nullable() }),
        response: { 200: z.object({ days, bookings: outside }) },
      },
    },
    async ({ params: { id }, body }) => {
      await refuseMissing(id)
      const wanted = body.days && weekOf(body.days)
      const found = await changeOwnWeek(database, id, { week: wanted, now: clock.now() })
      return { days: wanted && shownWeek(wanted), bookings: found.map(shownBooking) }
    },
  )
}

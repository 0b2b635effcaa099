import { callerOf, type Principal } from '@ikoma/backend/http'
import { AppError } from '@ikoma/kernel'
import * as z from 'zod'
import { addServices, editBooking, removeService } from '../../store/booking-edits.ts'
import { offeredServices } from '../../store/catalogue.ts'
import { type Parts, typed } from '../parts.ts'
import { bookingAnswer, bookingOf, instant, managers, shownAfter, staff } from './answer.ts'

const tags = ['bookings']
const params = z.object({ id: z.uuid() })

const edit = z
  .strictObject({
    notes: z.string().max(1_000).nullable(),
    phone_number: z.string().max(30).nullable(),
    ends_at: instant.describe('By staff: it takes longer, or shorter, than it was booked for.'),
    staff_id: z.uuid().nullable().describe('By managers: who washes.'),
  })
  .partial()

export function editRoutes({ app: server, database, clock }: Parts): void {
  typed(server).patch(
    '/api/v1/bookings/:id',
    {
      config: { access: 'user', errors: [403] },
      schema: {
        tags,
        summary: 'Change a booking where it stands; what is not named stays',
        params,
        body: edit,
        response: { 200: bookingAnswer },
      },
    },
    async (request) => {
      const { body } = request
      const { id } = await bookingOf(database.db, request)
      refuseFields(callerOf(request), body)
      const { notes, phone_number: phoneNumber, ends_at: end, staff_id: staffId } = body
      const endsAt = end === undefined ? undefined : Date.parse(end)
      await editBooking(database, id, { notes, phoneNumber, endsAt, staffId }, clock.now())
      return shownAfter(database.db, id)
    },
  )
}

/** Not each field is everybody's. */
function refuseFields({ role }: Principal, body: z.infer<typeof edit>): void {
  const field =
    body.ends_at !== undefined && !staff.includes(role)
      ? 'ends_at'
      : body.staff_id !== undefined && !managers.includes(role)
        ? 'staff_id'
        : null
  if (field === null) return
  const fields = [{ field: `body/${field}`, message: 'is not yours to change' }]
  throw new AppError('forbidden', `${field}: this is not yours to change.`, { reason: 'forbidden', fields })
}

export function serviceRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)

  app.post(
    '/api/v1/bookings/:id/services',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Add services to a booking that is not confirmed: its end moves, and its price',
        params,
        body: z.strictObject({ service_ids: z.array(z.uuid()).min(1).max(10) }),
        response: { 200: bookingAnswer },
      },
    },
    async (request) => {
      const { id } = await bookingOf(database.db, request)
      const services = await offeredServices(database.db, request.body.service_ids)
      await addServices(database, id, services, clock.now())
      return shownAfter(database.db, id)
    },
  )

  app.delete(
    '/api/v1/bookings/:id/services/:sid',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Take a service away from a booking that is not confirmed',
        params: z.object({ id: z.uuid(), sid: z.uuid() }),
        response: { 200: bookingAnswer },
      },
    },
    async (request) => {
      const { id } = await bookingOf(database.db, request)
      await removeService(database, id, request.params.sid, clock.now())
      return shownAfter(database.db, id)
    },
  )
}

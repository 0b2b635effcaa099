import { AppError } from '@ikoma/kernel'
import type { FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { languageOf } from '../domain/language.ts'
import { receiptNumber, receiptText } from '../domain/receipt.ts'
import { paymentMethods } from '../domain/walk-in.ts'
import { findReceipt, type Receipt } from '../store/receipts.ts'
import { readFile } from '../store/walk-ins.ts'
import { bookingOf } from './bookings/answer.ts'
import { amount } from './money.ts'
import { type Parts, typed } from './parts.ts'

const params = z.object({ id: z.uuid() })
const receipt = z
  .object({
    number: z.string().describe('Without a gap within a year of the place.'),
    year: z.number().int(),
    issued_at: z.string(),
    place: z.string(),
    local: z.object({ date: z.string(), time: z.string() }),
    lines: z.array(z.object({ name: z.string(), price: amount })),
    discount: amount,
    total: amount,
    tax: amount.describe('In the total.'),
    tax_rate_percent: z.number(),
    currency: z.string(),
    payments: z.array(z.object({ payment_method: z.enum(paymentMethods), amount })),
  })
  .meta({ id: 'Receipt' })
const response = {
  200: {
    description: 'What was sold, as it was sold; as text for a printer where `Accept` asks for text/plain.',
    content: { 'application/json': { schema: receipt }, 'text/plain': { schema: z.string() } },
  },
}

export function receiptRoutes({ app: server, database: { db } }: Parts): void {
  const app = typed(server)

  app.get(
    '/api/v1/walkins/:id/receipt',
    {
      config: { access: 'staff' },
      schema: { tags: ['walkins'], summary: 'The receipt of a walk-in', params, response },
    },
    async (request, reply) => {
      const { row } = await readFile(db, request.params.id)
      return send(request, reply, await findReceipt(db, { walkInId: row.id }))
    },
  )

  app.get(
    '/api/v1/bookings/:id/receipt',
    {
      config: { access: 'user' },
      schema: { tags: ['payments'], summary: 'The receipt of a booking', params, response },
    },
    async (request, reply) => {
      const booking = await bookingOf(db, request)
      return send(request, reply, await findReceipt(db, { bookingId: booking.id }))
    },
  )
}

function send({ headers }: Pick<FastifyRequest, 'headers'>, reply: FastifyReply, found: Receipt | null): FastifyReply {
  if (!found)
    throw new AppError('not_found', 'There is none yet: it is written once all is done and paid.', {
      reason: 'receipt_not_found',
    })
  reply.header('vary', 'accept, accept-language')
  if (!/^\s*text\/plain\b/i.test(headers.accept ?? '')) return reply.send(shownReceipt(found))
  const language = languageOf(headers['accept-language'])
  reply.header('content-type', 'text/plain; charset=utf-8').header('content-language', language)
  return reply.send(receiptText(receiptNumber(found), found.content, language))
}

function shownReceipt(found: Receipt): z.infer<typeof receipt> {
  const { place, date, time, lines, discount, total, tax, taxBasisPoints, currency, payments } = found.content
  return {
    number: receiptNumber(found),
    year: found.year,
    issued_at: found.issuedAt.toISOString(),
    place,
    local: { date, time },
    lines,
    ...{ discount, total, tax, tax_rate_percent: taxBasisPoints / 100, currency },
    payments: payments.map(({ method, amount: paid }) => ({ payment_method: method, amount: paid })),
  }
}

import { callerOf } from '@ikoma/backend/http'
import * as z from 'zod'
import { paymentMethods } from '../domain/walk-in.ts'
import { closeDay, type DailyReport, readDailyReport } from '../store/daily-closings.ts'
import { amount } from './money.ts'
import { day, type Parts, typed } from './parts.ts'

const tags = ['walkins']
const params = z.object({ date: day.describe('A day of the place, `2026-11-30`.') })
const many = z.number().int()
const report = z
  .object({
    date: z.string(),
    zone: z.string(),
    from: z.string(),
    to: z.string(),
    currency: z.string(),
    walkins: z.object({ completed: many, cancelled: many, open: many }),
    bookings: z.object({ completed: many, cancelled: many, no_show: many }),
    by_method: z.record(z.enum(paymentMethods), amount).describe('What was taken less what was given back.'),
    taken: amount,
    given_back: amount,
    net: amount,
    tax: amount.describe('In the net amount.'),
    closing: z
      .object({
        closed_at: z.string(),
        closed_by: z.uuid(),
        counted_cash: amount,
        expected_cash: amount,
        difference: amount.describe('Counted less expected: below zero, some is missing.'),
      })
      .nullable(),
  })
  .meta({ id: 'DailyReport' })

export function dailyReportRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)

  app.get(
    '/api/v1/walkins/reports/daily/:date',
    {
      config: { access: 'managers' },
      schema: { tags, summary: 'A day of the till', params, response: { 200: report } },
    },
    async (request) => shownReport(await readDailyReport(database.db, request.params.date)),
  )

  app.post(
    '/api/v1/walkins/reports/daily/:date/close',
    {
      config: { access: 'managers', idempotent: true },
      schema: {
        tags,
        summary: 'Close a day of the till: nothing is taken or given back on it afterwards',
        params,
        body: z.strictObject({ counted_cash: z.number().int().min(-1_000_000_00).max(1_000_000_00) }),
        response: { 200: report },
      },
    },
    async (request) => {
      const how = { countedCash: request.body.counted_cash, by: callerOf(request).id, now: clock.now() }
      return shownReport(await closeDay(database, request.params.date, how))
    },
  )
}

function shownReport({ date, zone, span, currency, totals, closing }: DailyReport): z.infer<typeof report> {
  const { walkIns, bookings, byMethod, taken, givenBack, tax } = totals
  const { completed, cancelled, noShow } = bookings
  return {
    ...{ date, zone, currency },
    from: new Date(span.from).toISOString(),
    to: new Date(span.to).toISOString(),
    walkins: walkIns,
    bookings: { completed, cancelled, no_show: noShow },
    by_method: byMethod,
    ...{ taken, given_back: givenBack, net: taken - givenBack, tax },
    closing: closing && {
      closed_at: closing.closedAt.toISOString(),
      closed_by: closing.closedBy,
      counted_cash: closing.countedCash,
      expected_cash: byMethod.cash,
      difference: closing.countedCash - byMethod.cash,
    },
  }
}

import * as z from 'zod'
import { isZone } from '../domain/zoned-time.ts'
import { readSite } from '../store/calendar.ts'
import type { site as siteTable } from '../store/schema.ts'
import { changeSite } from '../store/site.ts'
import { type Parts, typed } from './parts.ts'

const tags = ['facilities']
const rules = {
  step_minutes: z.int().min(5).max(240).describe('Starts are this far apart, from when the place opens.'),
  buffer_before_minutes: z.int().min(0).max(240),
  buffer_after_minutes: z.int().min(0).max(240),
  notice_minutes: z.int().min(0).max(43_200).describe('How soon it may be booked.'),
  horizon_days: z.int().min(1).max(400).describe('How far ahead it may be booked.'),
  hold_minutes: z.int().min(1).max(10_080).describe('How long a booking that nobody confirmed keeps others away.'),
  tax_basis_points: z.int().min(0).max(10_000).describe('Of what is in every price: 2000 is 20 %.'),
}
const fields = {
  name: z.string().trim().min(1).max(100),
  zone: z.string().max(60).refine(isZone, 'must be a time zone as Europe/Paris'),
  currency: z.string().regex(/^[A-Z]{3}$/, 'three capitals, as EUR'),
  ...rules,
}
const answer = z
  .object({
    name: z.string(),
    zone: z.string(),
    currency: z.string(),
    ...(Object.fromEntries(Object.keys(rules).map((name) => [name, z.number().int()])) as Record<
      keyof typeof rules,
      z.ZodNumber
    >),
  })
  .meta({ id: 'Site' })

export function siteRoutes({ app: server, database }: Parts): void {
  const app = typed(server)
  const path = '/api/v1/facilities/site'

  app.get(
    path,
    { config: { access: 'anyone' }, schema: { tags, summary: 'The place and its rules', response: { 200: answer } } },
    async () => shown(await readSite(database.db)),
  )

  app.patch(
    path,
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'Change the rules of the place; its zone and currency stay once they are used',
        body: z.strictObject(fields).partial(),
        response: { 200: answer },
      },
    },
    async ({ body }) => {
      const change = {
        ...{ name: body.name, zone: body.zone, currency: body.currency, stepMin: body.step_minutes },
        ...{ bufferBeforeMin: body.buffer_before_minutes, bufferAfterMin: body.buffer_after_minutes },
        ...{ noticeMin: body.notice_minutes, horizonDays: body.horizon_days, holdMin: body.hold_minutes },
        taxBasisPoints: body.tax_basis_points,
      }
      const named = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
      return shown(await changeSite(database, named))
    },
  )
}

function shown(site: typeof siteTable.$inferSelect): z.infer<typeof answer> {
  return {
    ...{ name: site.name, zone: site.zone, currency: site.currency, step_minutes: site.stepMin },
    ...{ buffer_before_minutes: site.bufferBeforeMin, buffer_after_minutes: site.bufferAfterMin },
    ...{ notice_minutes: site.noticeMin, horizon_days: site.horizonDays, hold_minutes: site.holdMin },
    tax_basis_points: site.taxBasisPoints,
  }
}

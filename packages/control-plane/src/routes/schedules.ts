import { idParams, pageOf, scheduleBody, schedulePatch, scheduleSchema } from '@ikoma/api'
import { type AuditEntry, authorsOf, type Schedule, type SchedulePatch, scheduleBytes } from '@ikoma/domain'
import { newId, notFound } from '@ikoma/kernel'
import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import { callingActor } from '../access.ts'
import type { Context } from '../context.ts'
import { scheduleResource, scheduleSummary } from '../present.ts'
import { firstCronRun } from '../watch/cron.ts'
import type { App } from './app.ts'
import { idCursor } from './paging.ts'
import { withoutUndefined } from './patch.ts'

const tags = ['schedules']

export function scheduleRoutes(app: App, { store, clock, orders, keyring }: Context): void {
  const shown = (schedule: Schedule) => scheduleResource(schedule, clock.now())

  app.get(
    '/v1/schedules',
    {
      config: { access: 'viewer' },
      schema: {
        tags,
        operationId: 'listSchedules',
        summary: 'List schedules, without the payloads of their orders',
        querystring: idCursor,
        response: { 200: pageOf(scheduleSchema) },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const page = await store.listSchedules({ limit, cursor: cursor ?? null })
      return { items: page.items.map((item) => scheduleSummary(item, clock.now())), next: page.next }
    },
  )

  app.post(
    '/v1/schedules',
    {
      config: { access: 'operator' },
      schema: {
        tags,
        operationId: 'createSchedule',
        summary: 'Place an order on a cron expression',
        body: scheduleBody,
        response: { 201: scheduleSchema },
      },
    },
    async (request, reply) => {
      const { alertAfterSec = null, ...body } = request.body
      const now = clock.now()
      const actor = callingActor(request)
      await orders.check(body.order, actor)
      const id = newId()
      const schedule: Schedule = {
        id,
        ...body,
        alertAfterSec,
        nextRunAt: firstCronRun(body.cron, body.timeZone, now),
        lastRunAt: null,
        lastOrderId: null,
        lastProblem: null,
        createdAt: now,
        createdBy: actor,
        answerable: [actor],
        seal: sealOf({ id, order: body.order, createdBy: actor }),
      }
      const { name, cron } = schedule
      await store.insertSchedule(schedule, entry(request, 'schedule.created', schedule.id, { name, cron }))
      return reply.code(201).send(shown(schedule))
    },
  )

  app.get(
    '/v1/schedules/:id',
    {
      config: { access: 'viewer' },
      schema: {
        tags,
        operationId: 'getSchedule',
        summary: 'Show a schedule',
        params: idParams,
        response: { 200: scheduleSchema },
      },
    },
    async ({ params: { id } }) => shown(await getSchedule(id)),
  )

  app.patch(
    '/v1/schedules/:id',
    {
      config: { access: 'operator' },
      schema: {
        tags,
        operationId: 'updateSchedule',
        summary: 'Change, pause or resume a schedule',
        params: idParams,
        body: schedulePatch,
        response: { 200: scheduleSchema },
      },
    },
    async (request) => {
      const { id } = request.params
      const given = withoutUndefined(request.body) as SchedulePatch
      const before = await getSchedule(id)
      if (request.body.order) await orders.check(request.body.order, callingActor(request))
      const { cron, timeZone } = { ...before, ...given }
      // Whatever passed while it was paused stays passed: it goes on from now.
      const patch: SchedulePatch = { ...given, nextRunAt: firstCronRun(cron, timeZone, clock.now()) }
      if (request.body.order) {
        // Who writes the order answers for it: approval needs somebody else.
        patch.createdBy = callingActor(request)
        // Also whoever wrote it before: one field may have changed, or none.
        patch.answerable = [...new Set([...authorsOf(before), patch.createdBy])]
        patch.seal = sealOf({ id, order: request.body.order, createdBy: patch.createdBy })
      }
      return shown(await store.updateSchedule(id, patch, entry(request, 'schedule.changed', id, told(given))))
    },
  )

  app.delete(
    '/v1/schedules/:id',
    {
      config: { access: 'operator' },
      schema: {
        tags,
        operationId: 'deleteSchedule',
        summary: 'Delete a schedule',
        params: idParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      await store.deleteSchedule(id, entry(request, 'schedule.deleted', id, {}))
      return reply.code(204).send(null)
    },
  )

  /** The audit is read in lists, and by more people than the schedule: what an order asks for is not in it. */
  function told({ order, ...rest }: SchedulePatch): Record<string, unknown> {
    return { ...rest, ...(order && { order: { type: order.type } }) }
  }

  function sealOf(schedule: Parameters<typeof scheduleBytes>[0]): string {
    return keyring.seal(scheduleBytes(schedule))
  }

  async function getSchedule(id: string): Promise<Schedule> {
    const schedule = await store.findSchedule(id)
    if (!schedule) throw notFound('schedule', id)
    return schedule
  }

  function entry(request: FastifyRequest, action: string, id: string, data: Record<string, unknown>): AuditEntry {
    return { at: clock.now(), actor: callingActor(request), action, subject: `schedule:${id}`, data }
  }
}

import { drainBody, drainSchema, idParams, runnerSchema } from '@ikoma/api'
import { notFound } from '@ikoma/kernel'
import { callingActor } from '../access.ts'
import type { Context } from '../context.ts'
import { announceClaimable } from '../orders/claimable-look.ts'
import { isoTime, runnerResource } from '../present.ts'
import type { App } from './app.ts'

export function drainRoutes(app: App, context: Context): void {
  const { store, clock, drain, presence, instances, log } = context

  app.get(
    '/v1/drain',
    {
      config: { access: 'viewer' },
      schema: {
        tags: ['operations'],
        operationId: 'getDrain',
        summary: 'What a drain has come to',
        response: { 200: drainSchema },
      },
    },
    () => standing(),
  )

  app.put(
    '/v1/drain',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['operations'],
        operationId: 'drain',
        summary:
          'Give no more orders to any runner, for an upgrade, or again; a restart of this process gives them again',
        body: drainBody,
        response: { 200: drainSchema },
      },
    },
    async (request) => {
      const by = callingActor(request)
      const now = clock.now()
      const { draining } = request.body
      if (draining) drain.begin({ since: now, by })
      else drain.end()
      const action = draining ? 'control_plane.drained' : 'control_plane.resumed'
      await store.recordAudit({ at: now, actor: by, action, subject: 'control-plane', data: {} })
      log.warn(
        { by },
        draining ? 'no more orders are given out: this process is drained' : 'orders are given out again',
      )
      if (!draining) await announceClaimable(context)
      return standing()
    },
  )

  app.put(
    '/v1/runners/:id/drain',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['runners'],
        operationId: 'drainRunner',
        summary: 'Give no more orders to a runner, for an upgrade, or again; a restart of the runner gives them again',
        params: idParams,
        body: drainBody,
        response: { 200: runnerSchema },
      },
    },
    async (request) => {
      const { id } = request.params
      const runner = await store.findRunner(id)
      if (!runner) throw notFound('runner', id)
      const { draining } = request.body
      const by = callingActor(request)
      const now = clock.now()
      const action = draining ? 'runner.drained' : 'runner.resumed'
      await store.recordAudit({ at: now, actor: by, action, subject: `runner:${id}`, data: {} })
      const drained = instances.drain(presence.seen(runner), { on: draining, by }, now)
      await presence.flush()
      if (!draining) await announceClaimable(context)
      return runnerResource(drained, now)
    },
  )

  async function standing() {
    const current = drain.current()
    const { CLAIMED = 0, RUNNING = 0 } = await store.countOrders(['CLAIMED', 'RUNNING'])
    return { draining: current && { since: isoTime(current.since), by: current.by }, running: CLAIMED + RUNNING }
  }
}

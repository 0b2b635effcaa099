import { exchangeBody, exchangeReply } from '@ikoma/api'
import type { OrderState } from '@ikoma/domain'
import { connectionGone, problemOf, statusOf, toAppError } from '@ikoma/kernel/http'
import { callingRunner } from '../access.ts'
import type { Context } from '../context.ts'
import { claimerOf, claimWithin } from '../orders/claim.ts'
import { complete, start } from '../orders/held-order.ts'
import { listedClaim, progress } from '../present.ts'
import type { App } from './app.ts'

/** Start, complete and claim-next in one request: its writes share a commit. */
export function runnerExchangeRoute(app: App, context: Context): void {
  app.post(
    '/v1/runner/orders/exchange',
    {
      config: { access: 'runner' },
      schema: {
        tags: ['runner protocol'],
        operationId: 'exchangeOrders',
        summary: 'Complete, start and claim orders at once',
        body: exchangeBody,
        response: { 200: exchangeReply },
      },
    },
    async (request, reply) => {
      const { max, waitSec } = request.body
      const runner = callingRunner(request)
      const claimer = claimerOf(context, request)
      const quiet = request.body.start.length + request.body.complete.length === 0
      const outcome = async (id: string, change: Promise<OrderState>) => {
        try {
          return progress(await change)
        } catch (error) {
          const refusal = toAppError(error)
          if (statusOf[refusal.code] >= 500)
            request.log.error({ requestId: request.id, err: error }, 'an exchange failed')
          return { id, problem: problemOf(refusal, request.id) }
        }
      }
      // Asked for in this order, without waiting in between: completions free the places of what is claimed.
      const completing = request.body.complete.map(({ id, lease, report }) =>
        outcome(id, complete(context, { orderId: id, runner, lease }, report)),
      )
      const starting = request.body.start.map(({ id, lease }) =>
        outcome(id, start(context, { orderId: id, runner, lease })),
      )
      const claiming =
        max === 0
          ? []
          : claimWithin(context, claimer, {
              waitSec: quiet ? waitSec : 0,
              max,
              again: false,
              gone: connectionGone(reply),
            })
      const [completed, started, orders] = await Promise.all([Promise.all(completing), Promise.all(starting), claiming])
      return { started, completed, orders: orders.map(listedClaim) }
    },
  )
}

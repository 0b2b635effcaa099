import type { Client, OrderBody, OrderResource, Report } from '@ikoma/api'
import { isTerminal } from '@ikoma/domain'
import { until } from '../kit/until.ts'
import { tell } from './tell.ts'

export type Order = Omit<OrderBody, 'type' | 'payload' | 'runnerId' | 'serverId' | 'scope'> & { withinSec?: number }

export interface Orders {
  /** Places an order, approves it where that is asked for, and waits for its end, whatever that is. */
  place(type: string, payload?: Record<string, unknown>, order?: Order): Promise<OrderResource>
  /** The output of its report; rejects with all that is known of an order that did not succeed. */
  done(type: string, payload?: Record<string, unknown>, order?: Order): Promise<Record<string, unknown>>
  /** The codes of its report's errors; rejects when it succeeded. */
  refused(type: string, payload?: Record<string, unknown>, order?: Order): Promise<string[]>
}

/** Orders for one runner, through the HTTP API. */
export function ordersFor(client: Client, runnerId: string): Orders {
  const place: Orders['place'] = async (type, payload = {}, { withinSec = 120, ...more } = {}) => {
    const since = performance.now()
    const placed = await client.placeOrder({ type, runnerId, payload, ...more })
    if (placed.status === 'PENDING_APPROVAL') await client.approveOrder(placed.id)
    const ended = await until(
      `the end of ${type}`,
      async () => {
        const order = await client.getOrder(placed.id)
        return isTerminal(order.status) ? order : null
      },
      withinSec * 1000,
    )
    const seconds = ((performance.now() - since) / 1000).toFixed(1)
    tell(`order ${type}${more.dryRun ? ' (dry run)' : ''}: ${ended.status}, ${summaryOf(ended)} (${seconds} s)`)
    return ended
  }
  return {
    place,
    async done(type, payload, order) {
      const ended = await place(type, payload, order)
      if (ended.status === 'SUCCEEDED') return (ended.report?.output ?? {}) as Record<string, unknown>
      const log = await client.listOrderLogs(ended.id, { limit: 200 })
      const lines = log.items.map(({ text }) => text).join('\n')
      throw new Error(`${type} ended ${ended.status}: ${JSON.stringify(ended.report, null, 2)}\n${lines}`)
    },
    async refused(type, payload, order) {
      const { status, report } = await place(type, payload, order)
      if (status === 'FAILED') return (report as Report | null)?.errors?.map(({ code }) => code) ?? []
      throw new Error(`${type} should have failed, and ended ${status}: ${JSON.stringify(report, null, 2)}`)
    },
  }
}

function summaryOf({ statusReason, report }: OrderResource): string {
  return String(report?.summary ?? statusReason)
}

import cluster from 'node:cluster'
import { withDeadline } from '@ikoma/kernel'
import type { Registry } from 'prom-client'

/** What workers and the process that started them say to each other about metrics. */
export type MetricsMessage =
  | { metrics: 'all?'; id: number }
  | { metrics: 'all'; id: number; text: string }
  | { metrics: 'yours?'; id: number }
  | { metrics: 'mine'; id: number; values: object[] }

export function isMetricsMessage(message: unknown): message is MetricsMessage {
  return typeof message === 'object' && message !== null && 'metrics' in message && 'id' in message
}

const withinMs = 3_000

/**
 * What `/metrics` shows: of one process its own; of several those of each, whichever is asked, with the label `worker`.
 * Sums would fall whenever one of them is started again, which would look as if all had been.
 */
export function metricsOfAll(registry: Registry): () => Promise<string> {
  const { worker } = cluster
  if (!worker) return () => registry.metrics()
  const asked = new Map<number, (text: string) => void>()
  let count = 0
  const send = (message: MetricsMessage) => void worker.send(message)
  worker.on('message', async (message: unknown) => {
    if (!isMetricsMessage(message)) return
    if (message.metrics === 'all') asked.get(message.id)?.(message.text)
    if (message.metrics !== 'yours?') return
    send({ metrics: 'mine', id: message.id, values: await registry.getMetricsAsJSON() })
  })
  return async () => {
    count += 1
    const id = count
    const { promise, resolve } = Promise.withResolvers<string>()
    asked.set(id, resolve)
    send({ metrics: 'all?', id })
    const silent = () => new Error('the process above the workers does not answer')
    return withDeadline(promise, withinMs, silent).finally(() => asked.delete(id))
  }
}

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request that arrived: the ground truth of an effect, kept outside the product. */
export interface Visit {
  path: string
  startedAt: number
  /** Null while it lasts. */
  endedAt: number | null
  answered: boolean
}

export interface SlowTarget {
  url: string
  visits: Visit[]
}

interface TestHooks {
  onTestFinished(fn: () => Promise<void>): void
}

/** A web server that answers each request after a while and remembers all of them. */
export async function startSlowTarget(afterMs: number, { onTestFinished }: TestHooks): Promise<SlowTarget> {
  const visits: Visit[] = []
  const server = createServer((request, response) => {
    const visit: Visit = { path: request.url ?? '', startedAt: performance.now(), endedAt: null, answered: false }
    visits.push(visit)
    const timer = setTimeout(() => response.end('done'), afterMs)
    response.once('finish', () => {
      visit.answered = true
    })
    response.once('close', () => {
      clearTimeout(timer)
      visit.endedAt = performance.now()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, visits }
}

/** Pairs of effects that were under way at the same time. */
export function overlaps(visits: readonly Visit[]): [Visit, Visit][] {
  const sorted = visits.toSorted((a, b) => a.startedAt - b.startedAt)
  return sorted.flatMap((visit, index): [Visit, Visit][] => {
    const next = sorted[index + 1]
    return next && (visit.endedAt ?? Number.POSITIVE_INFINITY) > next.startedAt ? [[visit, next]] : []
  })
}

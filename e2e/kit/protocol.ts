import { type ClaimedOrder, leaseHeader, type Progress, runnerIdHeader, runnerTokenHeader } from '@ikoma/api'
import type { ControlPlane } from './world.ts'

export interface Answer<T> {
  status: number
  body: T
}

/** A runner that is nothing but its HTTP requests, so that a test decides what it says and when. */
export interface RawRunner {
  id: string
  claim(waitSec?: number): Promise<ClaimedOrder | null>
  start(order: ClaimedOrder): Promise<Answer<Progress>>
  heartbeat(order: ClaimedOrder): Promise<Answer<Progress>>
  /** Held open until a cancel comes. */
  parkedHeartbeat(order: ClaimedOrder, waitSec: number): Promise<Answer<Progress>>
  complete(order: ClaimedOrder, summary?: string): Promise<Answer<Progress>>
  log(order: ClaimedOrder, text: string): Promise<Answer<unknown>>
  /** The same runner, talking to another process of the control plane. */
  at(url: string): RawRunner
}

export async function newRawRunner(
  { url, client }: Pick<ControlPlane, 'url' | 'client'>,
  options: { serverId?: string; scopes?: string[] } = {},
): Promise<RawRunner> {
  const { id, token } = await client.createRunner({ name: 'raw', scopes: options.scopes ?? ['runner', 'check'] })
  if (options.serverId !== undefined) await client.attachRunner(options.serverId, id)
  return rawRunner(url, id, token)
}

function rawRunner(url: string, id: string, token: string): RawRunner {
  async function post<T>(path: string, order?: ClaimedOrder, body: unknown = {}): Promise<Answer<T>> {
    const response = await fetch(new URL(`/v1/runner/${path}`, url), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [runnerIdHeader]: id,
        [runnerTokenHeader]: token,
        ...(order ? { [leaseHeader]: order.lease } : {}),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(40_000),
    })
    return { status: response.status, body: (response.status === 204 ? null : await response.json()) as T }
  }
  const of = (order: ClaimedOrder, verb: string, body?: unknown) =>
    post<Progress>(`orders/${order.id}/${verb}`, order, body)
  return {
    id,
    async claim(waitSec = 0) {
      const { status, body } = await post<ClaimedOrder | null>(`orders/claim-next?waitSec=${waitSec}`)
      if (status === 200 || status === 204) return body
      throw new Error(`claim-next answered ${status}: ${JSON.stringify(body)}`)
    },
    start: (order) => of(order, 'start'),
    heartbeat: (order) => of(order, 'heartbeat'),
    parkedHeartbeat: (order, waitSec) => of(order, `heartbeat?waitSec=${waitSec}`),
    complete: (order, summary = 'done') => of(order, 'complete', { report: { version: 'v1', ok: true, summary } }),
    log: (order, text) =>
      of(order, 'logs', { seq: 0, lines: [{ at: Date.now(), stream: 'stdout', text }] }) as Promise<Answer<unknown>>,
    at: (other) => rawRunner(other, id, token),
  }
}

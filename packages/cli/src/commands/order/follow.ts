import { ApiError, type OrderStreamEvent, UnreachableError } from '@ikoma/api'
import { fullJitterMs } from '@ikoma/kernel'
import type { RemoteContext } from '../../cli.ts'
import { translated } from '../../words.ts'

const backoff = { baseMs: 500, capMs: 15_000 }
/** About two minutes of silence. */
const maxFailures = 15

/**
 * What happens to an order, across broken connections: it goes on after the last line it saw.
 * Ends when `signal` aborts or the control plane stays away too long; whoever reads it stops at the order's end.
 */
export async function* followReconnecting(
  id: string,
  signal: AbortSignal,
  { client, io, out, language }: RemoteContext,
): AsyncGenerator<OrderStreamEvent> {
  let cursor: string | undefined
  let failures = 0
  while (!signal.aborted && failures < maxFailures) {
    try {
      for await (const event of client.followOrder(id, { signal, ...(cursor ? { cursor } : {}) })) {
        failures = 0
        if (event.id) cursor = event.id
        yield event
      }
    } catch (error) {
      if (signal.aborted) return
      if (!isPassing(error)) throw error
      if (failures === 0) out.note({ text: `  ${words[language].reconnecting}`, style: 'yellow' })
    }
    failures += 1
    await io.sleep(backoff.baseMs + fullJitterMs(backoff, failures, Math.random()), signal)
  }
}

function isPassing(error: unknown): boolean {
  return (
    error instanceof UnreachableError || (error instanceof ApiError && (error.status >= 500 || error.status === 429))
  )
}

const words = translated({
  en: {
    reconnecting: 'connection lost, reconnecting …',
  },
  fr: {
    reconnecting: 'connexion perdue, reconnexion …',
  },
})

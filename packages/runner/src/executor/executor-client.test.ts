import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Stop } from '../order/stop.ts'
import type { Claim } from '../protocol/control-plane-client.ts'
import { actionContext } from '../testing/action-context.ts'
import { temporaryDirectory } from '../testing/setup.ts'
import { executorAt } from './executor-client.ts'
import { jsonLines } from './lines.ts'
import { maxLineBytes } from './messages.ts'

test('an order that was stopped before the executor was reached is told to stop at once', async () => {
  const heard: unknown[] = []
  const server = createServer(async (socket) => {
    for await (const line of jsonLines(socket, maxLineBytes)) {
      heard.push(line)
      if (heard.length === 2) socket.end(`${JSON.stringify({ result: { ok: true, summary: 'over', output: {} } })}\n`)
    }
  })
  const path = join(await temporaryDirectory(), 'executor.sock')
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => void server.close())
  const stop: Stop = { kind: 'canceled', message: 'no more' }
  const claim = { orderId: 'o' } as Claim
  const result = await executorAt(path).run(claim, actionContext({ signal: AbortSignal.abort(stop) }))
  expect([heard, result.summary]).toEqual([[{ claim, hears: true }, { stop }], 'over'])
})

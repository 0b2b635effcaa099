import { once } from 'node:events'
import { connect } from 'node:net'
import type { OutputOf, PayloadOf } from '@ikoma/api'
import { networkFailure } from '@ikoma/machine'
import type { ActionContext, ActionResult } from '../../order/action.ts'
import { failedCheck } from './failed-check.ts'

export async function runTcpCheck(
  { host, port, timeoutMs }: Omit<PayloadOf<'check.tcp.run'>, 'waitSec'>,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'check.tcp.run'>>> {
  const target = `${host}:${port}`
  const deadline = AbortSignal.timeout(timeoutMs)
  const begunMs = performance.now()
  const socket = connect({ host, port })
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([deadline, context.signal]) })
    const durationMs = Math.round(performance.now() - begunMs)
    const summary = `${target} accepted a connection in ${durationMs} ms.`
    context.log(summary)
    return { ok: true, summary, output: { address: socket.remoteAddress ?? host, durationMs } }
  } catch (error) {
    const { code, message } = networkFailure(target, error, deadline.aborted)
    context.log(message)
    return failedCheck(code, message)
  } finally {
    // A late failure has nobody left to tell.
    socket.on('error', () => {})
    socket.destroy()
  }
}

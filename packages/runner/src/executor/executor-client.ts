import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { AppError } from '@ikoma/kernel'
import type { ActionContext, ActionResult } from '../order/action.ts'
import { stopOf } from '../order/stop.ts'
import type { Claim } from '../protocol/control-plane-client.ts'
import { jsonLines } from './lines.ts'
import { answerSchema, maxLineBytes } from './messages.ts'
import { Retelling } from './retelling.ts'

/** Has an order that needs root done by the executor, which decides for itself whether it may be. */
export interface Executor {
  run(claim: Claim, context: ActionContext): Promise<ActionResult>
  /** Has it read its policy, so that it knows as the last good one what the runner knows. Rejects when it cannot be reached. */
  look(): Promise<void>
}

const connectMs = 10_000
/** A process is started for it. */
const lookMs = 30_000

export function executorAt(socketPath: string): Executor {
  return {
    async run(claim, context) {
      const socket = await reach(socketPath)
      const stop = () => tellStop(socket, context.signal)
      try {
        socket.write(`${JSON.stringify({ claim, hears: true })}\n`)
        context.signal.addEventListener('abort', stop, { once: true })
        if (context.signal.aborted) stop()
        return await follow(socket, context)
      } finally {
        context.signal.removeEventListener('abort', stop)
        socket.destroy()
      }
    },
    async look() {
      const socket = await reach(socketPath)
      try {
        socket.write(`${JSON.stringify({ look: 'policy' })}\n`)
        socket.resume()
        await once(socket, 'end', { signal: AbortSignal.timeout(lookMs) })
      } finally {
        socket.destroy()
      }
    },
  }
}

async function reach(path: string): Promise<Socket> {
  const socket = connect(path)
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(connectMs) })
    // Whatever breaks it later also ends what is read from it.
    socket.on('error', () => undefined)
    return socket
  } catch (cause) {
    socket.destroy()
    throw new AppError('unavailable', `The executor does not answer at ${path}. Is ikoma-executor.socket active?`, {
      reason: 'executor_unreachable',
      cause,
    })
  }
}

function tellStop(socket: Socket, signal: AbortSignal): void {
  const stop = stopOf(signal)
  if (stop) socket.write(`${JSON.stringify({ stop })}\n`)
}

/** Retells what the executor tells, up to the result. */
async function follow(socket: Socket, context: ActionContext): Promise<ActionResult> {
  const retelling = new Retelling(context)
  try {
    for await (const line of jsonLines(socket, maxLineBytes)) {
      const answer = answerSchema.safeParse(line).data
      if (answer === undefined) refuseResult(line)
      else if ('result' in answer) return answer.result as ActionResult
      else await retelling.tell(answer)
    }
  } finally {
    await retelling.end()
  }
  throw new AppError('unavailable', 'The executor ended without a result. What it did is not known.', {
    reason: 'executor_lost',
  })
}

/** What a later executor tells is passed over, but never a result that is not understood. */
function refuseResult(line: unknown): void {
  if (typeof line === 'object' && line !== null && !('result' in line)) return
  throw new AppError('unavailable', 'The executor answered what this runner does not understand. Restart the runner.', {
    reason: 'executor_protocol',
  })
}

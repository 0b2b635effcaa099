import type { Grant, Progress } from '@ikoma/api'
import type { Logger } from '../logger.ts'
import type { Claim, ControlPlaneClient } from '../protocol/control-plane-client.ts'
import { LeaseKeeper } from '../protocol/lease-keeper.ts'
import { type Monotonic, monotonic } from '../protocol/monotonic.ts'
import type { Stop } from './stop.ts'

export interface Started {
  progress: Progress
  /** When the request was sent, on the monotonic clock. */
  sentAtMs: number
}

interface Watched {
  claim: Claim
  started: Started
  timeoutSec: number
  retryClass: Grant['retryClass']
  controlPlane: Pick<ControlPlaneClient, 'renew'>
  shutdown: AbortSignal
  logger: Logger
  time?: Monotonic
}

export interface StopWatch {
  /** Aborts once, with the first Stop there is as its reason. */
  signal: AbortSignal
  close(): Promise<void>
}

/** Everything that can stop a started order, as one signal: timeout, cancel, lost lease, end of the runner. */
export function watchStops(watched: Watched): StopWatch {
  const { claim, started, timeoutSec, retryClass, controlPlane, shutdown, logger, time = monotonic } = watched
  const halt = new AbortController()
  const stop = (why: Stop) => halt.abort(why)
  const late = { kind: 'timed_out', message: `It did not end within ${timeoutSec} s.` } as const
  const inTime = time.after(timeoutSec * 1000, () => stop(late))
  const onShutdown = () => stop(shutdown.reason as Stop)
  if (shutdown.aborted) onShutdown()
  shutdown.addEventListener('abort', onShutdown, { once: true })
  if (started.progress.cancelRequested) stop({ kind: 'canceled', message: 'It was canceled before it began.' })
  const lease = new LeaseKeeper({
    renew: (options) => controlPlane.renew(claim, options),
    runLeaseSec: claim.runLeaseSec,
    rerun: retryClass === 'idempotent',
    confirmedAtMs: started.sentAtMs,
    onStop: stop,
    logger,
    time,
  })
  return {
    signal: halt.signal,
    async close() {
      inTime()
      shutdown.removeEventListener('abort', onShutdown)
      await lease.close()
    },
  }
}

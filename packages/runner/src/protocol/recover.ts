import type { Clock } from '@ikoma/kernel'
import { killMarked, orderMarker } from '../host/process-tree.ts'
import type { Logger } from '../logger.ts'
import { reportOf } from '../order/outcome.ts'
import type { LogOutbox } from '../output/log-outbox.ts'
import { Redaction } from '../output/redact.ts'
import type { Journal } from './journal.ts'
import type { ReportOutbox } from './report-outbox.ts'

/** Behind whatever the process before had sent of the log. */
const lastSeq = 1_000_000

interface RecoverDeps {
  journal: Journal
  outbox: ReportOutbox
  logOutbox?: LogOutbox
  clock: Clock
  logger: Logger
  killGraceMs: number
}

/** Ends what an earlier process of this runner left: its programs, its unfinished attempts, its untold reports. */
export async function recover({ journal, outbox, logOutbox, clock, logger, killGraceMs }: RecoverDeps): Promise<void> {
  for (const intent of journal.interrupted) {
    const { orderId, attempt, lease, at } = intent
    logger.warn({ orderId, attempt }, 'The runner ended while this order ran; its outcome is not known.')
    const left = await killMarked(orderMarker(orderId, attempt), killGraceMs)
    if (left > 0) logger.error({ orderId, left }, 'Processes of an interrupted order could not be ended.')
    const message = 'The runner ended while this order ran, so its outcome is not known.'
    const ending = { kind: 'stopped', stop: { kind: 'interrupted', message }, result: null } as const
    const finishedAt = clock.now()
    const course = { startedAt: at, finishedAt, durationMs: finishedAt - at, steps: [] }
    await journal.recordResult({ orderId, attempt, lease, report: reportOf(ending, course, new Redaction([])) })
    const text = '[the runner ended here: what was printed last, and not sent yet, is missing]'
    await logOutbox?.keep({ orderId, lease }, [{ seq: lastSeq, lines: [{ at: finishedAt, stream: 'runner', text }] }])
  }
  // Not waited for: the control plane may be away, and the loop has its own patience.
  for (const result of journal.undelivered) void outbox.deliver(result)
}

import type { Report } from '@ikoma/api'
import type { Backoff } from '@ikoma/kernel'
import type { Logger } from '../logger.ts'
import { fitReport, leastReport } from '../order/fit-report.ts'
import { Comeback } from './comeback.ts'
import type { Hold } from './control-plane-client.ts'
import type { Journal } from './journal.ts'
import type { Result } from './journal-entry.ts'
import { messageOf, retryAfterMs, retryDelayMs, troubleOf } from './trouble.ts'

export interface OutboxDeps {
  complete(hold: Hold, report: Report, signal: AbortSignal): Promise<void>
  /** Tries to tell what is left of its log, which comes before the report where it can. Never rejects. */
  tellLog?(hold: Hold): Promise<void>
  journal: Pick<Journal, 'recordAck'>
  logger: Logger
  backoff?: Backoff
  /** Ends its pauses. */
  comeback?: Comeback
}

const defaultBackoff = { baseMs: 1_000, capMs: 60_000 }

/** Tells the control plane how orders ended, for as long as it takes; what it cannot tell now stays in the journal. */
export class ReportOutbox {
  readonly #deps: OutboxDeps
  readonly #closed = new AbortController()
  readonly #underway = new Set<Promise<void>>()

  constructor(deps: OutboxDeps) {
    this.#deps = deps
  }

  /** Resolves after the first try, whatever came of it: the rest goes on behind the caller's back. */
  deliver(result: Result): Promise<void> {
    const tried = Promise.withResolvers<void>()
    const delivery = this.#deliver(result, tried.resolve)
      .catch((error) =>
        this.#deps.logger.error({ error: messageOf(error) }, 'A delivered report stays in the journal.'),
      )
      .finally(() => {
        tried.resolve()
        this.#underway.delete(delivery)
      })
    this.#underway.add(delivery)
    return tried.promise
  }

  /** Resolves once nothing is left to be told. */
  async idle(): Promise<void> {
    while (this.#underway.size > 0) await Promise.all(this.#underway)
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await this.idle()
  }

  async #deliver({ orderId, attempt, lease, report: written }: Result, tried: () => void): Promise<void> {
    const { complete, tellLog, journal, logger, backoff = defaultBackoff, comeback = new Comeback() } = this.#deps
    // A former version may have written more into the journal than is taken now.
    let report = fitReport(written)
    for (let tries = 1; !this.#closed.signal.aborted; tries++) {
      try {
        await tellLog?.({ orderId, lease })
        await complete({ orderId, lease }, report, this.#closed.signal)
        logger.info({ orderId, attempt, outcome: report.outcome }, 'The report was delivered.')
        return await journal.recordAck(lease)
      } catch (error) {
        if (this.#closed.signal.aborted) return
        const trouble = troubleOf(error)
        const context = { orderId, attempt, error: messageOf(error) }
        if (trouble === 'refused' && report.cut?.[0] !== 'all') {
          // Something in it is not taken. That the order ended still can be.
          logger.error(context, 'The report was refused; telling no more than how it ended.')
          report = leastReport(written, messageOf(error))
          continue
        }
        if (trouble === 'lost' || trouble === 'refused') {
          // No is an answer too: asking again would not change it.
          const write = trouble === 'lost' ? logger.warn : logger.error
          write.call(logger, context, 'The report was refused; nothing more is done about this attempt.')
          return await journal.recordAck(lease)
        }
        logger.warn({ ...context, tries }, 'The report could not be delivered; trying again.')
        tried()
        await comeback.pause(retryDelayMs(error, backoff, tries), this.#closed.signal, retryAfterMs(error))
      }
    }
  }
}

import type { Signal } from '@ikoma/domain'
import { AppError } from '@ikoma/kernel'
import type { Settled } from '../group-commit.ts'
import type { WriteCall } from '../writes.ts'
import type { Log } from './connection.ts'
import { isHeldUp, isOneCallsFault, storeError } from './errors.ts'
import { type ColdVerb, isHot, runHot } from './hot-writes.ts'
import { pruneOrders } from './order-pruning.ts'
import { pruneIdempotency, releaseOrders, sweepOrders } from './order-sweeps.ts'
import { registryWrites } from './registry-writes.ts'
import { scheduleWrites } from './schedule-writes.ts'
import { secretWrites } from './secrets.ts'
import type { SingleWrites } from './single-writes.ts'
import { inTransaction, type Transaction, type Transactions, type Work } from './transaction.ts'

const singleWrites: SingleWrites = {
  sweepOrders,
  releaseOrders,
  pruneIdempotency,
  pruneOrders,
  ...registryWrites,
  ...scheduleWrites,
  ...secretWrites,
}

interface Committer extends Transactions {
  log: Log
  deliver: (signals: Signal[]) => void
}

/** Callers wait for fifteen seconds, of which the first try may have taken ten. */
const halvesWithinMs = 4_000

/**
 * Commits the calls together or, when one of them cannot be, each for itself. When one is held up, in halves that wait less,
 * so that its neighbours are there soon; what was not got to in time is refused, and nothing of it was done.
 */
export async function commitBatch(
  options: Committer,
  calls: WriteCall[],
  until = Number.POSITIVE_INFINITY,
): Promise<Settled<unknown>[]> {
  try {
    const { value, signals } = await inTransaction(options, (tx) => run(tx, calls))
    options.deliver(signals)
    return value.map((each) => ({ ok: true, value: each }))
  } catch (error) {
    if (calls.length > 1 && isOneCallsFault(error)) return commitEach(options, calls)
    const end = Math.min(until, performance.now() + halvesWithinMs)
    if (calls.length > 1 && isHeldUp(error) && performance.now() < end) return commitHalves(options, calls, end)
    return calls.map(() => ({ ok: false, error: refusal(options, error) }))
  }
}

async function commitHalves(options: Committer, calls: WriteCall[], until: number): Promise<Settled<unknown>[]> {
  const middle = Math.ceil(calls.length / 2)
  const hurried = { ...options, isHurried: true }
  return [
    ...(await commitBatch(hurried, calls.slice(0, middle), until)),
    ...(await commitBatch(hurried, calls.slice(middle), until)),
  ]
}

async function commitEach(options: Committer, calls: WriteCall[]): Promise<Settled<unknown>[]> {
  const results: Settled<unknown>[] = []
  for (const call of calls) results.push(...(await commitBatch(options, [call])))
  return results
}

/** A batch is all hot, or one call. */
function run(tx: Transaction, calls: WriteCall[]): Promise<Work<unknown[]>> {
  const [single] = calls
  return single && !isHot(single) ? runSingle(tx, single) : runHot(tx, calls.filter(isHot))
}

async function runSingle(tx: Transaction, { verb, args }: WriteCall): Promise<Work<unknown[]>> {
  await tx.begun
  // Verb and args were matched where the call was made; the compiler cannot correlate them through a union.
  const write = singleWrites[verb as ColdVerb] as (tx: Transaction, ...args: unknown[]) => Promise<unknown>
  return { value: [await write(tx, ...args)] }
}

function refusal({ log }: Committer, error: unknown): AppError {
  const refused = storeError(error)
  if (!(error instanceof AppError)) log('a write failed', refused)
  return refused
}

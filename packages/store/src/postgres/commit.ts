import type { Signal } from '@ikoma/domain'
import { AppError } from '@ikoma/kernel'
import type { Settled } from '../group-commit.ts'
import type { WriteArgs, WriteCall, WriteResult, WriteVerb } from '../writes.ts'
import type { Log } from './connection.ts'
import { isOneCallsFault, storeError } from './errors.ts'
import { type Locks, takeLocks } from './locks.ts'
import { advanceOrders } from './order-advances.ts'
import { claimOrders } from './order-claims.ts'
import { insertOrders } from './order-inserts.ts'
import { appendLogs } from './order-logs.ts'
import { pruneOrders } from './order-pruning.ts'
import { pruneIdempotency, releaseOrders, sweepOrders } from './order-sweeps.ts'
import { registryWrites } from './registry-writes.ts'
import { touchRunners } from './runner-touches.ts'
import { scheduleWrites } from './schedule-writes.ts'
import { inTransaction, type Transaction, type Transactions } from './transaction.ts'

/** Writes that many runners make all the time: each answers all its calls of a batch with a few statements. */
type HotVerb = 'insertOrders' | 'advanceOrder' | 'claimOrders' | 'appendLog' | 'touchRunners'
type HotWrites = { [V in HotVerb]: (tx: Transaction, calls: WriteArgs<V>[]) => Promise<WriteResult<V>[]> }

/**
 * In this order within a batch, and of one verb in order of arrival: no call of a batch has been answered yet, so no
 * caller can tell. What completes comes before what claims, and frees its place and its turn.
 */
const hotWrites: HotWrites = {
  insertOrders,
  advanceOrder: advanceOrders,
  claimOrders,
  appendLog: appendLogs,
  touchRunners,
}
const hotVerbs = Object.keys(hotWrites) as HotVerb[]

/** The other writes, run one by one. */
export type SingleWrites = {
  [V in Exclude<WriteVerb, HotVerb>]: (tx: Transaction, ...args: WriteArgs<V>) => Promise<WriteResult<V>>
}

const singleWrites: SingleWrites = {
  sweepOrders,
  releaseOrders,
  pruneIdempotency,
  pruneOrders,
  ...registryWrites,
  ...scheduleWrites,
}

export function isHot({ verb }: WriteCall): boolean {
  return verb in hotWrites
}

/** A runner's calls keep to one of two lanes: there, what it completes frees its place for what it claims. */
export function laneOf(call: WriteCall): 0 | 1 {
  const runnerId = runnerOf(call)
  return runnerId.charCodeAt(runnerId.length - 1) % 2 === 1 ? 1 : 0
}

function runnerOf({ verb, args }: WriteCall): string {
  if (verb === 'claimOrders') return args[0].runnerId
  return verb === 'advanceOrder' && 'by' in args[0].event ? args[0].event.by.runnerId : ''
}

interface Committer extends Transactions {
  log: Log
  deliver: (signals: Signal[]) => void
}

/** Commits the calls together or, when one of them cannot be, each for itself. */
export async function commitBatch(options: Committer, calls: WriteCall[]): Promise<Settled<unknown>[]> {
  try {
    const { value, signals } = await inTransaction(options, (tx) => runAll(tx, calls))
    options.deliver(signals)
    return value.map((each) => ({ ok: true, value: each }))
  } catch (error) {
    if (calls.length > 1 && isOneCallsFault(error)) return commitEach(options, calls)
    return calls.map(() => ({ ok: false, error: refusal(options, error) }))
  }
}

async function commitEach(options: Committer, calls: WriteCall[]): Promise<Settled<unknown>[]> {
  const results: Settled<unknown>[] = []
  for (const call of calls) results.push(...(await commitBatch(options, [call])))
  return results
}

async function runAll(tx: Transaction, calls: WriteCall[]): Promise<unknown[]> {
  await takeLocks(tx, locksOf(calls))
  const results = new Map<WriteCall, unknown>()
  for (const verb of hotVerbs) {
    const mine = calls.filter((call) => call.verb === verb)
    if (mine.length === 0) continue
    const answers = await runHot(tx, verb, mine)
    for (const [index, call] of mine.entries()) results.set(call, answers[index])
  }
  for (const call of calls) if (!isHot(call)) results.set(call, await runSingle(tx, call))
  return calls.map((call) => results.get(call))
}

// Verb and args were matched where the call was made; the compiler cannot correlate them through a union.
function runHot(tx: Transaction, verb: HotVerb, calls: WriteCall[]): Promise<unknown[]> {
  const write = hotWrites[verb] as (tx: Transaction, calls: unknown[]) => Promise<unknown[]>
  return write(
    tx,
    calls.map(({ args }) => args),
  )
}

function runSingle(tx: Transaction, { verb, args }: WriteCall): Promise<unknown> {
  const write = singleWrites[verb as keyof SingleWrites] as (tx: Transaction, ...args: unknown[]) => Promise<unknown>
  return write(tx, ...args)
}

function locksOf(calls: WriteCall[]): Locks {
  const runnerIds: string[] = []
  const resourceKeys: string[] = []
  const orderIds: string[] = []
  for (const { verb, args } of calls) {
    if (verb === 'claimOrders') runnerIds.push(args[0].runnerId)
    if (verb === 'advanceOrder') orderIds.push(args[0].orderId)
    if (verb === 'insertOrders') resourceKeys.push(...args[0].flatMap(({ order }) => order.resourceKey ?? []))
  }
  return { runnerIds, resourceKeys, orderIds }
}

function refusal({ log }: Committer, error: unknown): AppError {
  const refused = storeError(error)
  if (!(error instanceof AppError)) log('a write failed', refused.cause)
  return refused
}

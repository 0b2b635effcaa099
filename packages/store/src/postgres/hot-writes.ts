import type { Decision } from '@ikoma/domain'
import type { WriteArgs, WriteCall, WriteVerb } from '../writes.ts'
import { lockHead, lockHeadFor } from './audit-writes.ts'
import { takeLocks } from './locks.ts'
import { applyEvent, type Changes, lockOrders, saveChanges } from './order-changes.ts'
import { decideClaims, findClaimable } from './order-claims.ts'
import { findStanding, insertOrders, nothingStands, standingKeys } from './order-inserts.ts'
import { appendLogs, measureLogs } from './order-logs.ts'
import { touchRunners } from './runner-touches.ts'
import type { Transaction, Work } from './transaction.ts'

/** Writes that many runners make all the time: those of a batch share their statements. */
const hotVerbs = ['insertOrders', 'advanceOrder', 'claimOrders', 'appendLog', 'touchRunners'] as const
type HotVerb = (typeof hotVerbs)[number]
export type HotCall = Extract<WriteCall, { verb: HotVerb }>
export type ColdVerb = Exclude<WriteVerb, HotVerb>

/** The calls of a batch by verb, each in order of arrival. */
type Batch = { [V in HotVerb]: WriteArgs<V>[] }

export function isHot(call: WriteCall): call is HotCall {
  return (hotVerbs as readonly WriteVerb[]).includes(call.verb)
}

/**
 * Two round trips for any number of calls: one locks and reads, one writes and commits; one more before them where keys
 * must be looked up first. Events apply before claims, so that what a runner completes frees its place. No call of a
 * batch has been answered yet, so no caller can tell.
 */
export async function runHot(tx: Transaction, calls: HotCall[]): Promise<Work<unknown[]>> {
  const batch = byVerb(calls)
  const insertions = batch.insertOrders.flatMap(([each]) => each)
  const locked = takeLocks(tx, locksOf(batch))
  const keys = standingKeys(insertions)
  const standing = keys === null ? nothingStands() : (await Promise.all([findStanding(tx, keys), locked]))[0]
  const [placements, changes, claimable, logs, touched, head] = await Promise.all([
    insertOrders(tx, insertions, standing),
    lockOrders(
      tx,
      batch.advanceOrder.map(([{ orderId }]) => orderId),
    ),
    findClaimable(tx, batch.claimOrders, endsByRunner(batch)),
    measureLogs(tx, batch.appendLog),
    touchRunners(tx, batch.touchRunners),
    headFor(tx, batch),
    locked,
  ])
  const decisions = applyEvents(tx, changes, batch)
  const claimed = decideClaims(tx, changes, batch.claimOrders, claimable)
  const appended = appendLogs(tx, batch.appendLog, logs)
  const answers: Record<HotVerb, unknown[]> = {
    insertOrders: batch.insertOrders.map(([each]) => placements.splice(0, each.length)),
    advanceOrder: decisions,
    claimOrders: claimed,
    appendLog: appended.answers,
    touchRunners: touched,
  }
  const last = Promise.all([saveChanges(tx, changes), appended.stored])
  return { value: calls.map(({ verb }) => answers[verb].shift()), last, head }
}

function byVerb(calls: HotCall[]): Batch {
  const batch: Batch = { insertOrders: [], advanceOrder: [], claimOrders: [], appendLog: [], touchRunners: [] }
  for (const { verb, args } of calls) (batch[verb] as unknown[]).push(args)
  return batch
}

function locksOf({ insertOrders, advanceOrder, claimOrders }: Batch) {
  return {
    runnerIds: claimOrders.map(([{ runnerId }]) => runnerId),
    resourceKeys: insertOrders.flatMap(([each]) => each.flatMap(({ order }) => order.resourceKey ?? [])),
    orderIds: advanceOrder.map(([{ orderId }]) => orderId),
  }
}

/** Most heartbeats and claims leave nothing in the audit, and must not wait for those that do. */
function headFor(tx: Transaction, { insertOrders, advanceOrder, claimOrders }: Batch) {
  const certain = insertOrders.length > 0 || advanceOrder.some(([{ event }]) => event.kind !== 'heartbeat')
  if (certain) return lockHead(tx)
  if (claimOrders.length === 0) return undefined
  return lockHeadFor(tx, [...new Set(claimOrders.flatMap(([{ targets }]) => targets))])
}

/** At most so many places a runner's own reports free in this batch. */
function endsByRunner({ advanceOrder }: Batch): Map<string, number> {
  const ends = new Map<string, number>()
  for (const [{ event }] of advanceOrder) {
    if (event.kind === 'complete') ends.set(event.by.runnerId, (ends.get(event.by.runnerId) ?? 0) + 1)
  }
  return ends
}

/** Events of one order apply in order of arrival. */
function applyEvents(tx: Transaction, changes: Changes, { advanceOrder }: Batch): (Decision | null)[] {
  return advanceOrder.map(([request]) => applyEvent(changes, tx.trace, request))
}

import type { Advance, ClaimRequest, Order } from '@ikoma/domain'
import { isLatest, latestOf } from '../last-event.ts'
import { ours, type StoredOrder, withoutSeals } from '../order-fields.ts'
import type { Trace } from '../trace.ts'
import type { WriteArgs } from '../writes.ts'
import { applyEvent, type Changes, endedBy, isFree, noteBroken, takeUnder } from './order-changes.ts'
import { orderList } from './order-columns.ts'
import type { Statement } from './statement-batch.ts'
import type { Transaction } from './transaction.ts'

/** A claim with how many orders it may still take. Most runners share few lists of types: each is sent once. */
interface Demand {
  claim: ClaimRequest
  places: number
  typeList: number
}

interface Candidate {
  typeList: number
  seq: number
  order: StoredOrder
  /** What the audit last says of it; null before the commit that places it. */
  lastEvent: string | null
}

/** What was found for a batch's claims, under lock. */
export interface Claimable {
  candidates: Candidate[]
  /** Live orders of each runner that claims. */
  held: Map<string, number>
  typeLists: Map<string, number>
}

/**
 * Locks, for every target and list of types asked for, as many orders as all claims on that target may take together:
 * enough for each claim whatever the others take first. Orders that another process has locked are passed over.
 * `ends` says how many places each runner may free before its claims are decided.
 */
export async function findClaimable(
  tx: Transaction,
  calls: WriteArgs<'claimOrders'>[],
  ends: Map<string, number>,
): Promise<Claimable> {
  if (calls.length === 0) return { candidates: [], held: new Map(), typeLists: new Map() }
  const typeLists = new Map<string, number>()
  const lists = new Map<number, string[]>()
  const asked = calls.flatMap(([claim]) => {
    const { runnerId, targets, types, max, concurrency, leases, now } = claim
    const list = typeLists.get(listKey(types)) ?? typeLists.size
    typeLists.set(listKey(types), list)
    lists.set(list, types)
    const room = concurrency + (ends.get(runnerId) ?? 0)
    const most = Math.min(max, leases.length)
    return [...new Set(targets)].map((target) => ({ runner: runnerId, target, list, most, room, now }))
  })
  const types = [...lists].map(([list, names]) => ({ list, names }))
  const [rows, counts] = await Promise.all([
    tx.rows<StoredOrder & { seq: number; list: number; lastEvent: string | null }>(
      lockClaimable,
      JSON.stringify(asked),
      JSON.stringify(types),
    ),
    tx.rows<{ id: string; count: number }>(
      countHeld,
      calls.map(([{ runnerId }]) => runnerId),
    ),
  ])
  const again = await eventsOfDoubtful(tx, rows)
  return {
    candidates: rows.map(({ seq, list, lastEvent, ...order }) => {
      return { typeList: list, seq, order, lastEvent: again.get(order.id) ?? lastEvent }
    }),
    held: new Map(counts.map(({ id, count }) => [id, count])),
    typeLists,
  }
}

type Found = StoredOrder & { lastEvent: string | null }

/** A row that moved while it was found is locked in its new version, beside an event of before: now both stand still. */
async function eventsOfDoubtful(tx: Transaction, rows: Found[]): Promise<Map<string, string>> {
  const doubtful = rows.filter((row) => row.lastEvent !== null && !isLatest(row, row.lastEvent))
  if (doubtful.length === 0) return new Map()
  const subjects = doubtful.map(({ id }) => `order:${id}`)
  const events = await tx.rows<{ id: string; data: string }>(findLastEvents, subjects)
  return new Map(events.map(({ id, data }) => [id, data]))
}

const findLastEvents: Statement = {
  name: 'orders_last_events',
  text: `select substr(subject, 7) as id, last.data from unnest($1::text[]) as subject cross join lateral (
    select data from audit where audit.subject = subject.subject order by seq desc limit 1) as last`,
}

/** Gives the best to each claim in order of arrival, after the batch's events have changed what they change. */
export function decideClaims(
  tx: Transaction,
  changes: Changes,
  calls: WriteArgs<'claimOrders'>[],
  claimable: Claimable,
): Order[][] {
  const { candidates } = claimable
  const free = candidates.filter(({ order }) => isFree(changes, order))
  const shelves = Map.groupBy(free, ({ order, typeList }) => shelf(order.target, typeList))
  const taken = new Set<string>()
  const latest = latestOf(tx.trace.entries)
  const claimed = demandsOf(calls, claimable, endedBy(changes)).map((demand) => {
    const { claim } = demand
    return pick(shelves, taken, demand).flatMap(({ order, lastEvent }, index) => {
      taken.add(order.id)
      takeUnder(tx, changes, order)
      // An older copy of the row has a good seal: the audit knows that more has happened.
      if (!isLatest(changes.after.get(order.id) ?? order, latest.get(`order:${order.id}`) ?? lastEvent)) {
        noteBroken(tx.trace, changes, order.id)
      }
      const decision = applyEvent(changes, tx.trace, claimAdvance(claim, order.id, claim.leases[index] ?? ''))
      return decision?.kind === 'changed' ? [withoutSeals({ ...order, ...decision.order })] : []
    })
  })
  announceLeft(tx.trace, free, taken)
  return claimed
}

/** In order of arrival: a runner's later claim counts what its earlier ones asked for. */
function demandsOf(calls: WriteArgs<'claimOrders'>[], { held, typeLists }: Claimable, ended: Map<string, number>) {
  const holds = new Map(held)
  for (const [id, count] of ended) holds.set(id, (holds.get(id) ?? 0) - count)
  return calls.map(([claim]): Demand => {
    const { runnerId, types, max, concurrency, leases } = claim
    const before = holds.get(runnerId) ?? 0
    const places = Math.max(0, Math.min(max, concurrency - before, leases.length))
    holds.set(runnerId, before + places)
    return { claim, places, typeList: typeLists.get(listKey(types)) ?? 0 }
  })
}

/** The best that are left for this claim over all its targets. */
function pick(shelves: Map<string, Candidate[]>, taken: Set<string>, { claim, typeList, places }: Demand) {
  const left = [...new Set(claim.targets)].flatMap((target) => {
    const offered = (shelves.get(shelf(target, typeList)) ?? []).values()
    return offered
      .filter(({ order }) => !taken.has(order.id))
      .take(places)
      .toArray()
  })
  return left.sort((a, b) => b.order.priority - a.order.priority || a.seq - b.seq).slice(0, places)
}

function claimAdvance({ runnerId, now, timing }: ClaimRequest, orderId: string, lease: string): Advance {
  const event = { kind: 'claim', runnerId, lease } as const
  return { orderId, event, actor: `runner:${runnerId}`, now, timing, random: 0 }
}

/** A runner of another process that came by meanwhile did not see what was locked here and then left. */
function announceLeft(trace: Trace, free: Candidate[], taken: Set<string>): void {
  const left = free.filter(({ order }) => !taken.has(order.id))
  if (left.length > 0) trace.signal({ kind: 'claimable', targets: left.map(({ order }) => order.target) })
}

function shelf(target: string, typeList: number): string {
  return `${typeList} ${target}`
}

function listKey(types: string[]): string {
  return types.join(' ')
}

const countHeld: Statement = {
  name: 'orders_count_held',
  text: `select runner_id as id, count(*)::int as count from orders
    where runner_id = any($1::text[]) and status in ('CLAIMED', 'RUNNING') group by runner_id`,
}

// A runner that holds all it may is not counted in: orders locked for it and left would be announced, and wake it again.
const lockClaimable: Statement = {
  name: 'orders_lock_claimable',
  text: `
    with asked as (
      select target, list, now, greatest(0, least(most, room - (
        select count(*) from orders where runner_id = runner and status in ('CLAIMED', 'RUNNING')))) as places
      from json_to_recordset($1::json) as given (runner text, target text, list int, most int, room int, now bigint)
    ), wanted as (
      select target, list, max(now) as now, sum(sum(places)) over (partition by target) as places
      from asked group by target, list
    )
    select list, claimable.* from wanted
    join json_to_recordset($2::json) as types (list int, names text[]) using (list)
    cross join lateral (
      select seq, ${orderList}, (
          select data from audit where subject = 'order:' || orders.id order by audit.seq desc limit 1
        ) as "lastEvent"
      from orders
      where target = wanted.target and status = 'QUEUED' and wait is null and type = any(types.names)
        and (expires_at is null or expires_at > wanted.now) and ${ours}
      order by priority desc, seq limit wanted.places for update skip locked
    ) as claimable`,
}

import type { Advance, Claim, Order } from '@ikoma/domain'
import type { WriteArgs } from '../writes.ts'
import { applyEvent, changesOf, saveChanges } from './order-changes.ts'
import { orderList } from './order-columns.ts'
import type { Statement, Transaction } from './transaction.ts'

/** A claim with how many orders it may still take. Most runners share few lists of types: each is sent once. */
interface Demand {
  claim: Claim
  limit: number
  typeList: number
}

interface Candidate {
  typeList: number
  seq: number
  order: Order
}

export async function claimOrders(tx: Transaction, calls: WriteArgs<'claimOrders'>[]): Promise<Order[][]> {
  const demands = await demandsOf(tx, calls)
  const candidates = await lockCandidates(tx, demands)
  const changes = changesOf(candidates.map(({ order }) => order))
  const shelves = Map.groupBy(candidates, ({ order, typeList }) => shelf(order.target, typeList))
  const taken = new Set<string>()
  const claimed = demands.map((demand) => {
    const { claim } = demand
    const orders: Order[] = []
    for (const { order } of pick(shelves, taken, demand)) {
      taken.add(order.id)
      const decision = applyEvent(changes, tx.trace, claimRequest(claim, order.id, claim.leases[orders.length] ?? ''))
      if (decision?.kind === 'changed') orders.push(decision.order as Order)
    }
    return orders
  })
  await saveChanges(tx, changes)
  announceLeft(tx, candidates, taken)
  return claimed
}

/** In order of arrival: a runner's later claim counts what its earlier ones asked for. */
async function demandsOf(tx: Transaction, calls: WriteArgs<'claimOrders'>[]): Promise<Demand[]> {
  const typeLists = new Map<string, number>()
  const runnerIds = calls.map(([{ runnerId }]) => runnerId)
  const rows = await tx.rows<{ id: string; count: number }>(countHeld, runnerIds)
  const held = new Map(rows.map(({ id, count }) => [id, count]))
  return calls.map(([claim]) => {
    const before = held.get(claim.runnerId) ?? 0
    const limit = Math.max(0, Math.min(claim.max, claim.concurrency - before, claim.leases.length))
    held.set(claim.runnerId, before + limit)
    const types = claim.types.join(' ')
    const typeList = typeLists.get(types) ?? typeLists.size
    typeLists.set(types, typeList)
    return { claim, limit, typeList }
  })
}

/**
 * Locks, for every target and list of types asked for, as many orders as all claims on that target may take together:
 * enough for each claim whatever the others take first. Orders that another process has locked are passed over.
 */
async function lockCandidates(tx: Transaction, demands: Demand[]): Promise<Candidate[]> {
  const perTarget = new Map<string, number>()
  const lists = new Map<number, string[]>()
  const wanted = new Map<string, { target: string; list: number; now: number }>()
  for (const { claim, limit, typeList } of demands) {
    if (limit === 0) continue
    lists.set(typeList, claim.types)
    for (const target of new Set(claim.targets)) {
      perTarget.set(target, (perTarget.get(target) ?? 0) + limit)
      wanted.set(shelf(target, typeList), { target, list: typeList, now: claim.now })
    }
  }
  if (wanted.size === 0) return []
  const asked = [...wanted.values()].map((each) => ({ ...each, limit: perTarget.get(each.target) }))
  const types = [...lists].map(([list, names]) => ({ list, names }))
  const rows = await tx.rows<Order & { seq: number; list: number }>(
    lockClaimable,
    JSON.stringify(asked),
    JSON.stringify(types),
  )
  return rows.map(({ seq, list, ...order }) => ({ typeList: list, seq, order }))
}

/** The best that are left for this claim over all its targets. */
function pick(shelves: Map<string, Candidate[]>, taken: Set<string>, { claim, typeList, limit }: Demand) {
  const left = [...new Set(claim.targets)].flatMap((target) => {
    const offered = (shelves.get(shelf(target, typeList)) ?? []).values()
    return offered
      .filter(({ order }) => !taken.has(order.id))
      .take(limit)
      .toArray()
  })
  return left.sort((a, b) => b.order.priority - a.order.priority || a.seq - b.seq).slice(0, limit)
}

function claimRequest({ runnerId, now, timing }: Claim, orderId: string, lease: string): Advance {
  const event = { kind: 'claim', runnerId, lease } as const
  return { orderId, event, actor: `runner:${runnerId}`, now, timing, random: 0 }
}

/** A runner of another process that came by meanwhile did not see what was locked here and then left. */
function announceLeft(tx: Transaction, candidates: Candidate[], taken: Set<string>): void {
  const left = candidates.filter(({ order }) => !taken.has(order.id))
  if (left.length > 0) tx.trace.signal({ kind: 'claimable', targets: left.map(({ order }) => order.target) })
}

function shelf(target: string, typeList: number): string {
  return `${typeList} ${target}`
}

const countHeld: Statement = {
  name: 'orders_count_held',
  text: `select runner_id as id, count(*)::int as count from orders
    where runner_id = any($1::text[]) and status in ('CLAIMED', 'RUNNING') group by runner_id`,
}

const lockClaimable: Statement = {
  name: 'orders_lock_claimable',
  text: `
    select list, claimable.* from json_to_recordset($1::json) as wanted (target text, list int, "limit" int, now bigint)
    join json_to_recordset($2::json) as types (list int, names text[]) using (list)
    cross join lateral (
      select seq, ${orderList} from orders
      where target = wanted.target and status = 'QUEUED' and wait is null and type = any(types.names)
        and (expires_at is null or expires_at > wanted.now)
      order by priority desc, seq limit wanted.limit for update skip locked
    ) as claimable`,
}

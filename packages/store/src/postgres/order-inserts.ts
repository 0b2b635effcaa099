import type { Order, OrderInsertion, Placement } from '@ikoma/domain'
import { placedEntry } from '../order-audit.ts'
import { announce, passTurns } from './order-changes.ts'
import { insertList, recordFields, recordList, recordRow } from './order-columns.ts'
import type { Statement } from './statement-batch.ts'
import type { Transaction } from './transaction.ts'

/** What stands in the way of an insertion, in the database and in the batch before it. */
interface Standing {
  /** First answers, by actor and idempotency key. */
  answers: Map<string, { digest: string; answer: Order }>
  /** Live orders' ids, by dedupe key. */
  live: Map<string, string>
}

export async function insertOrders(
  tx: Transaction,
  insertions: OrderInsertion[],
  standing: Standing,
): Promise<Placement[]> {
  const placements = insertions.map((insertion) => place(standing, insertion))
  const inserted = insertions.filter((_, index) => placements[index]?.kind === 'inserted')
  const inTurn = await insertAll(tx, inserted)
  const stored = (order: Order): Order => (inTurn.has(order.id) ? { ...order, wait: null } : order)
  await rememberAnswers(tx, inserted, stored)
  return placements.map((each) => ('order' in each ? { ...each, order: stored(each.order) } : each))
}

function place({ answers, live }: Standing, { order, actor, idempotency }: OrderInsertion): Placement {
  const key = idempotency && answerKey(actor, idempotency.key)
  const first = key === null ? undefined : answers.get(key)
  if (first) {
    return first.digest === idempotency?.digest ? { kind: 'repeated', order: first.answer } : { kind: 'key_reused' }
  }
  const duplicated = order.dedupeKey === null ? undefined : live.get(order.dedupeKey)
  if (duplicated !== undefined) return { kind: 'duplicate', orderId: duplicated }
  if (order.dedupeKey !== null) live.set(order.dedupeKey, order.id)
  if (key !== null && idempotency) answers.set(key, { digest: idempotency.digest, answer: order })
  return { kind: 'inserted', order }
}

interface StandingKeys {
  keys: { actor: string; key: string }[]
  dedupeKeys: string[]
}

/** What must be looked up before these can be placed; null when nothing can stand in their way. */
export function standingKeys(insertions: OrderInsertion[]): StandingKeys | null {
  const keys = insertions.flatMap(({ actor, idempotency }) => (idempotency ? [{ actor, key: idempotency.key }] : []))
  const dedupeKeys = insertions.flatMap(({ order }) => order.dedupeKey ?? [])
  return keys.length + dedupeKeys.length === 0 ? null : { keys, dedupeKeys }
}

export function nothingStands(): Standing {
  return { answers: new Map(), live: new Map() }
}

export async function findStanding(tx: Transaction, { keys, dedupeKeys }: StandingKeys): Promise<Standing> {
  const [answers, live] = await Promise.all([
    keys.length > 0 ? tx.rows<Answer>(findAnswers, JSON.stringify(keys)) : [],
    dedupeKeys.length > 0 ? tx.rows<{ id: string; key: string }>(findLive, dedupeKeys) : [],
  ])
  for (const answer of answers) tx.seals.whole('idempotency', answer.key, answer)
  return {
    answers: new Map(answers.map((answer) => [answerKey(answer.actor, answer.key), answer])),
    live: new Map(live.map(({ id, key }) => [key, id])),
  }
}

interface Answer {
  actor: string
  key: string
  digest: string
  answer: Order
  createdAt: number
  rowSeal: string
}

/** Answers the ids of those whose turn on their resource key came at once. */
async function insertAll(tx: Transaction, inserted: OrderInsertion[]): Promise<Set<string>> {
  if (inserted.length === 0) return new Set()
  const rows = JSON.stringify(
    inserted.map(({ order }) => recordRow(tx.seals.sealed('orders', { ...order, reportDigest: null }))),
  )
  const passing = new Set<string>()
  for (const { order, actor } of inserted) {
    tx.trace.audit(placedEntry(order, actor))
    announce(passing, tx.trace, order)
  }
  const [, inTurn] = await Promise.all([tx.rows(insert, rows), passTurns(tx, passing)])
  return inTurn
}

async function rememberAnswers(tx: Transaction, inserted: OrderInsertion[], stored: (order: Order) => Order) {
  const rows = inserted.flatMap(({ order, actor, idempotency }) =>
    idempotency ? [firstAnswer(tx, stored(order), { ...idempotency, actor })] : [],
  )
  if (rows.length > 0) await tx.rows(remember, JSON.stringify(rows))
}

function firstAnswer({ seals }: Transaction, answer: Order, given: { actor: string; key: string; digest: string }) {
  const { createdAt } = answer
  const rowSeal = seals.of('idempotency', { ...given, answer, createdAt })
  return { ...given, answer: JSON.stringify(answer), createdAt, rowSeal }
}

function answerKey(actor: string, key: string): string {
  return JSON.stringify([actor, key])
}

const findAnswers: Statement = {
  name: 'idempotency_find',
  text: `select found.actor, found.key, found.digest, found.answer,
      found.created_at as "createdAt", found.row_seal as "rowSeal"
    from json_to_recordset($1::json) as wanted (actor text, key text) join idempotency found using (actor, key)`,
}

const findLive: Statement = {
  name: 'orders_find_live',
  text: `select id, dedupe_key as key from orders where dedupe_key = any($1::text[])
    and status in ('PENDING_APPROVAL', 'QUEUED', 'CLAIMED', 'RUNNING', 'STALE')`,
}

const insert: Statement = {
  name: 'orders_insert',
  text: `insert into orders (${insertList}) select ${recordList} from json_to_recordset($1::json) as record (${recordFields})`,
}

const remember: Statement = {
  name: 'idempotency_remember',
  text: `insert into idempotency (actor, key, digest, answer, created_at, row_seal)
    select actor, key, digest, answer::json, "createdAt", "rowSeal"
    from json_to_recordset($1::json)
      as first (actor text, key text, digest text, answer text, "createdAt" bigint, "rowSeal" text)`,
}

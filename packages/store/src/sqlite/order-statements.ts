import { latestDueAt, latestRetryAt, type Order, overGraceMs, type Sweep } from '@ikoma/domain'
import { heldIn, isSilentByRight, leased, waiting } from '../held-sweep.ts'
import { mutableNames, ours, type StoredOrder, type StoredState, sealNames, stateNames } from '../order-fields.ts'
import type { Db } from './database.ts'
import { orderColumns, orderNames } from './order-columns.ts'

export type OrderStatements = ReturnType<typeof prepareOrderStatements>

type Value = string | number | null
type Row = Record<string, Value>

/** An idempotency key's row. */
interface FirstAnswer {
  actor: string
  key: string
  digest: string
  answer: Order
  createdAt: number
  rowSeal: string
}

interface Search {
  target: string
  /** A JSON array. */
  types: string
  now: number
  limit: number
}

/** An order that may be claimed, with what the audit last says of it; null before the commit that places it. */
export type Candidate = StoredOrder & { seq: number; lastEvent: string | null }

const readNames = [...stateNames, ...sealNames] as const
const writtenNames = [...mutableNames, 'reportDigest', 'rowSeal'] as const

/**
 * The hot path's statements: by hand, because building rows through Drizzle took a fifth of the writer's time. Where an
 * index on part of the table competes with one on all of it, SQLite guesses, and would read a runner's whole history to
 * count what it holds: such a statement names its index, and is refused should that no longer serve it.
 */
export function prepareOrderStatements({ $client: client }: Db) {
  const insert = client.prepare(`insert into orders (${columnsOf(orderNames)}) values (${marks(orderNames.length)})`)
  const find = client.prepare(`select ${selectList(readNames)} from orders where id = ?`)
  const update = client.prepare(`update orders set ${writtenNames.map((name) => `${columnOf(name)} = ?`)} where id = ?`)
  const waitOf = client.prepare('select wait from orders where id = ?')
  const setReport = client.prepare('update orders set report = ? where id = ?')
  const held = client.prepare(
    `select count(*) as count from orders indexed by orders_held
    where runner_id = ? and status in ('CLAIMED', 'RUNNING')`,
  )
  const claimable = client.prepare(`
    select seq, ${selectList(orderNames)},
      (select data from audit where subject = 'order:' || orders.id order by seq desc limit 1) as "lastEvent"
    from orders indexed by orders_claimable
    where target = ? and status = 'QUEUED' and wait is null and (expires_at is null or expires_at > ?) and ${ours}
      and type in (select value from json_each(?))
    order by priority desc, seq limit ?`)
  // The next order of a resource key takes its turn, unless one has it.
  const promote = client.prepare(`
    update orders set wait = null
    where id = (select id from orders indexed by orders_waiting_turn
        where resource_key = :key and status = 'QUEUED' and wait = 'resource' order by seq limit 1)
      and not exists (select 1 from orders indexed by orders_in_turn where resource_key = :key and (status in ('CLAIMED', 'RUNNING', 'STALE')
        or (status = 'QUEUED' and (wait is null or (wait = 'time' and attempt > 0)))))
    returning target`)
  const ready = client.prepare(`
    select ${selectList(readNames)} from orders indexed by orders_waiting_time
    where status = 'QUEUED' and wait = 'time' and run_at <= ? and ${ours} order by run_at limit ?`)
  const dueOf = (more: string) =>
    client.prepare(`
    select ${selectList(readNames)} from orders indexed by orders_due
    where due_at is not null and due_at <= ? and ${ours} ${more} order by due_at limit ?`)
  const due = new Map([[], leased, waiting, [...leased, ...waiting]].map((held) => [held.join(), dueOf(without(held))]))
  const fromAhead = client.prepare(`
    select ${selectList(readNames)} from orders indexed by orders_due
    where due_at is not null and due_at > :latest and status in ('CLAIMED', 'RUNNING', 'STALE') and ${ours}
      and not (${isSilentByRight(':now', ':grace')}) limit :limit`)
  const retriesAhead = client.prepare(`
    select ${selectList(readNames)} from orders indexed by orders_waiting_time
    where status = 'QUEUED' and wait = 'time' and run_at > ? and attempt > 0 and ${ours} limit ?`)
  const findLive = client.prepare(`
    select id from orders where dedupe_key = ? and status in ('PENDING_APPROVAL', 'QUEUED', 'CLAIMED', 'RUNNING', 'STALE')`)
  const findAnswer = client.prepare(
    `select actor, key, digest, answer, created_at as createdAt, row_seal as rowSeal
    from idempotency where actor = ? and key = ?`,
  )
  const remember = client.prepare(
    'insert into idempotency (actor, key, digest, answer, created_at, row_seal) values (?, ?, ?, ?, ?, ?)',
  )
  return {
    /** The live order under a dedupe key. */
    findLive: (dedupeKey: string) => findLive.get(dedupeKey) as { id: string } | undefined,
    /** The first answer under an idempotency key. */
    findAnswer(actor: string, key: string): FirstAnswer | undefined {
      const row = findAnswer.get(actor, key) as (Omit<FirstAnswer, 'answer'> & { answer: string }) | undefined
      return row && { ...row, answer: JSON.parse(row.answer) as Order }
    },
    remember: ({ actor, key, digest, answer, createdAt, rowSeal }: FirstAnswer) =>
      void remember.run(actor, key, digest, JSON.stringify(answer), createdAt, rowSeal),
    insert: (order: StoredOrder) => void insert.run(...orderNames.map((name) => encode(order[name]))),
    find: (id: string) => find.get(id) as StoredState | undefined,
    waitOf: (id: string) => (waitOf.get(id) as Pick<Order, 'wait'>).wait,
    update: (order: StoredState) => void update.run(...writtenNames.map((name) => order[name]), order.id),
    setReport: (id: string, report: Record<string, unknown>) => void setReport.run(JSON.stringify(report), id),
    held: (runnerId: string) => (held.get(runnerId) as { count: number }).count,
    claimable: ({ target, types, now, limit }: Search) =>
      claimable.all(target, now, types, limit).map((row) => decode(row as Row) as unknown as Candidate),
    /** Orders whose time has come. */
    ready: (now: number, limit: number) => ready.all(now, limit) as unknown as StoredState[],
    /** Orders that time alone must change. */
    due({ now, limit, timing, ...sweep }: Sweep) {
      const found = due.get(heldIn(sweep).join())?.all(now, limit) ?? []
      const leases = { latest: latestDueAt(now, timing), now, grace: overGraceMs(timing), limit }
      const ahead = sweep.wentBack
        ? [...fromAhead.all(leases), ...retriesAhead.all(latestRetryAt(now, timing), limit)]
        : []
      return [...found, ...ahead].slice(0, limit) as unknown as StoredState[]
    },
    promote: (key: string) => promote.get({ key }) as { target: string } | undefined,
  }
}

const without = (held: readonly string[]) =>
  held.length === 0 ? '' : `and status not in (${held.map((status) => `'${status}'`).join(', ')})`

const jsonNames = ['payload', 'labels', 'report', 'answerable'] as const satisfies (keyof Order)[]

function encode(value: StoredOrder[keyof StoredOrder] | undefined): Value {
  if (value === undefined) return null
  if (typeof value === 'boolean') return Number(value)
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}

function decode(row: Row): Record<string, unknown> {
  const order: Record<string, unknown> = { ...row, dryRun: row.dryRun === 1 }
  for (const name of jsonNames) if (row[name] !== null) order[name] = parsed(String(row[name]))
  return order
}

/** What somebody wrote there by hand is for the seal to refuse: thrown here, it would keep every claim from working. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function columnOf(name: keyof typeof orderColumns): string {
  return `"${orderColumns[name].name}"`
}

function columnsOf(names: readonly (keyof typeof orderColumns)[]): string {
  return names.map(columnOf).join(', ')
}

function selectList(names: readonly (keyof typeof orderColumns)[]): string {
  return names.map((name) => `${columnOf(name)} as "${name}"`).join(', ')
}

function marks(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ')
}

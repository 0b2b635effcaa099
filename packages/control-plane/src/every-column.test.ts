import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setup, type World } from './testing/world.ts'

/** What may be changed in the database without anybody noticing, and why that is no harm. */
const exempt: Record<string, string> = {
  'orders.seq': 'the place in the queue: who is served first, never what runs or where',
  'orders.wait': 'whose turn it is follows from the others of its resource key; waiting for its time is sealed',
  'runners.reported': 'what a runner says of itself decides nothing',
  'runners.capabilities': 'what a runner says of itself decides nothing',
  'runners.version': 'what a runner says of itself decides nothing',
  'runners.last_seen_at': 'what a runner says of itself decides nothing',
  'runners.instance': 'which machines were seen: all it does is to withhold orders, and what is cleared is seen anew',
  'leadership.name': 'who looks at the clock: one that ends too far ahead is not believed',
  'leadership.holder': 'as above',
  'leadership.expires_at': 'as above',
  'leadership.renewed_at': 'as above',
  'schema_migrations.tag': 'one that is not ours stops the next start, and says so',
  'schema_migrations.applied_at': 'read once, when a former version is left',
}

let world: World
let file: string
beforeAll(async () => {
  world = await setup()
  file = world.file
  await fill()
}, 60_000)
afterAll(() => world.close(), 60_000)

/** A row of everything, as the product writes it. */
async function fill(): Promise<void> {
  const server = (await world.admin('POST', '/v1/servers', { body: { name: 'web', tags: ['a'] } })).body
  const runner = await world.createRunner({ scopes: ['shell'], labels: { a: '1' } })
  await world.admin('PATCH', `/v1/servers/${server.id}/attach-runner`, { body: { runnerId: runner.id } })
  await world.admin('POST', `/v1/runners/${runner.id}/rotate-token`, { body: { overlapSec: 600 } })
  await world.createToken('operator', 'ann')
  await world.admin('POST', '/v1/enrolments', { body: { name: 'new', scopes: ['shell'], serverId: server.id } })
  const order = { type: 'runner.selftest', runnerId: runner.id, labels: { a: '1' } }
  await world.admin('POST', '/v1/schedules', { body: { name: 'x', cron: '* * * * *', order, alertAfterSec: 600 } })
  await world.admin('PUT', '/v1/secrets/api', { body: { value: 'canary-5f1e7a90', servers: [server.id] } })
  const headers = { 'idempotency-key': 'k' }
  const body = { ...order, dedupeKey: 'd', resourceKey: 'r' }
  const { id } = (await world.admin('POST', '/v1/orders', { body, headers })).body
  const { lease } = await runner.claim()
  const held = { headers: { 'x-ikoma-lease': lease } }
  await runner.call('POST', `/v1/runner/orders/${id}/start`, held)
  const lines = [{ at: world.time.now, stream: 'stdout', text: 'hello' }]
  await runner.call('POST', `/v1/runner/orders/${id}/logs`, { ...held, body: { seq: 1, lines } })
  await runner.call('POST', `/v1/runner/orders/${id}/complete`, {
    ...held,
    body: { report: { ok: true, summary: 'x' } },
  })
  await world.admin('POST', '/v1/orders', {
    body: { type: 'shell.run', runnerId: runner.id, payload: { argv: ['/x'] } },
  })
  await world.store.holdLeadership('reconciler', 'a', 1, world.time.now)
}

const columns = (): { table: string; column: string; type: string }[] => {
  const database = new DatabaseSync(file, { readOnly: true })
  const found = database
    .prepare(`select t.name as "table", c.name as "column", c.type as type
    from sqlite_schema t join pragma_table_info(t.name) c where t.type = 'table' and t.name not like 'sqlite%'`)
    .all()
  database.close()
  return found as { table: string; column: string; type: string }[]
}

function rowsOf(table: string, column: string): Record<string, unknown>[] {
  const database = new DatabaseSync(file, { timeout: 5_000 })
  const rows = database.prepare(`select rowid as id, "${column}" as value from "${table}"`).all()
  database.close()
  return rows
}

/** Another value of the same kind. */
function changed(value: unknown, type: string): string | number {
  if (typeof value === 'number') return value === 0 ? 1 : value + 1000
  if (value === null) return type.toLowerCase() === 'integer' ? 7 : 'edited'
  const text = String(value)
  if (text.startsWith('[')) return '["edited"]'
  if (text.startsWith('{')) return '{"edited":"yes"}'
  return `${text}x`
}

describe('each column of each table, changed by hand', () => {
  test('is noticed by the walk over all rows, but for those that decide nothing', async () => {
    const silent: string[] = []
    for (const { table, column, type } of columns()) {
      const name = `${table}.${column}`
      if (exempt[name] !== undefined) continue
      const before = rowsOf(table, column)
      expect(before.length, `${table} has a row`).toBeGreaterThan(0)
      // SQLite has one row of each kind: the first stands for them.
      const [{ id, value } = { id: 0, value: null }] = before
      const put = (to: unknown, row = id) =>
        world.editDatabase(`update "${table}" set "${column}" = ? where rowid = ?`, [to as string, Number(row)])
      await put(changed(value, type))
      const moved = table === 'audit' && column === 'seq' ? Number(value) + 1000 : id
      const { status, body } = await world.admin('GET', '/v1/audit/verify')
      if (status !== 200 || body.ok) silent.push(name)
      await put(value, moved)
      const again = (await world.admin('GET', '/v1/audit/verify')).body
      expect(again, `${name} is put back`).toMatchObject({ ok: true })
    }
    expect(silent).toEqual([])
  }, 120_000)

  test.each(Object.keys(exempt).filter((name) => name.startsWith('runners.')))(
    'is no fault where a runner says it of itself: %s',
    async (name) => {
      const [{ value } = {}] = rowsOf('runners', name.slice('runners.'.length))
      const put = (to: unknown) =>
        world.editDatabase(`update runners set ${name.slice('runners.'.length)} = ?`, [to as string])
      await put(changed(value, ''))
      expect((await world.admin('GET', '/v1/audit/verify')).body).toMatchObject({ ok: true })
      await put(value)
    },
  )

  test('no exemption is for a column that is not there', () => {
    const names = columns().map(({ table, column }) => `${table}.${column}`)
    expect(Object.keys(exempt).filter((name) => !names.includes(name))).toEqual([])
  })
})

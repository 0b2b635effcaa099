import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { auditGenesis } from '@ikoma/domain'
import { auditKeyOf, verifyAudit } from '@ikoma/domain/audit-chain'
import { newId } from '@ikoma/kernel'
import { expect, inject, onTestFinished, test } from 'vitest'
import { bring, runnerId, sweepAt, wholeAudit } from '../conformance/world.ts'
import { aClaim, anEntry, aServer, noon, sealKey } from '../testing/fixtures.ts'
import { newDatabase, onDatabase } from '../testing/test-database.ts'
import { openPostgresStore } from './store.ts'

/** What docs/audit.md tells an operator to run. */
function statements(role: string): string {
  const text = readFileSync(join(import.meta.dirname, '../../../../docs/audit.md'), 'utf8')
  return (/```sql\n([^`]*)```/.exec(text)?.[1] ?? '').replaceAll('ikoma_app', role)
}

async function setup() {
  const server = inject('postgresUrl')
  const { url, drop } = await newDatabase(server)
  const role = `app_${newId().replaceAll('-', '')}`
  await (await openPostgresStore({ url, sealKey })).close()
  await onDatabase(url, statements(role))
  const asRole = url.replace('//postgres@', `//${role}@`)
  const store = await openPostgresStore({ url: asRole, sealKey })
  onTestFinished(async () => {
    await store.close()
    await drop()
    await onDatabase(`${server}/postgres`, `drop role ${role}`)
  })
  return { store, asRole }
}

test('the control plane works as the role of docs/audit.md', async () => {
  const { store } = await setup()
  await store.ping()
  await bring.SUCCEEDED(store)
  await bring.EXPIRED(store)
  const server = aServer()
  await store.insertServer(server, anEntry('server.created', `server:${server.id}`))
  await store.deleteServer(server.id, anEntry('server.deleted', `server:${server.id}`))
  expect(await store.holdLeadership('reconciler', 'a', 1_000, noon)).toMatchObject({ held: true })
  await sweepAt(store, noon)
  expect(await store.claimOrders(aClaim(runnerId))).toEqual([])
  await store.pruneIdempotency(noon)
  const { items } = await store.listEndedOrders(noon + 1, { limit: 10, cursor: null })
  const ids = items.map(({ id }) => id)
  expect(await store.pruneOrders({ ids, endedBefore: noon + 1, archive: null, now: noon })).toBe(ids.length)
  const rule = { key: auditKeyOf(sealKey), keyedFrom: 1, unkeyedUntil: 0 }
  const events = await wholeAudit(store)
  expect([events.length > 5, verifyAudit(auditGenesis, events, rule)]).toEqual([true, null])
})

test.each([
  "update audit set actor = 'x'",
  'delete from audit',
  'truncate audit',
  'alter table audit disable trigger user',
  'drop trigger audit_append_only on audit',
  'drop table audit',
  "grant all on audit to current_user; update audit set actor = 'x'",
  "set session_replication_role = replica; update audit set actor = 'x'",
])('and cannot %s', async (statement) => {
  const { store, asRole } = await setup()
  await bring.QUEUED(store)
  const before = await wholeAudit(store)
  const refused = await onDatabase(asRole, statement).then(
    () => null,
    (error: Error) => error.message,
  )
  expect(refused).toMatch(/permission denied|must be owner/)
  expect(await wholeAudit(store)).toEqual(before)
})

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type AuditEntry, type AuditEvent, type AuditHead, auditGenesis } from '@ikoma/domain'
import { type AuditRule, auditKeyOf, linkAudit } from '@ikoma/domain/audit-chain'
import { newSigningKey } from '@ikoma/kernel/node'
import { sealKey } from '@ikoma/store/testing'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { keyring } from '../keyring.ts'
import { OrderArchive } from '../orders/order-archive.ts'
import { placeSelftest, setup, type World } from '../testing/world.ts'
import { signHead } from './signed-head.ts'
import { verifyStep } from './verification.ts'

// Somebody who can write the database and knows how the chain is made, but has not got the control plane's keys.
let world: World
let archiveDir: string
beforeEach(async () => {
  archiveDir = mkdtempSync(join(tmpdir(), 'ikoma-archive-'))
  onTestFinished(() => rmSync(archiveDir, { recursive: true }))
  world = await setup({ archiveDir })
  const { id } = await world.createRunner()
  for (let n = 0; n < 4; n += 1) await placeSelftest(world, id)
})
afterEach(() => world.close())

const rule: AuditRule = { key: auditKeyOf(sealKey), keyedFrom: 1, unkeyedUntil: 0 }
const verify = async () => (await world.admin('GET', '/v1/audit/verify')).body
const compare = async (...heads: string[]) => (await world.admin('POST', '/v1/audit/verify', { body: { heads } })).body
const head = async () => (await world.store.auditHead()) as AuditHead
const signed = async () => signHead({ ...(await head()), at: world.time.now }, world.keyring)

/** Puts other events in the place of all. */
function replaceAudit(change: (events: AuditEvent[]) => AuditEvent[]): void {
  const database = new DatabaseSync(world.file, { timeout: 5_000 })
  const triggers = database.prepare("select name, sql from sqlite_schema where type = 'trigger'").all()
  const before = database.prepare('select * from audit order by seq').all() as unknown as AuditEvent[]
  database.exec(`begin immediate; ${triggers.map(({ name }) => `drop trigger ${name}`).join('; ')}; delete from audit`)
  const insert = database.prepare('insert into audit values (?, ?, ?, ?, ?, ?, ?, ?)')
  for (const { seq, at, actor, action, subject, data, hash, mac } of change(before))
    insert.run(seq, at, actor, action, subject, data, hash, mac)
  database.exec(`${triggers.map(({ sql }) => sql).join('; ')}; commit`)
  database.close()
}

const entriesOf = (events: AuditEvent[]): AuditEntry[] =>
  events.map(({ at, actor, action, subject, data }) => ({ at, actor, action, subject, data: JSON.parse(data) }))

describe('the audit, edited by somebody without the key', () => {
  test('with every actor rewritten and the chain linked anew is altered', async () => {
    replaceAudit((events) => {
      const entries = entriesOf(events).map((entry) => ({ ...entry, actor: 'token:scapegoat' }))
      return linkAudit(auditGenesis, entries).map((event, at) => ({ ...event, mac: events[at]?.mac ?? '' }))
    })
    expect(await verify()).toMatchObject({ ok: false, fault: { seq: 1, fault: 'altered' } })
  })

  test('and not marked is unkeyed, also when this process wrote on behind it', async () => {
    replaceAudit((events) => linkAudit(auditGenesis, entriesOf(events)))
    await world.createRunner()
    const { ok, faults } = await verify()
    expect([ok, faults.length]).toEqual([false, 5])
    expect(faults[0]).toMatchObject({ seq: 1, fault: 'unkeyed' })
  })

  test("is altered when it is another installation's", async () => {
    const theirs = auditKeyOf(sealKey.map((byte) => byte + 1))
    replaceAudit((events) => linkAudit(auditGenesis, entriesOf(events), theirs))
    expect(await verify()).toMatchObject({ ok: false, fault: { seq: 1, fault: 'altered' } })
  })

  test('without its last entries is truncated, as what this process remembers tells', async () => {
    await world.witness.look()
    replaceAudit((events) => events.slice(0, 3))
    const fault = { seq: 4, fault: 'truncated', head: { seq: 5, from: 'memory' } }
    expect(await verify()).toMatchObject({ ok: false, fault, faults: [fault] })
    expect(await world.witness.look()).toBe(false)
    expect(world.logged.join()).toContain('the audit is not what it was')
  })

  test('with all of it removed is truncated', async () => {
    const kept = await signed()
    replaceAudit(() => [])
    expect(await compare(kept)).toMatchObject({ ok: false, events: 0, fault: { seq: 1, fault: 'truncated' } })
  })
})

describe('a head that was kept elsewhere', () => {
  test('is in the audit that it was taken from, however that grew', async () => {
    const kept = [await signed()]
    await world.createRunner()
    kept.push(await signed())
    // One from each, the same number from memory at the most, and the one that the database itself has.
    const { ok, heads } = await compare(...kept)
    expect([ok, heads.compared >= 3, heads.foreign]).toEqual([true, true, 0])
  })

  test('tells what was cut off, and from when it is', async () => {
    const kept = await signed()
    replaceAudit((events) => events.slice(0, 3))
    expect(await compare(kept)).toMatchObject({
      ok: false,
      faults: [{ seq: 4, fault: 'truncated', head: { seq: 5, from: 'given', at: '2026-01-15T12:00:00.000Z' } }],
    })
  })

  test('tells that an older state was put back, which then went on', async () => {
    await world.createRunner()
    const kept = await signed()
    replaceAudit((events) => events.slice(0, 5))
    world.time.now += 1_000
    await world.createRunner()
    expect(await compare(kept)).toMatchObject({
      ok: false,
      faults: [{ seq: 6, fault: 'forked', head: { seq: 6, from: expect.stringMatching(/given|memory/) } }],
    })
  })

  test('is told apart from one that nobody signed, and from another control plane’s', async () => {
    const [whole = '', signature = ''] = /^(.*\.)(.*)$/.exec(await signed())?.slice(1) ?? []
    const forged = `${whole}${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    expect(await compare(forged)).toMatchObject({ ok: false, faults: [{ fault: 'head_forged', head: null }] })
    const foreign = signHead({ ...(await head()), at: 0 }, keyring(newSigningKey(), sealKey))
    expect(await compare(foreign)).toMatchObject({ ok: true, heads: { foreign: 1 } })
    const answer = await world.admin('POST', '/v1/audit/verify', { body: { heads: ['nonsense'] } })
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([400, expect.stringContaining('body/heads/0')])
  })

  test('is found beside the archive, without being given', async () => {
    await new OrderArchive(archiveDir).append(world.time.now, oneLine(), await world.witness.signedHead())
    expect(await verify()).toMatchObject({ ok: true, heads: { unreadable: [] } })
    replaceAudit((events) => events.slice(0, 2))
    const { faults } = await verify()
    expect(faults).toMatchObject([{ seq: 3, fault: 'truncated', head: { seq: 5 } }])
  })

  test('beside an archive that somebody wrote nonsense into is compared all the same', async () => {
    await new OrderArchive(archiveDir).append(world.time.now, oneLine(), await world.witness.signedHead())
    const file = join(archiveDir, 'orders-2026-01-15.heads')
    writeFileSync(file, `nonsense iko_head.2.x.y\n${'z'.repeat(9_000)}\n${readFileSync(file, 'utf8')}iko_head.2.torn`)
    replaceAudit((events) => events.slice(0, 2))
    expect((await verify()).faults).toMatchObject([{ seq: 3, fault: 'truncated' }])
  })
})

async function* oneLine(): AsyncGenerator<string> {
  yield '{"id":"a"}\n'
}

test('the audit is verified step by step, each where the former ended, and a lie about where is refused', async () => {
  const first = await world.admin('POST', '/v1/audit/verify', { body: { after: 'nowhere' } })
  expect([first.status, first.body.reason]).toEqual([400, 'validation_failed'])
  const { seq, hash } = (await world.store.listAudit({}, 2, 1))[0] as AuditEvent
  const after = Buffer.from(JSON.stringify({ seq, hash, closed: true })).toString('base64url')
  replaceAudit((events) => events.with(0, { ...(events[0] as AuditEvent), actor: 'x' }))
  expect((await world.admin('POST', '/v1/audit/verify', { body: { after } })).body).toMatchObject({
    ok: true,
    events: 5,
  })
  replaceAudit((events) => events.with(4, { ...(events[4] as AuditEvent), actor: 'x' }))
  expect((await world.admin('POST', '/v1/audit/verify', { body: { after } })).body).toMatchObject({
    faults: [{ seq: 5, fault: 'altered' }],
  })
})

test('columns that hold what their types forbid are altered, and end no verification', async () => {
  for (const column of ['mac', 'hash', 'data', 'at', 'actor']) {
    const [event] = await world.store.listAudit({}, 2, 1)
    await world.editDatabase(`update audit set ${column} = x'00ff' where seq = ?`, [3])
    expect((await verify()).faults[0], column).toMatchObject({ seq: 3, fault: 'altered' })
    await world.editDatabase(`update audit set ${column} = ? where seq = ?`, [event?.[column as 'data'] ?? '', 3])
    expect(await verify(), column).toMatchObject({ ok: true })
  }
})

test('entries behind the end that the database names are told', async () => {
  const { auditHead } = world.store
  const { seq, hash } = (await world.store.listAudit({}, 3, 1))[0] as AuditEvent
  await world.witness.stop()
  // As on PostgreSQL, where the end is a row of its own.
  world.store.auditHead = async () => ({ seq, hash })
  const context = { store: world.store, rule, heads: [], stopping: new AbortController().signal }
  const { faults } = await verifyStep(context, undefined, 100)
  world.store.auditHead = auditHead
  expect(faults).toMatchObject([{ seq: 5, fault: 'head_differs', head: { seq: 4, from: 'database' } }])
  expect((await verifyStep(context, undefined, 100)).faults).toEqual([])
})

test('a step looks at so many and no more, and the next goes on', async () => {
  const context = { store: world.store, rule, heads: [], stopping: new AbortController().signal }
  const first = await verifyStep(context, undefined, 2)
  expect([first.done, first.reached.seq, first.faults]).toEqual([false, 2, []])
  const second = await verifyStep(context, first.reached, 3)
  expect([second.done, second.reached.seq, second.faults]).toEqual([true, 5, []])
  const stopping = AbortSignal.abort()
  expect((await verifyStep({ ...context, stopping }, undefined, 100)).done).toBe(false)
})

test('a chain that ends before the first entry under the key is truncated', async () => {
  const context = {
    store: world.store,
    rule: { ...rule, keyedFrom: 9 },
    heads: [],
    stopping: new AbortController().signal,
  }
  const { faults } = await verifyStep(context, undefined, 100)
  expect(faults).toMatchObject([{ seq: 6, fault: 'truncated', head: { seq: 8, from: 'keys' } }])
})

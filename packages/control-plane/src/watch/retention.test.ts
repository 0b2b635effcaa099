import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { orderRecordSchema } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { createLog } from '@ikoma/kernel/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readHead } from '../audit/signed-head.ts'
import { createMetrics, type Metrics } from '../metrics.ts'
import { OrderArchive } from '../orders/order-archive.ts'
import { placeSelftest, setup, type World } from '../testing/world.ts'
import { Alarms } from './alarms.ts'
import { Reconciler } from './reconciler.ts'
import { Retention } from './retention.ts'

const dayMs = 24 * 3_600_000

let world: World
let folder: string
beforeEach(async () => {
  world = await setup()
  folder = mkdtempSync(join(tmpdir(), 'ikoma-archive-'))
})
afterEach(async () => {
  await world.close()
  rmSync(folder, { recursive: true })
})

function keeping(days: number, { archiveDir, leads = true }: { archiveDir?: string; leads?: boolean } = {}) {
  const { store, time } = world
  const lines: string[] = []
  const metrics = createMetrics(store, async () => true)
  const log = createLog('info', { write: (line) => lines.push(line) })
  const retention = new Retention({
    store,
    metrics,
    alarms: new Alarms({ log, registry: metrics.registry }),
    clock: { now: () => time.now },
    clockWatch: world.clockWatch,
    log,
    keepMs: days * dayMs,
    archive: archiveDir === undefined ? null : new OrderArchive(archiveDir),
    head: () => world.witness.signedHead(),
    leads: () => leads,
    stopping: new AbortController().signal,
  })
  return {
    tick: () => retention.tick(),
    lines,
    metric: async (line: string) => (await metrics.registry.metrics()).includes(line),
  }
}

async function endedOrder({ text = 'hello', chunks = 1 } = {}): Promise<string> {
  const runner = await world.createRunner()
  const { id } = await placeSelftest(world, runner.id)
  const { lease } = await runner.claim()
  const headers = { 'x-ikoma-lease': lease }
  const send = (verb: string, body?: unknown) =>
    runner.call('POST', `/v1/runner/orders/${id}/${verb}`, { headers, body })
  await send('start')
  for (let seq = 0; seq < chunks; seq += 1)
    await send('logs', { seq, lines: [{ at: world.time.now, stream: 'stdout', text }] })
  expect((await send('complete', { report: { ok: true, summary: 'all well' } })).status).toBe(200)
  return id
}

const statusOf = async (id: string) => (await world.admin('GET', `/v1/orders/${id}`)).status
const pruned = async () => (await world.admin('GET', '/v1/audit?action=orders.pruned')).body.items
const filesOf = (ending: string) => readdirSync(folder).filter((file) => file.endsWith(ending))
const archived = () =>
  filesOf('.ndjson').flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n').slice(0, -1))

describe('an order that ended', () => {
  test('is kept for as long as was said, and then deleted; a live one stays', async () => {
    const ended = await endedOrder()
    const live = await placeSelftest(world, (await world.createRunner()).id)
    const { tick, metric } = keeping(30)
    world.time.now += 30 * dayMs
    await tick()
    expect([await statusOf(ended), await pruned()]).toEqual([200, []])
    world.time.now += 1
    await tick()
    expect([await statusOf(ended), await statusOf(live.id)]).toEqual([404, 200])
    expect(await metric('ikoma_orders_pruned_total 1')).toBe(true)
    expect((await pruned())[0]).toMatchObject({ actor: 'control-plane', data: { count: 1, archive: null } })
    expect((await world.admin('GET', '/v1/audit/verify')).body).toMatchObject({ ok: true })
    expect((await world.admin('GET', `/v1/audit?subject=order:${ended}`)).body.items.length).toBeGreaterThan(3)
  })

  test('is in the archive with all that was known of it, where the audit says', async () => {
    const id = await endedOrder({ chunks: 9 })
    const order = (await world.admin('GET', `/v1/orders/${id}`)).body
    const events = (await world.admin('GET', `/v1/orders/${id}/events`)).body.items
    const log = (await world.admin('GET', `/v1/orders/${id}/logs`)).body.items
    expect([events.length, log.length]).toEqual([4, 9])
    world.time.now += 31 * dayMs
    await keeping(30, { archiveDir: folder }).tick()
    const [line = ''] = archived()
    expect(JSON.parse(line)).toEqual({ ...order, events, log })
    expect(orderRecordSchema.safeParse(JSON.parse(line)).error).toBeUndefined()
    const { file, offset, bytes, sha256 } = (await pruned())[0].data.archive
    const said = readFileSync(join(folder, file)).subarray(offset, offset + bytes)
    expect([said.toString(), createHash('sha256').update(said).digest('hex')]).toEqual([`${line}\n`, sha256])
    expect(await statusOf(id)).toBe(404)
  })

  test('is deleted once its archive is on disk, and with it how the audit ended', async () => {
    const id = await endedOrder()
    world.time.now += 31 * dayMs
    const { pruneOrders } = world.store
    const lying = () => filesOf('').map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const)
    let before: ReturnType<typeof lying> = []
    world.store.pruneOrders = (pruning) => {
      before = lying()
      return pruneOrders(pruning)
    }
    const head = await world.store.auditHead()
    await keeping(30, { archiveDir: folder }).tick()
    expect(before.map(([name]) => name)).toEqual(['orders-2026-02-15.heads', 'orders-2026-02-15.ndjson'])
    expect(before).toEqual(lying())
    expect(readHead(before[0]?.[1].trim() ?? '', world.keyring)).toMatchObject(head)
    expect(await statusOf(id)).toBe(404)
  })

  test('is nobody’s to delete but the leader’s', async () => {
    const id = await endedOrder()
    world.time.now += 31 * dayMs
    await keeping(30, { leads: false }).tick()
    expect(await statusOf(id)).toBe(200)
  })
})

test('the leader is whoever reconciled last, until that was too long ago or it resigned', async () => {
  const { store, time, timing } = world
  const clock = { now: () => time.now }
  const { log, metrics, alarms } = world
  const reconciler = new Reconciler({
    store,
    clock,
    clockWatch: world.clockWatch,
    log,
    metrics,
    alarms,
    timing,
    periodMs: 30_000,
  })
  expect(reconciler.leads()).toBe(false)
  await reconciler.tick()
  expect(reconciler.leads()).toBe(true)
  time.now += 90_000
  expect(reconciler.leads()).toBe(false)
  await reconciler.tick()
  await reconciler.resign()
  expect(reconciler.leads()).toBe(false)
})

test('of two processes the other leads within two periods when one dies, which is no outage, and says so once', async () => {
  const { time, timing, alarms, clockWatch } = world
  const store = { ...world.store, dialect: 'postgres' as const }
  const lines: string[] = []
  const log = createLog('info', { write: (line) => lines.push(line) })
  const metricsOf = { dying: createMetrics(store, async () => true), other: createMetrics(store, async () => true) }
  const make = (metrics: Metrics) =>
    new Reconciler({
      store,
      clock: { now: () => time.now },
      clockWatch,
      log,
      metrics,
      alarms,
      timing,
      periodMs: 30_000,
    })
  const [dying, other] = [make(metricsOf.dying), make(metricsOf.other)]
  const told = async () => {
    const texts = await Promise.all([metricsOf.dying, metricsOf.other].map(({ registry }) => registry.metrics()))
    return texts.map((text) => /^ikoma_reconciler_leads (\d)$/m.exec(text)?.[1])
  }
  const start = time.now
  const due = { dying: start, other: start + 100 }
  let tookOver: number | null = null
  await dying.tick()
  await other.tick()
  expect(await told()).toEqual(['1', '0'])
  for (; time.now < start + 300_000; time.now += 500) {
    if (time.now >= due.dying && time.now <= start + 120_000) due.dying = time.now + (await dying.tick())
    if (time.now >= due.other) due.other = time.now + (await other.tick())
    if (time.now < start + 120_000) expect([dying.leads(), other.leads()]).toEqual([true, false])
    else if (other.leads()) tookOver ??= time.now - start
  }
  expect(tookOver).toBeLessThan(180_000)
  expect(lines.filter((line) => line.includes('leases are held'))).toEqual([])
  expect(lines.filter((line) => line.includes('reconcile'))).toHaveLength(3)
  expect((await told())[1]).toBe('1')
})

describe('an archive that cannot be written', () => {
  test('keeps the orders and raises an alarm, until it can', async () => {
    const id = await endedOrder()
    world.time.now += 31 * dayMs
    const blocked = join(folder, 'blocked')
    writeFileSync(blocked, '')
    const { tick, metric, lines } = keeping(30, { archiveDir: blocked })
    await tick()
    expect([await statusOf(id), await pruned()]).toEqual([200, []])
    expect(await metric('ikoma_alarm{alarm="archive_failed"} 1')).toBe(true)
    expect(lines.join()).toContain('old orders are kept until it can')
    rmSync(blocked)
    await tick()
    expect(await statusOf(id)).toBe(404)
    expect(await metric('ikoma_alarm{alarm="archive_failed"} 0')).toBe(true)
  })

  test('is not what is wrong when the store is away, which raises no alarm', async () => {
    await endedOrder()
    world.time.now += 31 * dayMs
    const { tick, metric, lines } = keeping(30, { archiveDir: folder })
    world.store.listLog = () => Promise.reject(new AppError('unavailable', 'away'))
    await tick()
    expect(lines.join()).toContain('old orders could not be pruned')
    expect([archived(), await metric('archive_failed')]).toEqual([[], false])
  })
})

test('a crash between archive and deletion archives twice and loses nothing', async () => {
  const ids = [await endedOrder(), await endedOrder()]
  world.time.now += 31 * dayMs
  const { pruneOrders } = world.store
  world.store.pruneOrders = () => Promise.reject(new AppError('unavailable', 'killed'))
  await keeping(30, { archiveDir: folder }).tick()
  expect(await Promise.all(ids.map(statusOf))).toEqual([200, 200])
  world.store.pruneOrders = pruneOrders
  await keeping(30, { archiveDir: folder }).tick()
  expect(await Promise.all(ids.map(statusOf))).toEqual([404, 404])
  const lines = archived()
  expect(lines.map((line) => JSON.parse(line).id)).toEqual([...ids, ...ids])
  expect(lines.slice(0, 2)).toEqual(lines.slice(2))
})

describe('much to delete', () => {
  test('is deleted step by step, with rests that let others work', async () => {
    const runner = await world.createRunner()
    for (let n = 0; n < 201; n += 1) {
      const { id } = await placeSelftest(world, runner.id)
      await world.admin('POST', `/v1/orders/${id}/cancel`)
    }
    const left = async () => Object.values(await world.store.countOrders()).reduce((sum, count) => sum + count, 0)
    world.time.now += 31 * dayMs
    const { tick } = keeping(30)
    const rest = await tick()
    expect([await left(), rest >= 100 && rest < 60_000]).toEqual([1, true])
    expect([await tick(), await left()]).toEqual([60_000, 0])
  })

  test('with long logs is deleted in transactions of bounded size', async () => {
    const text = 'x'.repeat(16_000)
    for (let n = 0; n < 3; n += 1) await endedOrder({ text, chunks: 250 })
    world.time.now += 31 * dayMs
    await keeping(30, { archiveDir: folder }).tick()
    const events = await pruned()
    expect(events.map(({ data }: { data: { count: number } }) => data.count)).toEqual([2, 1])
    expect(events[1].data.archive.offset).toBe(events[0].data.archive.bytes)
    expect(archived().map((line) => JSON.parse(line).log.length)).toEqual([250, 250, 250])
  })
})

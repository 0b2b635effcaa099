import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { createLog } from '@ikoma/kernel/node'
import { sql } from 'drizzle-orm'
import { Registry } from 'prom-client'
import { expect, inject, it, onTestFinished, vi } from 'vitest'
import * as z from 'zod'
import { newDatabase } from '../../../store/src/testing/test-database.ts'
import { openDatabase } from '../postgres/index.ts'
import type { JobTable } from './definitions.ts'
import { defineJobs, job, jobCommand } from './index.ts'
import type { JobsOptions } from './jobs.ts'

async function setup() {
  const { url, drop } = await newDatabase(inject('postgresUrl'))
  const lines: string[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const log = createLog('info', sink)
  const database = openDatabase({ url, log })
  await database.db.execute(sql`create table runs (bay text, attempt integer, pid integer)`)
  onTestFinished(async () => {
    await database.close()
    await drop()
  })
  const registry = new Registry()
  const open = async <Table extends JobTable>(table: Table, more: Partial<JobsOptions<Table>> = {}) => {
    const jobs = defineJobs({ url, database, log, jobs: table, superviseSec: 1, ...more })
    onTestFinished(() => jobs.stop(1_000))
    await jobs.start()
    return jobs
  }
  return { url, database, log, registry, open, logged: () => lines.join('') }
}

const eventually = (check: () => unknown, timeout = 40_000) => vi.waitFor(check, { timeout, interval: 50 })

it('enqueues in the transaction that wants it: rolled back, there is no job, and it runs once it is committed', async () => {
  const { database, open, logged } = await setup()
  const seen: string[] = []
  const mail = job({
    payload: z.object({ to: z.string() }),
    run: async ({ to }) => {
      seen.push(to)
    },
  })
  const jobs = await open({ mail })
  await jobs.work()
  await expect(
    database.transaction(async (tx) => {
      await jobs.enqueue(tx, 'mail', { to: 'canary-rolled-back' })
      throw new Error('undone')
    }),
  ).rejects.toThrow('undone')
  await database.transaction(async (tx) => {
    await jobs.enqueue(tx, 'mail', { to: 'canary-committed' })
    await delay(300)
    expect(seen).toEqual([])
  })
  await eventually(() => expect(seen).toEqual(['canary-committed']))
  const { rows } = await database.pool.query("select count(*)::int as n from pgboss.job where name = 'mail'")
  expect(rows).toEqual([{ n: 1 }])
  await eventually(() => expect(logged()).toContain('job done'))
  expect(logged()).not.toContain('canary')
})

it('refuses a payload that could not be read when it runs, and gives up at once on one that it does not understand', async () => {
  const { database, open, url, log } = await setup()
  const old = await open({ mail: job({ payload: z.object({ to: z.string() }), run: async () => undefined }) })
  const wrong = (data: object) => database.transaction((tx) => old.enqueue(tx, 'mail', data as { to: string }))
  await expect(wrong({ to: 1 })).rejects.toMatchObject({ reason: 'job_payload', fields: [{ field: 'to' }] })
  const dated = defineJobs({
    url,
    database,
    log,
    jobs: { at: job({ payload: z.object({ at: z.date() }), run: async () => undefined }) },
  })
  await expect(database.transaction((tx) => dated.enqueue(tx, 'at', { at: new Date() }))).rejects.toMatchObject({
    reason: 'job_payload',
  })
  await database.transaction((tx) => old.enqueue(tx, 'mail', { to: 'x' }))
  const later = await open({ mail: job({ payload: z.object({ to: z.email() }), run: async () => undefined }) })
  await later.work()
  await eventually(async () =>
    expect(await later.listDead()).toMatchObject([{ job: 'mail', attempts: 1, reason: 'job_payload' }]),
  )
})

it('keeps what failed three times as a dead letter without its secrets, and replays it', async () => {
  const { database, open, logged, registry } = await setup()
  let broken = true
  const attempts: number[] = []
  const charge = job({
    payload: z.object({ card: z.string() }),
    retry: { limit: 2, delaySec: 1, maxDelaySec: 1 },
    run: async ({ card }, { attempt }) => {
      attempts.push(attempt)
      if (broken) await database.db.execute(sql`select ${card}::integer`)
    },
  })
  const jobs = await open({ charge }, { registry })
  await jobs.work()
  await database.transaction((tx) => jobs.enqueue(tx, 'charge', { card: 'canary-4242' }))
  await eventually(async () => expect(await jobs.listDead('charge')).toHaveLength(1))
  expect(attempts).toEqual([1, 2, 3])
  const [dead] = await jobs.listDead()
  expect(dead).toMatchObject({ job: 'charge', attempts: 3, reason: 'value_not_storable' })
  expect(JSON.stringify(dead) + logged()).not.toContain('canary')
  let told = ''
  const write = (text: string) => {
    told += text
  }
  expect(await jobCommand(['dead'], jobs, { write })).toBe(0)
  expect(told).toContain('value_not_storable')
  broken = false
  expect(await jobs.replay('charge', [dead?.id ?? ''])).toBe(1)
  await eventually(() => expect(attempts).toEqual([1, 2, 3, 1]))
  expect(await jobs.listDead()).toEqual([])
  await eventually(async () =>
    expect(await registry.metrics()).toMatch(/job_runs_total\{job="charge",schedule="",outcome="done"\} 1/),
  )
  expect(await registry.metrics()).toMatch(/job_runs_total\{job="charge",schedule="",outcome="failed"\} 3/)
})

it('runs a job again whose process was killed in the middle', async () => {
  const { url, database, log } = await setup()
  const start = () => {
    const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, 'testing/worker-app.ts'), url], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    onTestFinished(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    })
    return child
  }
  const first = start()
  const wash = job({ payload: z.object({ bay: z.string() }), retry: { delaySec: 1 }, run: async () => undefined })
  const jobs = defineJobs({ url, database, log, jobs: { wash }, heartbeatSec: 10 })
  await jobs.start()
  await database.transaction((tx) => jobs.enqueue(tx, 'wash', { bay: 'BAY-001' }))
  const runs = async () =>
    (await database.pool.query('select attempt, pid from runs order by attempt')).rows as {
      attempt: number
      pid: number
    }[]
  await eventually(async () => expect(await runs()).toHaveLength(1))
  await jobs.stop()
  first.kill('SIGKILL')
  const second = start()
  await eventually(async () =>
    expect(await runs()).toEqual([
      { attempt: 1, pid: first.pid },
      { attempt: 2, pid: second.pid },
    ]),
  )
})

it('never runs two of one key at once, keeps their order, and lets a dead one hold its key no longer', async () => {
  const { database, open } = await setup()
  const running = new Set<string>()
  const overlaps: string[] = []
  const order: Record<string, number[]> = { a: [], b: [], c: [] }
  let most = 0
  const move = job({
    payload: z.object({ key: z.string(), n: z.number(), fails: z.boolean().default(false) }),
    serial: true,
    concurrency: 3,
    retry: { limit: 1, delaySec: 1, maxDelaySec: 1 },
    run: async ({ key, n, fails }) => {
      if (running.has(key)) overlaps.push(key)
      running.add(key)
      most = Math.max(most, running.size)
      await delay(20)
      running.delete(key)
      if (fails) throw new Error('never')
      order[key]?.push(n)
    },
  })
  const [one, two] = [await open({ move }), await open({ move })]
  for (let n = 0; n < 6; n += 1) {
    for (const key of ['a', 'b', 'c']) {
      const fails = key === 'c' && n === 2
      await database.transaction((tx) => one.enqueue(tx, 'move', { key, n, fails }, { key }))
    }
  }
  await Promise.all([one.work(), two.work()])
  const all = [0, 1, 2, 3, 4, 5]
  await eventually(() => expect(order).toEqual({ a: all, b: all, c: all.filter((n) => n !== 2) }))
  expect(overlaps).toEqual([])
  expect(most).toBeGreaterThan(1)
  expect(await one.listDead()).toMatchObject([{ job: 'move', attempts: 2, message: 'never' }])
  await expect(database.transaction((tx) => one.enqueue(tx, 'move', { key: 'a', n: 7 }))).rejects.toThrow(
    'give it a key',
  )
})

it('adds nothing while one like it waits, whoever asks at once, and waits until its time', async () => {
  const { database, open } = await setup()
  const ran: string[] = []
  const sync = job({
    payload: z.object({ of: z.string() }),
    run: async ({ of }) => {
      ran.push(of)
    },
  })
  const jobs = await open({ sync })
  const ask = (of: string) =>
    database.transaction((tx) => jobs.enqueue(tx, 'sync', { of }, { singleton: true, key: of }))
  const ids = await Promise.all([ask('x'), ask('x'), ask('x'), ask('y')])
  expect(ids.slice(0, 3).filter((id) => id !== null)).toHaveLength(1)
  expect(ids[3]).not.toBeNull()
  await database.transaction((tx) =>
    jobs.enqueue(tx, 'sync', { of: 'later' }, { runAfter: new Date(Date.now() + 3_600_000) }),
  )
  await jobs.work()
  await eventually(() => expect(ran.toSorted()).toEqual(['x', 'y']))
  expect(await ask('x')).not.toBeNull()
  await eventually(() => expect(ran.toSorted()).toEqual(['x', 'x', 'y']))
})

it('fails a run that did not do what its schedule expects, on its schedule and by hand', async () => {
  const { database, open, registry, logged } = await setup()
  let works = false
  const remind = job({
    payload: z.object({}),
    retry: { limit: 0 },
    run: async () => {
      if (works) await database.db.execute(sql`insert into runs values ('reminded', 1, 1)`)
    },
  })
  const schedule = { job: 'remind', cron: '* * * * *', zone: 'Europe/Paris' } as const
  const jobs = await open(
    { remind },
    {
      registry,
      schedules: {
        'remind.hourly': { ...schedule, cron: '0 4 1 1 *', expect: sql`select exists (select from runs)` },
        'remind.function': {
          ...schedule,
          cron: '0 4 1 1 *',
          expect: async ({ startedAt }) => works && startedAt <= new Date(),
        },
      },
    },
  )
  const once = async (...argv: string[]) => {
    let told = ''
    const write = (text: string) => {
      told += text
    }
    return [await jobCommand(argv, jobs, { write, language: 'fr' }), told.trim()]
  }
  expect(await once('remind.hourly', '--once')).toEqual([1, expect.stringContaining('remind.hourly')])
  expect(await once('remind.function', '--once')).toEqual([1, expect.stringContaining('remind.function')])
  expect(await once('remind', '--once')).toEqual([0, 'Terminé.'])
  expect(logged()).toContain('"outcome":"unexpected"')
  expect(await registry.metrics()).toMatch(
    /job_runs_total\{job="remind",schedule="remind.hourly",outcome="unexpected"\} 1/,
  )
  works = true
  expect(await once('remind.hourly', '--once')).toEqual([0, 'Terminé.'])
  for (const name of ['nothing', 'toString']) expect((await once(name, '--once'))[0], name).toBe(2)
  expect((await once('replay', 'nothing'))[0]).toBe(2)
  expect((await once('remind'))[0]).toBe(2)
  await jobs.work()
  const { rows } = await database.pool.query('select key, timezone from pgboss.schedule order by key')
  expect(rows).toEqual([
    { key: 'remind.function', timezone: 'Europe/Paris' },
    { key: 'remind.hourly', timezone: 'Europe/Paris' },
  ])
})

it('makes up for a run that came due while no process was there, once, and looks at what it should have done', async () => {
  const { database, open, logged } = await setup()
  const close = job({ payload: z.object({ site: z.string() }), retry: { limit: 0 }, run: async () => undefined })
  const schedule = {
    job: 'close',
    cron: '0 * * * *',
    zone: 'Europe/Paris',
    data: { site: 'S1' },
    catchUp: true,
  } as const
  const schedules = { 'close.hourly': { ...schedule, expect: sql`select false` } }
  const first = await open({ close }, { schedules })
  await first.work()
  await first.stop(1_000)
  await database.pool.query("update pgboss.version set cron_on = now() - interval '3 hours'")
  await database.pool.query(
    "update pgboss.schedule set created_on = now() - interval '3 hours', updated_on = now() - interval '3 hours'",
  )
  const second = await open({ close }, { schedules })
  await second.work()
  await eventually(async () =>
    expect(await second.listDead()).toMatchObject([{ job: 'close', reason: 'job_unexpected' }]),
  )
  expect(logged()).toContain('"schedule":"close.hourly"')
})

it('lets processes that start at once make the queues once', async () => {
  const { open } = await setup()
  const table = { mail: job({ payload: z.object({}), serial: true, run: async () => undefined }) }
  const all = await Promise.all([1, 2, 3, 4].map(() => open(table)))
  await Promise.all(all.map((each) => each.work()))
  await expect(open({ mail: { ...table.mail, serial: false } })).rejects.toMatchObject({ reason: 'job_serial_changed' })
})

it('waits for what runs when it stops, and aborts what takes too long, which another process then takes up', async () => {
  const { database, open } = await setup()
  const ended: string[] = []
  const work = job({
    payload: z.object({ ms: z.number() }),
    run: async ({ ms }, { signal, attempt }) => {
      if (attempt > 1) return void ended.push('again')
      ended.push(`started ${ms}`)
      await delay(ms, undefined, { signal }).then(
        () => ended.push(`whole ${ms}`),
        () => ended.push(`aborted ${ms}`),
      )
    },
  })
  const first = await open({ work })
  await first.work()
  for (const ms of [500, 600_000]) await database.transaction((tx) => first.enqueue(tx, 'work', { ms }))
  await eventually(() => expect(ended.toSorted()).toEqual(['started 500', 'started 600000']))
  await first.stop(2_000)
  expect(ended.slice(2)).toEqual(['whole 500', 'aborted 600000'])
  const next = await open({ work })
  await next.work()
  await eventually(() => expect(ended.at(-1)).toBe('again'))
})

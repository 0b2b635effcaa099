import { setTimeout as delay } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { defineJobs, job } from './index.ts'
import { eventually, setup } from './testing/job-world.ts'

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
  const ask = () => database.transaction((tx) => dated.enqueue(tx, 'at', { at: new Date() }))
  await expect(ask()).rejects.toThrow('before start()')
  onTestFinished(() => dated.stop())
  await dated.start()
  await expect(ask()).rejects.toMatchObject({
    reason: 'job_payload',
  })
  await database.transaction((tx) => old.enqueue(tx, 'mail', { to: 'x' }))
  const later = await open({ mail: job({ payload: z.object({ to: z.email() }), run: async () => undefined }) })
  await later.work()
  await eventually(async () =>
    expect(await later.listDead()).toMatchObject([{ job: 'mail', attempts: 1, reason: 'job_payload' }]),
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

import { sql } from 'drizzle-orm'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { job, jobCommand } from './index.ts'
import { eventually, setup } from './testing/job-world.ts'

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
  // Daily, two hours ago: an hourly one comes due once more while the test runs, once an hour.
  const due = new Date(Date.now() - 2 * 3_600_000)
  const cron = `${due.getUTCMinutes()} ${due.getUTCHours()} * * *`
  const schedule = { job: 'close', cron, zone: 'UTC', data: { site: 'S1' }, catchUp: true } as const
  const schedules = { 'close.daily': { ...schedule, expect: sql`select false` } }
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
  expect(logged()).toContain('"schedule":"close.daily"')
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { defineJobs, job, jobCommand } from './index.ts'
import { eventually, setup } from './testing/job-world.ts'

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

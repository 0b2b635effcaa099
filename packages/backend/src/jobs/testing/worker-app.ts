// An app whose first attempt at a job never ends: it says that it runs, and waits to be killed.
import { setTimeout as delay } from 'node:timers/promises'
import { createLog } from '@ikoma/kernel/node'
import { sql } from 'drizzle-orm'
import * as z from 'zod'
import { openDatabase } from '../../postgres/index.ts'
import { defineJobs, job } from '../index.ts'

const [, , url = ''] = process.argv
const log = createLog('silent')
const database = openDatabase({ url, log })
const wash = job({
  payload: z.object({ bay: z.string() }),
  retry: { delaySec: 1 },
  async run({ bay }, { attempt }) {
    await database.db.execute(sql`insert into runs values (${bay}, ${attempt}, ${process.pid})`)
    if (attempt === 1) await delay(600_000)
  },
})
const jobs = defineJobs({ url, database, log, jobs: { wash }, heartbeatSec: 10, superviseSec: 1 })
await jobs.start()
await jobs.work()

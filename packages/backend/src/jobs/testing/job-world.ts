import { Writable } from 'node:stream'
import { createLog } from '@ikoma/kernel/node'
import { sql } from 'drizzle-orm'
import { Registry } from 'prom-client'
import { inject, onTestFinished, vi } from 'vitest'
import { newDatabase } from '../../../../store/src/testing/test-database.ts'
import { openDatabase } from '../../postgres/index.ts'
import type { JobTable } from '../definitions.ts'
import { defineJobs } from '../index.ts'
import type { JobsOptions } from '../jobs.ts'

/** A database of its own, with a log that can be read, and jobs that stop with the test. */
export async function setup() {
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

export const eventually = (check: () => unknown, timeout = 40_000) => vi.waitFor(check, { timeout, interval: 50 })

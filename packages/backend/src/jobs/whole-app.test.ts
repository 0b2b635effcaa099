import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '@ikoma/kernel/node'
import { sql } from 'drizzle-orm'
import { expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { startEmbeddedPostgres } from '../postgres/embedded.ts'
import { assertRowSecurity, migrate, openDatabase } from '../postgres/index.ts'
import { bays } from '../postgres/testing/schemas/first.ts'
import { defineJobs, job } from './index.ts'
import { eventually } from './testing/job-world.ts'

const migration = `-- Up Migration
create extension btree_gist;
create type size as enum ('SMALL', 'LARGE');
create table bays (id integer generated always as identity primary key, label text, size size, owner text, opened_at timestamptz default now());
alter table bays enable row level security;
alter table bays force row level security;
create policy own on bays using (owner = nullif(current_setting('app.user_id', true), ''));
-- Down Migration
drop table bays;
drop type size;
drop extension btree_gist;
`

it('starts from nothing: its own database, migrations, row-level security and jobs, as a role that is no superuser', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-whole-app-'))
  writeFileSync(join(folder, '20260101000000000_bays.sql'), migration)
  const log = createLog('silent', { write: () => undefined })
  const server = await startEmbeddedPostgres({ dataDirectory: join(folder, 'data'), log, name: 'wash' })
  const database = openDatabase({ url: server.url, log })
  const washed: string[] = []
  const wash = job({
    payload: z.object({ owner: z.string(), label: z.string() }),
    serial: true,
    run: async ({ owner, label }) => {
      const rows = await database.transaction((tx) => tx.select().from(bays), { as: { 'app.user_id': owner } })
      washed.push(...rows.filter((row) => row.label === label).map((row) => row.label))
    },
  })
  const jobs = defineJobs({ url: server.url, database, log, jobs: { wash } })
  onTestFinished(async () => {
    await jobs.stop(1_000)
    await database.close()
    await server.stop()
    rmSync(folder, { recursive: true })
  })
  await migrate(server.url, folder).upgrade()
  await assertRowSecurity(database, [bays])
  await jobs.start()
  await jobs.work()
  await database.transaction(
    async (tx) => {
      await tx.execute(sql`insert into bays (label, size, owner) values ('BAY-001', 'LARGE', 'ann')`)
      await jobs.enqueue(tx, 'wash', { owner: 'ann', label: 'BAY-001' }, { key: 'BAY-001' })
    },
    { as: { 'app.user_id': 'ann' } },
  )
  await eventually(() => expect(washed).toEqual(['BAY-001']))
})

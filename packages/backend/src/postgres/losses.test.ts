import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { newDatabase } from '../../../store/src/testing/test-database.ts'
import { migrate } from './migrate.ts'

const first = '20260101000000000_bays'
const second = '20260102000000000_more'
const up = `create table bays (id integer primary key);
insert into bays values (1);`
const more = `create table notes (id integer);
alter table bays add column "label" text, add column revision integer not null default 0;
create index bays_label on bays (label);`
const back = `drop index bays_label;
alter table bays drop column revision, drop column "label";
drop table if exists "notes";`

/** The database with both migrations, `written` into it, and whether the second may be taken back. */
async function tried({ down = back, written = '' }: { down?: string; written?: string }) {
  const { url, drop } = await newDatabase(inject('postgresUrl'))
  const folder = mkdtempSync(join(tmpdir(), 'losses-'))
  const client = new pg.Client({ connectionString: url })
  onTestFinished(async () => {
    await client.end()
    rmSync(folder, { recursive: true })
    await drop()
  })
  const put = (name: string, text: string) => writeFileSync(join(folder, `${name}.sql`), text)
  put(first, `-- Up Migration\n${up}\n-- Down Migration\ndrop table bays;`)
  put(second, `-- Up Migration\n${more}\n-- Down Migration\n${down}`)
  const migrations = migrate(url, folder)
  await migrations.upgrade()
  await client.connect()
  await client.query(written)
  return migrations.downgrade({ keepData: true }).catch((error: { message: string; reason: string }) => {
    expect(error.reason).toBe('migration_loses_data')
    return error.message.replace(/.*would be lost: /, '')
  })
}

test('what is empty, or as it was from the beginning, may go', async () => {
  expect(await tried({})).toEqual([second])
})

test.each([
  ['insert into notes values (1)', 'table "notes".'],
  ["update bays set label = 'x'", 'column bays."label".'],
  ['update bays set revision = 1', 'column bays.revision.'],
  [
    "update bays set revision = 1, label = ''; insert into notes values (1)",
    'column bays.revision, column bays."label", table "notes".',
  ],
])('what was written is named: %s', async (written, lost) => {
  expect(await tried({ written })).toBe(lost)
})

test.each([
  ['delete from bays', '"delete from bays".'],
  ['truncate bays', '"truncate bays".'],
  ['update bays set id = 2', '"update bays set id = 2".'],
  ['alter table bays alter column revision type smallint', '"alter column revision type smallint" of bays.'],
  ['drop schema public cascade', '"drop schema public cascade".'],
  ['drop table notes, bays', '"drop table notes, bays".'],
  ['do $$ begin execute 1', '"do $$ begin execute 1".'],
])('a statement that may take anything counts as a loss: %s', async (down, lost) => {
  expect(await tried({ down })).toBe(lost)
})

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { expect, inject, it, onTestFinished } from 'vitest'
import { newDatabase, onDatabase } from '../../../store/src/testing/test-database.ts'
import { dbCommand } from './db-command.ts'
import { migrate } from './migrate.ts'
import { schemaText } from './schema-text.ts'

const first = '20260101000000000_bays'
const second = '20260102000000000_bookings'
const third = '20260103000000000_notes'

const texts: Record<string, string> = {
  [first]: '-- Up Migration\ncreate table bays (id integer primary key);\n-- Down Migration\ndrop table bays;',
  [second]:
    '-- Up Migration\ncreate table bookings (id integer primary key references bays);\n-- Down Migration\ndrop table bookings;',
  [third]: '-- Up Migration\ncreate table notes (id integer);\n-- Down Migration\n-- nothing: it stays',
}

async function setup(names: readonly string[] = [first, second]) {
  const database = await newDatabase(inject('postgresUrl'))
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-migrations-'))
  onTestFinished(async () => {
    rmSync(folder, { recursive: true })
    await database.drop()
  })
  const put = (name: string, text = texts[name] ?? '') => writeFileSync(join(folder, `${name}.sql`), text)
  for (const name of names) put(name)
  return { url: database.url, folder, put, migrations: migrate(database.url, folder) }
}

it('goes up, to a tag, down by number and to a tag, and says where it stands', async () => {
  const { migrations, url } = await setup()
  expect(await migrations.current()).toEqual({ current: null, pending: [first, second], unknown: [] })
  expect(await schemaText(url)).not.toContain('pgmigrations')
  const empty = await schemaText(url)
  expect(await migrations.upgrade({ to: 'bays' })).toEqual([first])
  const half = await schemaText(url)
  expect(await migrations.upgrade()).toEqual([second])
  expect(await migrations.upgrade()).toEqual([])
  const whole = await schemaText(url)
  expect(await migrations.history()).toEqual([
    { name: first, appliedAt: expect.any(Date), hasDown: true },
    { name: second, appliedAt: expect.any(Date), hasDown: true },
  ])
  expect(await migrations.downgrade()).toEqual([second])
  expect(await schemaText(url)).toBe(half)
  await migrations.upgrade()
  expect(await migrations.downgrade({ to: first })).toEqual([second])
  await migrations.upgrade()
  expect(await schemaText(url)).toBe(whole)
  expect(await migrations.downgrade({ to: 'base' })).toEqual([second, first])
  expect(await schemaText(url)).toBe(empty)
  await expect(migrations.upgrade({ to: 'nowhere' })).rejects.toMatchObject({ reason: 'migration_not_found' })
})

it('takes nothing back when one on the way has no down, or one that says nothing', async () => {
  const { migrations, put } = await setup([first, second, third])
  await migrations.upgrade()
  await expect(migrations.downgrade({ count: 2 })).rejects.toThrow(/20260103000000000_notes has no "-- Down Migration"/)
  expect((await migrations.current()).current).toBe(third)
  put(third, '-- Up Migration\ncreate table notes (id integer);')
  await expect(migrations.downgrade()).rejects.toMatchObject({ reason: 'migration_without_down' })
})

it('refuses a database that is newer, one that was never applied in between, and a file that is no migration', async () => {
  const { migrations, folder, put, url } = await setup()
  await migrations.upgrade()
  rmSync(join(folder, `${second}.sql`))
  expect(await migrations.current()).toEqual({ current: first, pending: [], unknown: [second] })
  for (const attempt of [() => migrations.upgrade(), () => migrations.downgrade()]) {
    await expect(attempt()).rejects.toMatchObject({
      code: 'conflict',
      reason: 'database_newer',
      message: expect.stringContaining(second),
    })
  }
  put(second)
  put('20260101120000000_late', '-- Up Migration\ncreate table late (id integer)')
  await expect(migrations.upgrade()).rejects.toThrow(/20260101120000000_late.*preceding/)
  rmSync(join(folder, '20260101120000000_late.sql'))
  put(third, 'create table notes (id integer);\n-- Down Migration\ndrop table notes;')
  await expect(migrations.upgrade()).rejects.toMatchObject({ reason: 'migration_form' })
  put('later')
  await expect(migrate(url, folder).upgrade()).rejects.toMatchObject({ reason: 'migration_name' })
})

it('writes nothing of one that fails, keeps those before it, and says why without the values', async () => {
  const { migrations, put, url } = await setup()
  put(
    third,
    '-- Up Migration\ncreate table notes (id integer); insert into bays values (1), (1); create table more (id integer);',
  )
  const failed = migrations.upgrade()
  await expect(failed).rejects.toMatchObject({ reason: 'migration_failed', details: { migration: third } })
  await expect(failed).rejects.toThrow(/20260103000000000_notes failed on its way up.*23505.*bays_pkey/)
  expect((await migrations.current()).current).toBe(second)
  expect(await schemaText(url)).not.toMatch(/notes|more/)
  put(third)
  expect(await migrations.upgrade()).toEqual([third])
})

it('is whole again after a process was killed in the middle of one', async () => {
  const { url, folder, put, migrations } = await setup([first])
  await migrations.upgrade()
  await onDatabase(url, 'create table pause (seconds integer); insert into pause values (600)')
  put(
    second,
    '-- Up Migration\ncreate table one (id integer); select pg_sleep(seconds) from pause; create table two (id integer);',
  )
  const { child } = app(url, folder)
  await until(url, "select 1 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()")
  child.kill('SIGKILL')
  await onDatabase(url, 'update pause set seconds = 0')
  expect(await migrations.upgrade()).toEqual([second])
  expect(await schemaText(url)).toMatch(/one[\s\S]*two/)
})

it('lets processes that start at once wait for one another: one applies, all come up', async () => {
  const { url, folder, put } = await setup()
  put(third, '-- Up Migration\nselect pg_sleep(0.2); create table notes (id integer);')
  const answers = await Promise.all([1, 2, 3, 4].map(() => app(url, folder).answer))
  expect(answers.toSorted((a, b) => b.length - a.length)).toEqual([[first, second, third], [], [], []])
})

it('names who has been migrating for too long', async () => {
  const { url, folder } = await setup()
  const other = new pg.Client({ connectionString: url, application_name: 'a deploy that hangs' })
  await other.connect()
  onTestFinished(() => other.end())
  await other.query('select pg_advisory_lock(7241865325823964)')
  await expect(migrate(url, folder, { waitMs: 100 }).upgrade()).rejects.toMatchObject({
    reason: 'migration_locked',
    message: expect.stringMatching(/"a deploy that hangs".*pid \d+/),
  })
})

it('is a command with exit codes, for people in two languages and for programs', async () => {
  const { url, folder } = await setup()
  const said = async (line: string, language: 'en' | 'fr' = 'en') => {
    let all = ''
    const write = (part: string) => {
      all += part
    }
    return [await dbCommand(line.split(' '), { url, folder, language, write }), all.trim()]
  }
  expect(await said('current --check')).toEqual([3, `The database is at: none\nTo be applied: ${first}, ${second}`])
  expect(await said('upgrade --to bays', 'fr')).toEqual([0, `Appliquée : ${first}`])
  expect(await said('upgrade --json')).toEqual([0, JSON.stringify({ applied: [second] })])
  expect(await said('current --check --json')).toEqual([
    0,
    JSON.stringify({ current: second, pending: [], unknown: [] }),
  ])
  expect(await said('history', 'fr')).toEqual([0, expect.stringContaining(first)])
  expect(await said('downgrade -n 2')).toEqual([0, `Took back ${second}\nTook back ${first}`])
  expect(await said('upgrade -n 1')).toEqual([0, `Applied ${first}`])
  expect(await said('downgrade --keep-data')).toEqual([0, `Took back ${first}`])
  expect(await said('downgrade', 'fr')).toEqual([0, 'Rien à faire.'])
  for (const line of ['', 'downgrade -n 0', 'downgrade -n x', 'upgrade twice', 'toString', 'upgrade --force']) {
    expect((await said(line))[0], line).toBe(2)
  }
  expect(await said('upgrade --to nowhere --json')).toEqual([
    1,
    expect.stringContaining('"reason":"migration_not_found"'),
  ])
})

function app(url: string, folder: string): { child: ChildProcess; answer: Promise<string[]> } {
  const program = join(import.meta.dirname, 'testing/upgrade-app.ts')
  const child = spawn(process.execPath, ['--no-warnings', program, url, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const answer = text(child.stdout as Readable).then((said) => JSON.parse(said || '["failed"]') as string[])
  return { child, answer }
}

async function until(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    while ((await client.query(statement)).rowCount === 0) await client.query('select pg_sleep(0.05)')
  } finally {
    await client.end()
  }
}

import { spawnSync } from 'node:child_process'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { refusedWith } from '../conformance/world.ts'
import { noon, sealKey } from '../testing/fixtures.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations.ts'
import { openSqliteStore } from './store.ts'
import { temporaryFile } from './testing/temporary.ts'

const next = {
  tag: '20991231000000_next',
  statements: [
    'create table notes (id text primary key)',
    "alter table servers add column note text not null default ''",
    'create index servers_note on servers (note)',
  ],
}
const wanted = schemaAfter([...migrations, next])
const statements = migrations.flatMap((migration) => migration.statements)

describe('migrating', () => {
  it('brings an empty database up to date, and does nothing the second time', () => {
    const client = openAt(temporaryFile())
    migrate(client, migrations, noon)
    const first = schemaOf(client)
    migrate(client, migrations, noon + 1)
    expect(schemaOf(client)).toEqual(first)
    const ledger = migrations.map(({ tag }) => ({ tag, applied_at: noon }))
    expect(client.prepare('select tag, applied_at from schema_migrations').all()).toEqual(ledger)
    client.close()
  })

  for (const [from, before] of Object.entries({ nothing: [], 'the version before': migrations })) {
    it(`from ${from}, failing at any statement, leaves what was there, and the next boot repairs it`, () => {
      const old = schemaAfter(before)
      const total = countStatements(before)
      expect(total).toBeGreaterThan(next.statements.length)
      for (let failAt = 0; failAt < total; failAt += 1) {
        const file = temporaryFile()
        prepare(file, before)
        const failing = new FailingDatabase(file, failAt)
        expect(() => migrate(failing, [...migrations, next], noon)).toThrow(`failed at ${failAt}`)
        failing.close()
        const client = openAt(file)
        expect(schemaOf(client), `after a failure at ${failAt}`).toEqual(old)
        migrate(client, [...migrations, next], noon)
        expect(schemaOf(client)).toEqual(wanted)
        client.close()
      }
    })
  }

  // A process and a store each, as a test each: what ends one that hangs is not for their sum on a busy machine.
  it.each([1, 5, statements.length, statements.length + 1])(
    'is repaired by the next boot after the process was killed at statement %i',
    async (killAt) => {
      const file = temporaryFile()
      const script = fileURLToPath(new URL('./testing/killed-migration.ts', import.meta.url))
      const { signal, stderr } = spawnSync(process.execPath, [script, file, String(killAt)], { encoding: 'utf8' })
      expect(signal, stderr).toBe('SIGKILL')
      const store = await openSqliteStore({ sealKey, file })
      await store.ping()
      await store.close()
    },
  )
})

describe('a database made by drizzle-kit push', () => {
  it('is adopted', async () => {
    const { file, client } = pushed()
    client.close()
    const store = await openSqliteStore({ sealKey, file, clock: { now: () => noon } })
    await store.ping()
    await store.close()
    const after = openAt(file)
    expect(schemaOf(after)).toEqual(schemaAfter(migrations))
    expect(after.prepare('select count(*) as count from schema_migrations').get()).toEqual({ count: migrations.length })
    after.close()
  })

  it.each([
    ['a column', 'alter table orders drop column report', 'orders.report'],
    ['a table', 'drop table leadership', 'leadership.holder'],
    ['the index that keeps turns', 'drop index orders_in_turn', 'orders_in_turn'],
  ])('is refused without %s, and left as it is', async (_, damage, missing) => {
    const { file, client } = pushed()
    client.exec(damage)
    const before = schemaOf(client)
    const opening = openSqliteStore({ sealKey, file })
    expect(await refusedWith(opening)).toEqual({ code: 'conflict', reason: 'schema_incomplete' })
    await expect(opening).rejects.toThrow(missing)
    expect(schemaOf(client)).toEqual(before)
    client.close()
  })
})

describe('a database of a newer version', () => {
  it('is refused by name', async () => {
    const file = temporaryFile()
    prepare(file, [...migrations, next])
    const opening = openSqliteStore({ sealKey, file })
    expect(await refusedWith(opening)).toEqual({ code: 'conflict', reason: 'schema_newer' })
    await expect(opening).rejects.toThrow(next.tag)
  })
})

/** Throws instead of executing the statement number `failAt`. */
class FailingDatabase extends DatabaseSync {
  #executed = 0
  readonly #failAt: number

  constructor(file: string, failAt: number) {
    super(file)
    this.#failAt = failAt
  }

  get executed(): number {
    return this.#executed
  }

  override exec(sql: string): void {
    const current = this.#executed
    this.#executed += 1
    if (current === this.#failAt) throw new Error(`failed at ${current}`)
    super.exec(sql)
  }
}

function countStatements(before: typeof migrations): number {
  const file = temporaryFile()
  prepare(file, before)
  const client = new FailingDatabase(file, -1)
  migrate(client, [...migrations, next], noon)
  client.close()
  return client.executed
}

function prepare(file: string, before: typeof migrations): void {
  const client = openAt(file)
  if (before.length > 0) migrate(client, before, noon)
  client.close()
}

function pushed() {
  const file = temporaryFile()
  const client = openAt(file)
  for (const statement of statements) client.exec(statement)
  return { file, client }
}

function openAt(file: string): DatabaseSync {
  return new DatabaseSync(file)
}

function schemaAfter(before: typeof migrations): unknown[] {
  const client = openAt(':memory:')
  if (before.length > 0) migrate(client, before, noon)
  const schema = schemaOf(client)
  client.close()
  return schema
}

function schemaOf(client: DatabaseSync): unknown[] {
  return client.prepare('select type, name, sql from sqlite_schema order by type, name').all()
}

import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { type Backup, catalogue } from '@ikoma/api'
import { describe, expect, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { newPlace } from '../testing/backups.ts'
import { startDebianPostgres } from '../testing/debian-postgres.ts'
import { order } from '../testing/order.ts'
import { actions } from './index.ts'

const schema = `
  CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL, kind varchar(10) CHECK (kind IN ('pro', 'club')));
  CREATE SCHEMA shop;
  CREATE TABLE shop."Order line" (id serial PRIMARY KEY, customer int REFERENCES customer, dropped int, note text);
  ALTER TABLE shop."Order line" DROP COLUMN dropped;
  CREATE INDEX ON shop."Order line" (lower(note));
  CREATE TABLE visit (at date NOT NULL, n int) PARTITION BY RANGE (at);
  CREATE TABLE visit_2026 PARTITION OF visit FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE VIEW pros AS SELECT * FROM customer WHERE kind = 'pro';
  INSERT INTO customer VALUES (1, 'Awa', 'pro');
  INSERT INTO shop."Order line" (customer, note) SELECT 1, md5(i::text) FROM generate_series(1, 1000) i;
  INSERT INTO visit SELECT '2026-05-01', i FROM generate_series(1, 50) i;
`
const addLines = 'INSERT INTO shop."Order line" (customer, note) SELECT 1, i::text FROM generate_series(1, 10) i'

async function setup() {
  const place = newPlace()
  const server = await startDebianPostgres(place.folder)
  await server.query('CREATE DATABASE app')
  await server.query(schema, 'app')
  const payload = { database: 'app', ...place.shelf, ...server.connection }
  return {
    ...place,
    ...server,
    payload,
    async databases(): Promise<unknown[]> {
      const rows = await server.query("SELECT datname FROM pg_database WHERE datname !~ '^template' ORDER BY 1")
      return rows.map(({ datname }) => datname)
    },
    async count(database: string): Promise<number> {
      const [row] = await server.query('SELECT count(*)::int AS n FROM shop."Order line"', database)
      return row?.n as number
    },
    async takeBackup(): Promise<Backup> {
      const result = await order('db.postgres.backup', payload)
      expect(result).toMatchObject({ ok: true })
      return (result.output as { backup: Backup }).backup
    },
  }
}

describe('a backup of PostgreSQL', () => {
  test('that is being written holds one moment of it, is proven in a scratch database, and leaves none', async () => {
    const { connect, takeBackup, databases, files, list, shelf } = await setup()
    const writer = await connect('app')
    let writing = true
    const written = (async () => {
      while (writing) await writer.query(addLines)
    })()
    const taken = await takeBackup()
    writing = false
    await written
    await writer.end()
    expect(taken).toMatchObject({ state: 'proven', engine: 'postgres', source: 'app', tableCount: 3, problem: null })
    expect(taken.proof?.checks).toEqual(['sha256', 'pg_restore', 'schema', 'row counts of 3 tables'])
    expect(await databases()).toEqual(['app', 'postgres'])
    expect(files()).toEqual([`${taken.id}.json`, `${taken.id}.pgdump`])
    expect(await list()).toMatchObject({ lastProven: taken.id })
    expect(await order('backup.verify', shelf)).toMatchObject({ ok: true, output: { backup: { state: 'proven' } } })
  })

  test('of a database that is not there leaves nothing behind', async () => {
    const { payload, files } = await setup()
    const result = await order('db.postgres.backup', { ...payload, database: 'none' })
    expect(result).toMatchObject({ ok: false })
    expect(result.summary).toContain('"none" does not exist')
    expect(result.summary).toContain('db.postgres.database.apply makes it')
    expect(files).toThrow('ENOENT')
  })

  test('is refused when its file was flipped or cut, and the live database stays', async () => {
    const { takeBackup, file, payload, list, count, databases } = await setup()
    const { id } = await takeBackup()
    const bytes = readFileSync(file(`${id}.pgdump`))
    const flipped = Buffer.from(bytes)
    flipped[flipped.length - 200] = (flipped[flipped.length - 200] ?? 0) ^ 1
    for (const damaged of [flipped, bytes.subarray(0, -1), Buffer.alloc(0)]) {
      writeFileSync(file(`${id}.pgdump`), damaged)
      expect(await list()).toMatchObject({ backups: [{ state: 'damaged' }], lastProven: null })
      const refused = await order('db.postgres.restore', { ...payload, backup: id })
      expect(refused).toMatchObject({ ok: false, errors: [{ code: 'backup_damaged' }] })
    }
    expect(await databases()).toEqual(['app', 'postgres'])
    expect(await count('app')).toBe(1000)
  })
})

describe('a restore of PostgreSQL', () => {
  test('takes the place of the database in one step, keeps the former one and its settings, and is undone', async () => {
    const { takeBackup, payload, query, count } = await setup()
    await query('CREATE ROLE reader LOGIN')
    await query('REVOKE ALL ON DATABASE app FROM PUBLIC; GRANT CONNECT ON DATABASE app TO reader')
    await query(`ALTER DATABASE app SET search_path = shop, "$user", public; ALTER DATABASE app SET work_mem = '5MB'`)
    const { id } = await takeBackup()
    await query(addLines, 'app')
    const facts = 'SELECT setconfig, datacl FROM pg_database d LEFT JOIN pg_db_role_setting s ON s.setdatabase = d.oid'
    const ofApp = () => query(`${facts} WHERE datname = 'app'`)
    const before = await ofApp()
    const result = await order('db.postgres.restore', { ...payload, backup: id })
    expect(result).toMatchObject({ ok: true, output: { restored: id } })
    expect(await ofApp()).toEqual(before)
    const { former } = result.output as { former: { id: string; place: string } }
    expect([await count('app'), await count(former.place)]).toEqual([1000, 1010])
    expect(await order('db.postgres.restore', { ...payload, undo: former.id })).toMatchObject({ ok: true })
    expect(await count('app')).toBe(1010)
  })

  test('is refused while somebody is connected, and leaves nothing', async () => {
    const { takeBackup, payload, connect, databases } = await setup()
    const { id } = await takeBackup()
    const client = await connect('app')
    const refused = await order('db.postgres.restore', { ...payload, backup: id })
    await client.end()
    expect(refused).toMatchObject({ ok: false, errors: [{ code: 'database_in_use' }] })
    expect(await databases()).toEqual(['app', 'postgres'])
  })
})

test('what an app wrote into its database is never run as a superuser', async () => {
  const { payload, query, shelf } = await setup()
  await query('CREATE ROLE shop LOGIN CREATEDB')
  await query('CREATE DATABASE shop OWNER shop')
  await query(
    `SET ROLE shop; CREATE FUNCTION allowed(n int) RETURNS boolean LANGUAGE plpgsql AS $$
      BEGIN ALTER ROLE shop SUPERUSER; RETURN true; EXCEPTION WHEN insufficient_privilege THEN RETURN true; END $$;
    CREATE SCHEMA own; CREATE TABLE own.a (n int CHECK (public.allowed(n))); INSERT INTO own.a VALUES (1)`,
    'shop',
  )
  const isSuperuser = async () => (await query("SELECT rolsuper FROM pg_roles WHERE rolname = 'shop'"))[0]?.rolsuper
  const app = { ...payload, database: 'shop' }
  const powerless = await order('db.postgres.backup', app)
  expect(powerless).toMatchObject({ ok: false, errors: [{ code: 'role_too_powerful' }] })
  expect(powerless.summary).toContain('Set "runAs" to the account of its owner, or "role" to "shop"')
  expect(await isSuperuser()).toBe(false)
  const { output } = await order('db.postgres.backup', { ...app, role: 'shop' })
  const { id, state } = (output as { backup: Backup }).backup
  expect(state).toBe('proven')
  const refused = await order('db.postgres.restore', { ...app, backup: id })
  expect(refused).toMatchObject({ ok: false, errors: [{ code: 'role_too_powerful' }] })
  expect(await isSuperuser()).toBe(false)
  expect(await order('db.postgres.restore', { ...app, role: 'shop', backup: id })).toMatchObject({ ok: true })
  expect(await order('backup.verify', shelf)).toMatchObject({ ok: true })
})

describe('before anything is copied, a backup is refused', () => {
  test('to a role that may not make the database to prove it in', async () => {
    const { payload, query, files } = await setup()
    await query('CREATE ROLE weak LOGIN')
    await query('CREATE DATABASE shop OWNER weak')
    const asked = { ...payload, database: 'shop', role: 'weak' }
    for (const dryRun of [true, false]) {
      const refused = await order('db.postgres.backup', asked, { dryRun })
      expect(refused).toMatchObject({ ok: false, errors: [{ code: 'role_too_weak' }] })
      expect(refused.summary).toContain('db.postgres.role.apply with "createdb"')
      expect(refused.summary).toContain('ALTER ROLE "weak" CREATEDB')
    }
    expect(files).toThrow('ENOENT')
  })

  test('to a role that is not there, or whose password is missing, and is not tried again', async () => {
    const { payload, query, askPassword } = await setup()
    await query("CREATE ROLE keeper LOGIN CREATEDB PASSWORD 'sesame-open'")
    await askPassword('keeper')
    for (const role of ['nobody-here', 'keeper']) {
      const refused = await order('db.postgres.backup', { ...payload, role })
      expect(refused, role).toMatchObject({ ok: false, errors: [{ code: 'access_refused' }] })
      expect(refused.summary).toContain('"runAs"')
      expect(refused.summary).toContain('db.postgres.role.apply')
    }
    await expect(
      actions['db.postgres.backup'](
        catalogue['db.postgres.backup'].payload.parse({ ...payload, role: 'keeper' }),
        actionContext(),
      ),
    ).rejects.toMatchObject({ code: 'unprocessable' })
  })
})

describe('reading', () => {
  test('whether it answers', async () => {
    const { connection, folder } = await setup()
    expect(await order('db.postgres.ready', connection)).toMatchObject({ ok: true, output: { inRecovery: false } })
    const nobody = await order('db.postgres.ready', { ...connection, host: `${folder}/none` })
    expect(nobody).toMatchObject({ ok: false, errors: [{ code: 'not_ready' }] })
  })

  test('is bounded in rows, bytes and time, and changes nothing', async () => {
    const { connection, query, count } = await setup()
    await query('CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader')
    const ask = (sql: string, more = {}) =>
      order('db.postgres.query', { database: 'app', sql, ...connection, role: 'reader', ...more })
    const lines = 'SELECT id, note FROM shop."Order line" ORDER BY id'
    expect(await ask(`${lines} LIMIT 2`)).toMatchObject({
      output: {
        columns: ['id', 'note'],
        rows: [
          ['1', 'c4ca4238a0b923820dcc509a6f75849b'],
          ['2', expect.any(String)],
        ],
      },
    })
    expect(await ask(lines, { maxRows: 70 })).toMatchObject({ output: { rows: { length: 70 }, truncated: true } })
    expect(await ask(lines, { maxRows: 1000 })).toMatchObject({ output: { rows: { length: 1000 }, truncated: false } })
    expect(await ask("SELECT repeat('x', 5000)", { maxBytes: 1000 })).toMatchObject({ output: { rows: [] } })
    expect(await ask('SELECT pg_sleep(60)', { timeoutMs: 100 })).toMatchObject({ errors: [{ code: 'query_timeout' }] })
    const refused = { ok: false, errors: [{ code: 'query_refused' }] }
    for (const sql of [
      'DELETE FROM customer',
      'SELECT 1; COMMIT; DELETE FROM customer',
      'SELECT 1; SELECT 2',
      "COPY customer TO PROGRAM 'id'",
      'WITH gone AS (DELETE FROM customer RETURNING *) SELECT * FROM gone',
      `SELECT nextval('shop."Order line_id_seq"')`,
      "SELECT pg_read_file('/etc/passwd')",
      '\\! id',
    ]) {
      expect(await ask(sql), sql).toMatchObject(refused)
    }
    expect(await count('app')).toBe(1000)
    const superuser = await ask('SELECT 1', { role: connection.runAs })
    expect(superuser).toMatchObject({ ok: false, errors: [{ code: 'role_too_powerful' }] })
  })

  test('and dumping take a password from a file of the account, and from no file that others can read', async () => {
    const { connection, folder, query, askPassword, shelf } = await setup()
    await query("CREATE ROLE keeper SUPERUSER LOGIN PASSWORD 'sesame-open'")
    await askPassword('keeper')
    const own = `${folder}/pgpass`
    writeFileSync(own, '*:*:*:keeper:sesame-open', { mode: 0o600 })
    const payload = { ...connection, role: 'keeper', authFile: own }
    const refused = { ok: false, errors: [{ code: 'auth_file_refused' }] }
    if (connection.runAs !== userInfo().username) {
      expect(await order('db.postgres.ready', payload)).toMatchObject(refused)
      execFileSync('chown', [connection.runAs, own])
    }
    expect(await order('db.postgres.ready', payload)).toMatchObject({ ok: true })
    expect(await order('db.postgres.backup', { ...payload, database: 'app', ...shelf })).toMatchObject({ ok: true })
    expect(await order('backup.verify', shelf)).toMatchObject({ ok: true })
    const without = await order('db.postgres.ready', { ...payload, authFile: undefined })
    expect(without).toMatchObject({ ok: false, errors: [{ code: 'not_ready' }] })
    chmodSync(own, 0o640)
    expect(await order('db.postgres.ready', payload)).toMatchObject(refused)
  })
})

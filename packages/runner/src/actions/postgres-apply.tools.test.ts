import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { catalogue } from '@ikoma/api'
import type { Host, Program } from '@ikoma/machine'
import { describe, expect, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { newPlace } from '../testing/backups.ts'
import { startDebianPostgres } from '../testing/debian-postgres.ts'
import { order } from '../testing/order.ts'
import { postgresDatabase } from './postgres-database.ts'
import { postgresRole } from './postgres-role.ts'

const password = 'correct horse "$battery\'; \\'
const nothing = { ok: true, output: { changed: false, changes: [] } }
const done = { ok: true, output: { changed: true } }
const refusedWith = (code: string) => ({ ok: false, errors: [{ code }] })

async function setup(start: { standby?: boolean } = {}) {
  const place = newPlace()
  const tcpPort = await freePort()
  const args = ['-c', 'log_statement=all', '-c', 'log_min_duration_statement=0']
  const server = await startDebianPostgres(place.folder, place.folder, { tcpPort, args, ...start })
  const { connection, query, connect } = server
  const role = (payload: object, more = {}) => order('db.postgres.role.apply', { ...connection, ...payload }, more)
  return {
    ...place,
    ...server,
    role,
    roles: async (...names: string[]) => {
      for (const name of names) expect(await role({ name, password })).toMatchObject(done)
    },
    database: (payload: object, more = {}) => order('db.postgres.database.apply', { ...connection, ...payload }, more),
    /** Over TCP, with the password: `postgres` trusts its own socket. */
    logIn: async (user: string, database: string, sql = 'SELECT 1', given = password) => {
      const client = await connect(database, { host: '127.0.0.1', user, password: given })
      return client.query(sql).finally(() => client.end())
    },
    askEveryone: () => server.letIn('host all all 127.0.0.1/32 scram-sha-256'),
    databases: async () => {
      const rows = await query("SELECT datname FROM pg_database WHERE datname !~ '^template' ORDER BY 1")
      return rows.map(({ datname }) => datname)
    },
  }
}

const draftOf = (name: string) => `ikoma_making_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('a role of PostgreSQL', () => {
  test('is made, logs in with its password over TCP and with no other, and is made once', async () => {
    const { role, logIn, askEveryone, query } = await setup()
    await askEveryone()
    expect(await role({ name: 'shop', password, connectionLimit: 7 })).toMatchObject(done)
    expect((await logIn('shop', 'postgres', 'SELECT current_user::text AS me')).rows).toEqual([{ me: 'shop' }])
    await expect(logIn('shop', 'postgres', 'SELECT 1', `${password}x`)).rejects.toMatchObject({ code: '28P01' })
    expect(await role({ name: 'shop', password, connectionLimit: 7 })).toMatchObject(nothing)
    expect(await role({ name: 'shop' })).toMatchObject(nothing)
    const rights = 'rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls'
    const found = await query(`SELECT ${rights} AS more, rolconnlimit FROM pg_roles WHERE rolname = 'shop'`)
    expect(found).toEqual([{ more: false, rolconnlimit: 7 }])
  })

  test('gets another password, and the former one is of no use', async () => {
    const { role, logIn, askEveryone, log } = await setup()
    await askEveryone()
    await role({ name: 'shop', password })
    const result = await role({ name: 'shop', password: 'staple-battery' })
    expect(result).toMatchObject(done)
    await logIn('shop', 'postgres', 'SELECT 1', 'staple-battery')
    await expect(logIn('shop', 'postgres')).rejects.toMatchObject({ code: '28P01' })
    expect(JSON.stringify(result)).not.toMatch(/staple|SHA-256\$/)
    expect(log()).toContain('CREATE ROLE "shop"')
    expect(log()).not.toMatch(/staple|correct horse|SCRAM-SHA-256\$/)
  })

  test('shows its password to nobody: not in arguments, in the environment, in the report or in the log', async () => {
    const { role } = await setup()
    const seen: string[] = []
    const context = actionContext()
    const run = (program: Program) => {
      seen.push(JSON.stringify({ ...program, input: program.input?.replace(/^SCRAM-SHA-256\$\S+$/, 'verifier') }))
      return context.machine.run(program)
    }
    const machine: Host = { ...context.machine, run }
    const result = await role({ name: 'shop', password }, { machine, log: (text: string) => void seen.push(text) })
    expect(result).toMatchObject(done)
    expect(seen.filter((text) => text.includes('"input":"verifier"'))).toHaveLength(1)
    expect([...seen, JSON.stringify(result)].join('\n')).not.toMatch(/correct horse|SCRAM-SHA-256\$/)
  })

  test('is put right where it drifted, after a dry run that says so and changes nothing', async () => {
    const { role, roles, query } = await setup()
    await roles('shop', 'staff')
    await query("GRANT staff TO shop; ALTER ROLE shop CREATEDB VALID UNTIL '2020-01-01' CONNECTION LIMIT 3")
    const payload = { name: 'shop', password, memberOf: ['pg_read_all_data'], connectionLimit: 9 }
    const planned = await role(payload, { dryRun: true })
    expect(planned).toMatchObject({ ok: true, output: { changed: false } })
    const { changes } = planned.output as { changes: { title: string; diff: string }[] }
    expect(changes.map(({ title }) => title)).toEqual(['change the PostgreSQL role shop'])
    expect(changes[0]?.diff.split('\n')).toEqual([
      '-may make databases: yes',
      '+may make databases: no',
      '-connections at once: 3',
      '+connections at once: 9',
      expect.stringMatching(/^-logs in until: 2020-01-01/),
      '+logs in until: for ever',
      '-member of: staff',
      '+member of: pg_read_all_data',
    ])
    expect(await role(payload)).toMatchObject(done)
    expect(await role(payload)).toMatchObject(nothing)
    await query("ALTER ROLE shop VALID UNTIL '-infinity'")
    expect(await role(payload), 'who could log in no more').toMatchObject(done)
    expect(await role(payload)).toMatchObject(nothing)
  })

  test('is taken back: one that was made is gone, one that was changed has its password again', async () => {
    const { connection, roles, query } = await setup()
    const { machine } = actionContext()
    const plan = async (payload: object) => {
      const parsed = catalogue['db.postgres.role.apply'].payload.parse({ ...connection, ...payload })
      const [change] = await postgresRole(parsed)(machine)
      await change?.apply(machine)
      await change?.undo?.(machine)
    }
    await roles('shop')
    const facts = 'SELECT rolname, rolpassword, rolcreatedb, rolconnlimit FROM pg_authid WHERE oid >= 16384 ORDER BY 1'
    const before = await query(facts)
    await plan({ name: 'shop', password: 'staple-battery', createdb: true, connectionLimit: 2 })
    await plan({ name: 'other', password, memberOf: ['pg_monitor'] })
    expect(await query(facts)).toEqual(before)
  })

  test('is none that is more than an app’s, and becomes none through another', async () => {
    const { role, query } = await setup()
    await query('CREATE ROLE boss LOGIN SUPERUSER; CREATE ROLE files; GRANT pg_write_server_files TO files')
    await query('CREATE ROLE copier REPLICATION; CREATE ROLE deputy; GRANT boss TO deputy')
    const facts = 'SELECT rolname, rolpassword, rolconnlimit, rolcanlogin FROM pg_authid ORDER BY 1'
    const before = await query(facts)
    for (const name of ['boss', 'copier', 'deputy', 'files']) {
      const refused = await role({ name, password, adopt: true })
      expect(refused, name).toMatchObject(refusedWith('role_too_powerful'))
      expect(await role({ name: 'shop', memberOf: [name] }), name).toMatchObject(refusedWith('role_too_powerful'))
    }
    expect(await role({ name: 'shop', memberOf: ['none-such'] })).toMatchObject(refusedWith('no_such_role'))
    expect(await role({ name: 'shop', password: 'sesame' })).toMatchObject(refusedWith('weak_password'))
    expect(await query(facts)).toEqual(before)
  })

  test('that no order made is changed only when the order says so', async () => {
    const { role, query } = await setup()
    await query("SET password_encryption = md5; CREATE ROLE legacy LOGIN PASSWORD 'sesame-open'")
    expect(await role({ name: 'legacy' })).toMatchObject(nothing)
    expect(await role({ name: 'legacy', password })).toMatchObject(refusedWith('role_not_ours'))
    expect(await role({ name: 'legacy', password, adopt: true })).toMatchObject(done)
    expect(await role({ name: 'legacy', password })).toMatchObject(nothing)
  })
})

describe('a PostgreSQL database', () => {
  test('is made, is its owner’s, is closed to other roles, and is made once', async () => {
    const { roles, database, logIn, askEveryone, databases, query } = await setup()
    await askEveryone()
    await roles('shop', 'reader', 'stranger')
    // What an order that was killed leaves.
    await query(`CREATE DATABASE ${draftOf('shop')}`)
    const payload = { name: 'shop', owner: 'shop', mayConnect: ['reader'], extensions: ['pg_trgm'], locale: 'C.UTF-8' }
    const planned = await database(payload, { dryRun: true })
    expect(planned).toMatchObject({
      output: { changed: false, changes: [{ title: 'make the PostgreSQL database shop' }] },
    })
    expect(await database(payload)).toMatchObject(done)
    expect(await databases()).toEqual(['postgres', 'shop'])
    await logIn('shop', 'shop', 'CREATE TABLE word (text text); CREATE INDEX ON word USING gin (text gin_trgm_ops)')
    await logIn('reader', 'shop')
    await expect(logIn('stranger', 'shop')).rejects.toMatchObject({ code: '42501' })
    await expect(logIn('reader', 'shop', 'CREATE TABLE public.mine ()')).rejects.toMatchObject({ code: '42501' })
    expect(await database(payload)).toMatchObject(nothing)
    expect(
      await query("SELECT extowner::regrole::text AS of FROM pg_extension WHERE extname = 'pg_trgm'", 'shop'),
    ).toEqual([{ of: 'shop' }])
  })

  test('is put right where it drifted, as of PostgreSQL 14, and taken back', async () => {
    const { roles, database, query, connection } = await setup()
    await roles('shop', 'reader')
    const payload = { name: 'shop', owner: 'shop', mayConnect: ['reader'], connectionLimit: 9, extensions: ['pg_trgm'] }
    await database({ name: 'shop', owner: 'shop' })
    await query('ALTER SCHEMA public OWNER TO CURRENT_USER; GRANT ALL ON SCHEMA public TO PUBLIC', 'shop')
    await query('REVOKE ALL ON SCHEMA public FROM pg_database_owner; GRANT ALL ON DATABASE shop TO PUBLIC', 'shop')
    // What its owner may set for whoever comes.
    await query("ALTER DATABASE shop SET role = 'shop'; ALTER DATABASE shop SET standard_conforming_strings = off")
    await query('ALTER DATABASE shop SET default_transaction_read_only = on')
    await query("ALTER DATABASE shop SET idle_in_transaction_session_timeout = '1ms'")
    const facts = async () => [
      await query("SELECT datacl, datconnlimit, datdba FROM pg_database WHERE datname = 'shop'"),
      await query("SELECT nspacl FROM pg_namespace WHERE nspname = 'public'", 'shop'),
      await query('SELECT extname FROM pg_extension', 'shop'),
    ]
    const before = await facts()
    const { machine } = actionContext()
    const parsed = catalogue['db.postgres.database.apply'].payload.parse({ ...connection, ...payload })
    const [change] = await postgresDatabase(parsed)(machine)
    expect(change?.diff?.split('\n')).toEqual([
      '-connections at once: no limit',
      '+connections at once: 9',
      '-may connect: everybody',
      '+may connect: its owner, and who is let in by name',
      '-let in by name, as asked: none',
      '+let in by name, as asked: reader',
      '-may make schemas: everybody',
      '+may make schemas: its owner, and who may by name',
      '-may make tables in public: everybody',
      '+may make tables in public: its owner',
      '-extensions: none',
      '+extensions: pg_trgm',
    ])
    await change?.apply(machine)
    expect(await database(payload)).toMatchObject(nothing)
    await change?.undo?.(machine)
    expect(rightsIn(await facts())).toEqual(rightsIn(before))
    expect(await database(payload)).toMatchObject(done)
    expect(await database(payload)).toMatchObject(nothing)
  })

  test('is given to another owner, or closed to who is in it, only when the order says so', async () => {
    const { roles, database, query, connect } = await setup()
    await roles('shop', 'other', 'worker')
    await database({ name: 'shop', owner: 'shop', publicConnect: true })
    expect(await database({ name: 'shop', owner: 'other' })).toMatchObject(refusedWith('owner_differs'))
    const given = { name: 'shop', owner: 'other', changeOwner: true, publicConnect: true }
    expect(await database(given)).toMatchObject(done)
    const working = await connect('shop', { user: 'worker' })
    const shut = await database({ name: 'shop', owner: 'other' })
    expect(shut).toMatchObject(refusedWith('would_shut_out'))
    expect(shut.summary).toContain('worker would be shut out')
    expect(await database({ name: 'shop', owner: 'other', mayConnect: ['worker'] })).toMatchObject(done)
    await working.end()
    await query('CREATE DATABASE old OWNER shop')
    expect(await database({ name: 'old', owner: 'shop' })).toMatchObject(refusedWith('database_not_ours'))
    expect(await database({ name: 'old', owner: 'shop', adopt: true })).toMatchObject(done)
  })

  test('is refused by its cause, and nothing is left', async () => {
    const { roles, database, databases, query } = await setup()
    await roles('shop')
    await query('CREATE ROLE boss SUPERUSER')
    await query('CREATE DATABASE sealed ALLOW_CONNECTIONS false')
    for (const [code, payload] of [
      ['no_such_role', { owner: 'nobody' }],
      ['no_such_role', { owner: 'shop', mayConnect: ['nobody'] }],
      ['role_too_powerful', { owner: 'boss' }],
      ['no_such_extension', { owner: 'shop', extensions: ['none-such'] }],
      ['extension_untrusted', { owner: 'shop', extensions: ['file_fdw'] }],
      ['postgres_refused', { owner: 'shop', locale: 'xx_XX.UTF-8' }],
      ['postgres_refused', { owner: 'shop', encoding: 'LATIN1', locale: 'C.UTF-8' }],
      ['database_closed', { owner: 'shop', name: 'sealed' }],
    ] as const) {
      expect(await database({ name: 'shop', ...payload }), JSON.stringify(payload)).toMatchObject(refusedWith(code))
    }
    expect(await databases()).toEqual(['postgres', 'sealed'])
    await database({ name: 'shop', owner: 'shop' })
    const other = await database({ name: 'shop', owner: 'shop', encoding: 'SQL_ASCII' })
    expect(other).toMatchObject(refusedWith('encoding_differs'))
  })

  test('that was just made is taken back, unless there is something in it', async () => {
    const { roles, connection, databases, query } = await setup()
    await roles('shop')
    const { machine } = actionContext()
    const make = async () => {
      const payload = { ...connection, name: 'shop', owner: 'shop', extensions: ['pg_trgm'] }
      const [change] = await postgresDatabase(catalogue['db.postgres.database.apply'].payload.parse(payload))(machine)
      await change?.apply(machine)
      return change
    }
    await (await make())?.undo?.(machine)
    expect(await databases()).toEqual(['postgres'])
    const change = await make()
    await query('CREATE TABLE kept ()', 'shop')
    await expect(change?.undo?.(machine)).rejects.toMatchObject({ reason: 'database_in_use' })
    expect(await databases()).toEqual(['postgres', 'shop'])
  })

  test('that was not there yet when its order was stopped is taken back too', async () => {
    const { roles, connection, databases, query } = await setup()
    await roles('shop')
    const { machine } = actionContext()
    const payload = { ...connection, name: 'shop', owner: 'shop' }
    const [change] = await postgresDatabase(catalogue['db.postgres.database.apply'].payload.parse(payload))(machine)
    await query(`CREATE DATABASE ${draftOf('shop')}`)
    await change?.undo?.(machine)
    expect(await databases()).toEqual(['postgres'])
  })

  test('stays one that orders know when a backup takes its place', async () => {
    const { role, database, connection, shelf } = await setup()
    await role({ name: 'shop', createdb: true })
    await database({ name: 'shop', owner: 'shop' })
    const payload = { ...connection, ...shelf, database: 'shop', role: 'shop' }
    const taken = await order('db.postgres.backup', payload)
    expect(taken).toMatchObject({ ok: true, output: { backup: { state: 'proven' } } })
    const { id } = (taken.output as { backup: { id: string } }).backup
    expect(await order('db.postgres.restore', { ...payload, backup: id })).toMatchObject({ ok: true })
    expect(await database({ name: 'shop', owner: 'shop' })).toMatchObject(nothing)
    expect(await database({ name: 'shop', owner: 'shop', connectionLimit: 5 })).toMatchObject(done)
  })
})

describe('why roles and databases cannot be made is told by its cause', () => {
  test('on a standby', async () => {
    const { role, database } = await setup({ standby: true })
    for (const refused of [await role({ name: 'shop' }), await database({ name: 'shop', owner: 'shop' })]) {
      expect(refused).toMatchObject(refusedWith('standby'))
      expect(refused.summary).toContain("primary's server")
    }
  })

  test('with nobody listening, without the rights, and without a rule that lets in', async () => {
    const { role, query, folder, letIn } = await setup()
    expect(await role({ name: 'shop', host: `${folder}/none` })).toMatchObject(refusedWith('server_down'))
    await query('CREATE ROLE weak LOGIN')
    expect(await role({ name: 'shop', role: 'weak' })).toMatchObject(refusedWith('role_too_weak'))
    await letIn('local all weak reject')
    const shut = await role({ name: 'shop', role: 'weak' })
    expect(shut).toMatchObject(refusedWith('access_refused'))
    expect(shut.summary).toContain('pg_hba.conf')
  })
})

/** Grants without the order in which they are kept, nor those that an owner has anyway. */
function rightsIn(facts: Record<string, unknown>[][]): unknown {
  const inOrder = (value: unknown) =>
    typeof value === 'string' && value.startsWith('{') ? value.slice(1, -1).split(',').sort() : value
  return facts.map((rows) =>
    rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, inOrder(value)]))),
  )
}

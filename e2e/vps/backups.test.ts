import type { Backup } from '@ikoma/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { onHost } from './bare-host.ts'
import { installedNode, newVps, type Vps } from './vps.ts'

/** What an app does with its database, as psql(1) answers: a value a line. */
const sqlite = `
  const { DatabaseSync } = require('node:sqlite')
  const rows = new DatabaseSync('/srv/shop/shop.db').prepare(process.argv[1]).all()
  console.log(rows.flatMap(Object.values).join('\\n'))
`

interface Kind {
  user: string
  /** A program that is given SQL as its last argument. */
  ask: readonly [string, ...string[]]
  /** What orders call the database. */
  at: Record<string, unknown>
}

const kinds: Record<'sqlite' | 'postgres', Kind> = {
  sqlite: { user: 'shop', ask: [installedNode, '--eval', sqlite], at: { path: '/srv/shop/shop.db' } },
  postgres: {
    user: 'postgres',
    ask: ['psql', '--quiet', '--tuples-only', '--no-align', '--dbname=shop', '--command'],
    at: { database: 'shop' },
  },
}

interface Listed {
  backups: Backup[]
  lastProven: string | null
}

onHost('the databases of a host', () => {
  let vps: Vps
  beforeAll(async () => {
    vps = await newVps({ scopes: ['system', 'db', 'backup', 'redis'] })
    await vps.done('system.user.apply', { name: 'shop', home: '/srv/shop' })
    await vps.done('system.user.apply', { name: 'reader', home: '/srv/reader' })
    await vps.done('system.packages.apply', { install: ['postgresql', 'redis-server'] }, { withinSec: 600 })
    await as('postgres', ['createdb', 'shop'])
    await as('postgres', [...kinds.postgres.ask, 'CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader'])
  }, 900_000)
  afterAll(() => vps?.close())

  const as = (user: string, argv: readonly string[]) => vps.host.see(['runuser', '-u', user, '--', ...argv])

  describe.each(['sqlite', 'postgres'] as const)('a backup of %s', (engine) => {
    const { user, ask, at } = kinds[engine]
    const shelf = { name: `shop-${engine}` }
    const folder = `/var/backups/ikoma/shop-${engine}`
    const sql = (text: string) => as(user, [...ask, text])
    const customers = async () => (await sql('SELECT name FROM customer ORDER BY 1')).trim().split('\n')
    const take = async () => (await vps.done(`db.${engine}.backup`, { ...at, ...shelf })).backup as Backup
    const list = async () => (await vps.done('backup.list', shelf)) as unknown as Listed
    const restore = (which: Record<string, unknown>) => vps.done(`db.${engine}.restore`, { ...at, ...shelf, ...which })

    test('is proven by restoring it before anybody calls it good', async () => {
      await sql('CREATE TABLE customer (name text PRIMARY KEY)')
      await sql("INSERT INTO customer VALUES ('Awa'), ('Binta')")
      const taken = await take()
      expect(taken).toMatchObject({ engine, state: 'proven', tableCount: 1, rowCount: 2, problem: null })
      expect(await list()).toEqual({ backups: [taken], total: 1, lastProven: taken.id, suspect: [], strays: [] })
      expect(await vps.done('backup.verify', shelf)).toMatchObject({ backup: { state: 'proven' } })
      expect(await vps.host.see(['stat', '--format', '%U %a', `${folder}/${taken.file}`])).toBe('root 600\n')
    })

    test('brings a row back that was deleted, and what was there before it can be put back', async () => {
      const { lastProven: backup } = await list()
      await sql("DELETE FROM customer WHERE name = 'Awa'")
      const { former } = (await restore({ backup })) as { former: { id: string } }
      expect(await customers()).toEqual(['Awa', 'Binta'])
      await restore({ undo: former.id })
      expect(await customers()).toEqual(['Binta'])
    })

    test('is not good any more once a bit of it has flipped: no list shows it so, and no restore takes it', async () => {
      const { lastProven } = await list()
      const { id: backup, file } = await take()
      await flipBit(`${folder}/${file}`)
      const damaged = { lastProven, backups: [{ id: backup, state: 'damaged' }, { state: 'proven' }] }
      expect(await list()).toMatchObject(damaged)
      expect(await vps.refused('backup.verify', { ...shelf, backup })).toEqual(['backup_damaged'])
      expect(await vps.refused(`db.${engine}.restore`, { ...at, ...shelf, backup })).toEqual(['backup_damaged'])
      expect(await list()).toMatchObject(damaged)
      expect(await customers()).toEqual(['Binta'])
    })

    test('that is proven is never pruned when it is the last one, however old', async () => {
      const old: string[] = []
      for (const [index, backup] of (await list()).backups.entries()) old.push(await age(backup, 10 * (index + 2)))
      const oldest = await age(await take(), 40)
      const payload = { ...shelf, keepProven: 1 }
      expect(await vps.done('backup.prune', { ...shelf, keepProven: 2 }, { dryRun: true })).toMatchObject({
        changed: false,
        changes: [{ title: expect.stringContaining(`${old[0]} of ${shelf.name} (damaged)`) }],
      })
      expect(await vps.done('backup.prune', payload)).toMatchObject({ changed: true, changes: { length: 2 } })
      expect(await list()).toMatchObject({ backups: [{ id: old[1], state: 'proven' }], total: 1, lastProven: old[1] })
      expect(await vps.done('backup.prune', payload)).toMatchObject({ changed: false, changes: [] })
      expect((await vps.host.look(['find', folder, '-name', `*${oldest}*`])).stdout).toBe('')
    })

    async function flipBit(path: string): Promise<void> {
      const program = `
        const { readFileSync, writeFileSync } = require('node:fs')
        const bytes = readFileSync('${path}')
        bytes[bytes.length >> 1] ^= 1
        writeFileSync('${path}', bytes)
      `
      await vps.host.see([installedNode, '--eval', program])
    }

    /** Makes a backup look as if it had been taken so many days earlier; gives its new id. */
    async function age(backup: Backup, days: number): Promise<string> {
      const { host } = vps
      const takenAt = new Date(Date.parse(backup.takenAt) - days * 86_400_000).toISOString()
      const id = `${takenAt.replace(/[-:]|\.\d+/g, '')}${backup.id.slice(-7)}`
      const file = backup.file.replace(backup.id, id)
      const manifest = JSON.parse(await host.see(['cat', `${folder}/${backup.id}.json`]))
      await host.see(['mv', `${folder}/${backup.file}`, `${folder}/${file}`])
      await host.see(['tee', `${folder}/${id}.json`], { input: JSON.stringify({ ...manifest, id, takenAt, file }) })
      await host.see(['rm', `${folder}/${backup.id}.json`])
      return id
    }
  })

  describe('PostgreSQL', () => {
    const cluster = 'postgresql@15-main'
    const query = { database: 'shop', runAs: 'reader' }

    test('is ready when it answers, and not when it is down', async () => {
      expect(await vps.done('db.postgres.ready')).toMatchObject({ version: /^15\./, inRecovery: false })
      await vps.host.see(['systemctl', 'stop', cluster])
      expect(await vps.refused('db.postgres.ready')).toEqual(['not_ready'])
      await vps.host.see(['systemctl', 'start', cluster])
    })

    test('is read within a limit of rows', async () => {
      const sql = 'SELECT n, n * n AS square FROM generate_series(1, 500) n'
      expect(await vps.done('db.postgres.query', { ...query, sql, maxRows: 2 })).toEqual({
        columns: ['n', 'square'],
        rows: [
          ['1', '1'],
          ['2', '4'],
        ],
        truncated: true,
      })
    })

    test('is never written by what only reads, nor asked as somebody who may do everything', async () => {
      const write = "INSERT INTO customer VALUES ('Mallory')"
      for (const sql of [write, `WITH new AS (${write} RETURNING *) SELECT * FROM new`, `SELECT 1; ${write}`]) {
        expect([sql, await vps.refused('db.postgres.query', { ...query, sql })]).toEqual([sql, ['query_refused']])
      }
      const powerful = { ...query, runAs: 'postgres', sql: 'SELECT 1' }
      expect(await vps.refused('db.postgres.query', powerful)).toEqual(['role_too_powerful'])
      const { rows } = await vps.done('db.postgres.query', { ...query, sql: 'SELECT name FROM customer' })
      expect(rows).toEqual([['Binta']])
    })
  })

  test('Redis tells how it is, and that it is down', async () => {
    await vps.host.see(['redis-cli', 'set', 'session', 'open'])
    expect(await vps.done('redis.info')).toMatchObject({ role: 'master', keys: { db0: 1 } })
    await vps.host.see(['systemctl', 'stop', 'redis-server'])
    expect(await vps.refused('redis.info')).toEqual(['redis_refused'])
  })
})

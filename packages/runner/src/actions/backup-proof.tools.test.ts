import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, statfsSync, statSync, writeSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '@ikoma/kernel'
import type { Host, Program } from '@ikoma/machine'
import { describe, expect, onTestFinished, test } from 'vitest'
import { localHost } from '../host/local-host.ts'
import { killMarked } from '../host/process-tree.ts'
import { actionContext } from '../testing/action-context.ts'
import { countRows, flipByteIn, newDatabase, newPlace } from '../testing/backups.ts'
import { makeOwn, startDebianPostgres } from '../testing/debian-postgres.ts'
import { order } from '../testing/order.ts'
import { cutOrders, moments, startOrder } from '../testing/order-process.ts'

const root = process.getuid?.() === 0
if (!root) process.stderr.write('SKIPPED: full disks and databases of other accounts, which take root.\n')

type Place = ReturnType<typeof newPlace>

interface Source {
  type: 'db.sqlite.backup' | 'db.postgres.backup'
  payload: Record<string, unknown>
  /** Takes rows away from the live database. */
  change(): Promise<unknown>
  count(): Promise<number>
}

/** Incompressible rows, so that a backup of them is about as large as they are. */
const megabytes = 6
const rows = megabytes * 5_000

const sources: Record<string, (place: Place) => Promise<Source>> = {
  async SQLite({ folder, shelf }) {
    const path = join(folder, 'data', 'app.db')
    newDatabase(path, rows).close()
    return {
      type: 'db.sqlite.backup',
      payload: { path, ...shelf },
      async change() {
        const database = new DatabaseSync(path)
        database.exec('DELETE FROM "order line" WHERE id > 10')
        database.close()
      },
      count: async () => countRows(path),
    }
  },
  async PostgreSQL({ folder, shelf }) {
    const { query, connection } = await startDebianPostgres(folder)
    await query('CREATE DATABASE app')
    await query(
      `CREATE TABLE line AS
        SELECT i AS id, md5(i::text) || md5((i + 1)::text) || md5((i + 2)::text) AS note FROM generate_series(1, ${rows * 3}) i`,
      'app',
    )
    return {
      type: 'db.postgres.backup',
      payload: { database: 'app', ...shelf, ...connection },
      change: () => query('DELETE FROM line WHERE id > 10', 'app'),
      count: async () => Number((await query('SELECT count(*) AS n FROM line', 'app'))[0]?.n),
    }
  },
}

describe.each(Object.entries(sources))('a backup of %s is never good', (_, newSource) => {
  test('when its bytes change between copying and proving', async () => {
    const place = newPlace()
    const { type, payload } = await newSource(place)
    const { machine } = actionContext()
    const corrupting: Host = {
      ...machine,
      async run(program: Program) {
        const exit = await machine.run(program)
        if (program.outputFile) flipByteIn(program.outputFile)
        return exit
      },
    }
    const result = await order(type, payload, { machine: corrupting })
    expect(result).toMatchObject({ ok: false, errors: [{ code: 'backup_not_proven' }] })
    const { backups, lastProven } = await place.list()
    expect(lastProven).toBeNull()
    expect(backups).toMatchObject([{ state: 'damaged', proof: null }])
    expect(await order(type, payload)).toMatchObject({ ok: true })
  })

  test.skipIf(!root)('when the disk is full, which leaves nothing of it', async () => {
    const place = newPlace()
    const { type, payload } = await newSource(place)
    const disk = newDisk(place, 2)
    for (let round = 0; round < 2; round += 1) {
      const result = await order(type, payload)
      expect(result).toMatchObject({ ok: false, errors: [{ code: 'disk_full' }] })
      expect(await place.list()).toEqual({ backups: [], total: 0, lastProven: null, suspect: [], strays: [] })
      expect(disk.usedBytes()).toBeLessThan(100_000)
    }
    disk.grow(100)
    expect(await order(type, payload)).toMatchObject({ ok: true, output: { backup: { state: 'proven' } } })
  })

  test('when it is canceled in the middle, which leaves nothing of it', async () => {
    const place = newPlace()
    const { type, payload } = await newSource(place)
    for (const step of ['copy', 'prove']) {
      const stop = new AbortController()
      const machine = localHost({ cwd: '/', marker: `cancel.${newId()}`, signal: stop.signal, killGraceMs: 20_000 })
      const context = actionContext({ machine, signal: stop.signal })
      const cancelIn = <T>(name: string, run: () => Promise<T>) => {
        if (name === step) setTimeout(() => stop.abort(new Error('canceled')), 300)
        return run()
      }
      const result = await order(type, payload, { ...context, step: cancelIn })
      expect(result).toMatchObject({ ok: false, summary: 'canceled' })
      expect(place.files).toThrow('ENOENT')
    }
    expect(await order(type, payload)).toMatchObject({ ok: true })
  })

  test('when the runner is killed in the middle, at any moment', { timeout: 180_000 }, async () => {
    const place = newPlace()
    const { type, payload } = await newSource(place)
    const known = new Set((await cutOrders(type, payload, place.list)).map(({ id }) => id))
    const after = await place.list()
    const fresh = after.backups.filter(({ id }) => !known.has(id))
    expect(fresh.length).toBeLessThan(moments.length)
    for (const { id, state } of fresh) {
      expect(state).toBe('proven')
      expect(await order('backup.verify', { ...place.shelf, backup: id })).toMatchObject({ ok: true })
    }
    expect(await order(type, payload)).toMatchObject({ ok: true })
  })
})

describe.each(Object.entries(sources))('a restore of %s', (_, newSource) => {
  test('that is killed at any moment leaves the one database or the other, whole', { timeout: 180_000 }, async () => {
    const place = newPlace()
    const { type, payload, change, count } = await newSource(place)
    const taken = await order(type, payload)
    const { id } = (taken.output as { backup: { id: string } }).backup
    const full = await count()
    const restoring = type === 'db.sqlite.backup' ? 'db.sqlite.restore' : 'db.postgres.restore'
    const wanted = { ...payload, backup: id }
    await change()
    const begunMs = performance.now()
    expect(await startOrder(restoring, wanted).ended).toBe(0)
    const durationMs = performance.now() - begunMs
    const seen = new Set<number>()
    for (const moment of moments) {
      await change()
      const running = startOrder(restoring, wanted)
      await sleep(durationMs * moment)
      running.kill()
      await running.ended
      await killMarked(running.marker, 0)
      const rows = await count()
      expect([10, full]).toContain(rows)
      seen.add(rows)
    }
    // One that never cut anything off would show nothing.
    expect(seen).toContain(10)
    expect(await order(restoring, wanted)).toMatchObject({ ok: true })
    expect(await count()).toBe(full)
  })
})

test('a SQLite database with a broken page gives no good backup', async () => {
  const place = newPlace()
  const path = join(place.folder, 'data', 'app.db')
  newDatabase(path, 5_000).close()
  const file = openSync(path, 'r+')
  // Past the first pages, which hold the schema: the content of the table or of its index.
  writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, 4096 * 50)
  closeSync(file)
  expect(await order('db.sqlite.backup', { path, ...place.shelf })).toMatchObject({ ok: false })
  expect((await place.list()).lastProven).toBeNull()
})

test.skipIf(!root)('a PostgreSQL whose own disk is full cannot prove, and nothing is kept', async () => {
  const place = newPlace()
  const data = join(place.folder, 'small')
  mkdirSync(data, { mode: 0o711 })
  // It takes the database once, and not a second time.
  mount(data, 65)
  const { query, connection } = await startDebianPostgres(place.folder, data)
  await query('CREATE DATABASE app')
  await query('CREATE TABLE line AS SELECT i AS id, md5(i::text) AS note FROM generate_series(1, 300000) i', 'app')
  const payload = { database: 'app', ...place.shelf, ...connection }
  // It may tell of the full disk, or go down by it.
  expect(await order('db.postgres.backup', payload)).toMatchObject({ ok: false })
  expect(await place.list()).toEqual({ backups: [], total: 0, lastProven: null, suspect: [], strays: [] })
  expect(place.files).toThrow('ENOENT')
})

test.skipIf(!root)('the database of another account is opened and restored as that account', async () => {
  const account = 'nobody'
  const place = newPlace()
  const home = join(place.folder, 'home')
  makeOwn(home, account)
  const path = join(home, 'app.db')
  newDatabase(path, 100).close()
  execFileSync('chown', [`${account}:nogroup`, path])
  const { machine } = actionContext()
  const ran: (readonly string[])[] = []
  const watching: Host = {
    ...machine,
    run: (program) => {
      ran.push(program.argv)
      return machine.run(program)
    },
  }
  const taken = await order('db.sqlite.backup', { path, ...place.shelf }, { machine: watching })
  expect(taken).toMatchObject({ ok: true, output: { backup: { runAs: account } } })
  const verbs = ran.filter((argv) => argv[0] === 'setpriv').map((argv) => [argv[1], ...argv.slice(-2)])
  expect(verbs).toEqual([
    ['--reuid=nobody', 'sqlite', 'copy'],
    ['--reuid=nobody', 'sqlite', 'prove'],
  ])
  const { id } = (taken.output as { backup: { id: string } }).backup
  expect(await order('db.sqlite.restore', { path, ...place.shelf, backup: id })).toMatchObject({ ok: true })
  const { uid, mode } = statSync(path)
  expect([userInfo({ encoding: 'utf8' }).uid, uid !== 0, mode & 0o777]).toEqual([0, true, 0o644])
  expect(countRows(path)).toBe(100)
  execFileSync('ln', ['-sf', '/etc/shadow', join(home, 'link.db')])
  const link = await order('db.sqlite.backup', { path: join(home, 'link.db'), ...place.shelf })
  expect(link).toMatchObject({ ok: false, errors: [{ code: 'no_such_database' }] })
})

test.skipIf(!root)('what lies where another account may put it is not believed', async () => {
  const place = newPlace()
  const path = join(place.folder, 'data', 'app.db')
  newDatabase(path, 10).close()
  makeOwn(place.shelf.directory, 'nobody')
  for (const type of ['db.sqlite.backup', 'backup.list', 'backup.verify', 'backup.prune'] as const) {
    const payload = type === 'db.sqlite.backup' ? { path, ...place.shelf } : place.shelf
    expect(await order(type, payload)).toMatchObject({ ok: false, errors: [{ code: 'unsafe_path' }] })
  }
})

/** A file system of its own for the backups. */
function newDisk({ shelf }: Place, sizeMb: number) {
  mkdirSync(shelf.directory, { mode: 0o711 })
  mount(shelf.directory, sizeMb)
  return {
    usedBytes() {
      const { blocks, bfree, bsize } = statfsSync(shelf.directory)
      return (blocks - bfree) * bsize
    },
    grow: (mb: number) => void execFileSync('mount', ['-o', `remount,size=${mb}m`, shelf.directory]),
  }
}

function mount(path: string, sizeMb: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=711`, 'tmpfs', path])
  onTestFinished(() => void execFileSync('umount', ['--lazy', path]))
}

import { readFileSync, renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Backup } from '@ikoma/api'
import { describe, expect, test } from 'vitest'
import { addRows, countRows, newDatabase, newPlace } from '../testing/backups.ts'
import { order } from '../testing/order.ts'

async function setup(rows?: number) {
  const place = newPlace()
  const path = join(place.folder, 'data', 'app.db')
  const database = newDatabase(path, rows)
  return {
    ...place,
    path,
    database,
    async takeBackup(): Promise<Backup> {
      const result = await order('db.sqlite.backup', { path, ...place.shelf })
      expect(result).toMatchObject({ ok: true })
      return (result.output as { backup: Backup }).backup
    },
  }
}

describe('a backup', () => {
  test('of a database that is being written holds one moment of it, and is proven', async () => {
    const { path, database, takeBackup, files, list, shelf } = await setup(20_000)
    const writing = setInterval(() => addRows(database, 10), 1)
    const taken = await takeBackup()
    clearInterval(writing)
    expect(taken).toMatchObject({ state: 'proven', source: path, engine: 'sqlite', tableCount: 2, problem: null })
    expect(taken.proof?.checks).toEqual([
      'sha256',
      'integrity_check',
      'foreign_key_check',
      'schema',
      'row counts of 2 tables',
    ])
    expect(files()).toEqual([`${taken.id}.json`, `${taken.id}.sqlite.gz`])
    expect(await list()).toEqual({ backups: [taken], total: 1, lastProven: taken.id, suspect: [], strays: [] })
    expect(await order('backup.verify', shelf)).toMatchObject({ ok: true })
  })

  test('is readable by nobody else', async () => {
    const { takeBackup, file } = await setup()
    const { id } = await takeBackup()
    for (const name of [`${id}.json`, `${id}.sqlite.gz`]) expect(statSync(file(name)).mode & 0o777).toBe(0o600)
  })

  test('of a database with broken references is kept, and is not good', async () => {
    const { path, database, shelf, list } = await setup()
    database.exec('PRAGMA foreign_keys=OFF; INSERT INTO "order line" (customer) VALUES (99)')
    const result = await order('db.sqlite.backup', { path, ...shelf })
    expect(result).toMatchObject({ ok: false, errors: [{ code: 'backup_not_proven' }] })
    expect(result.summary).toContain('foreign_key_check says: order line')
    const { backups, lastProven } = await list()
    expect(backups).toMatchObject([{ state: 'unproven', proof: null }])
    expect(lastProven).toBeNull()
  })

  test('of what is no database, or nothing, leaves nothing behind', async () => {
    const { folder, shelf, files, list } = await setup()
    const path = join(folder, 'data', 'text.db')
    writeFileSync(path, 'not a database, though it is long enough to be one'.repeat(100))
    expect(await order('db.sqlite.backup', { path, ...shelf })).toMatchObject({ ok: false })
    const missing = await order('db.sqlite.backup', { path: join(folder, 'none.db'), ...shelf })
    expect(missing).toMatchObject({ ok: false, errors: [{ code: 'no_such_database' }] })
    expect(files).toThrow('ENOENT')
    expect(await list()).toEqual({ backups: [], total: 0, lastProven: null, suspect: [], strays: [] })
  })
})

describe('a backup whose bytes are not those that were taken', () => {
  const damages: Record<string, (file: string) => void> = {
    'a flipped bit': (file) => {
      const bytes = readFileSync(file)
      const middle = bytes.length >> 1
      bytes[middle] = (bytes[middle] ?? 0) ^ 1
      writeFileSync(file, bytes)
    },
    'the last byte missing': (file) => truncateSync(file, statSync(file).size - 1),
    'a byte more': (file) => writeFileSync(file, '\0', { flag: 'a' }),
    'no bytes': (file) => truncateSync(file, 0),
  }

  test('is told as damaged, and refused by restore and verify, whatever it is', async () => {
    const { path, database, shelf, takeBackup, file, list } = await setup()
    const { id } = await takeBackup()
    database.close()
    const data = file(`${id}.sqlite.gz`)
    const [before, taken, { atime, mtime }] = [readFileSync(path), readFileSync(data), statSync(data)]
    for (const [name, damage] of Object.entries(damages)) {
      writeFileSync(data, taken)
      damage(data)
      // Nothing but its bytes gives it away.
      utimesSync(data, atime, mtime)
      expect(await list(), name).toMatchObject({ backups: [{ state: 'damaged' }], lastProven: null })
      const restored = await order('db.sqlite.restore', { path, ...shelf, backup: id })
      expect(restored, name).toMatchObject({ ok: false, errors: [{ code: 'backup_damaged' }] })
      expect(readFileSync(path)).toEqual(before)
    }
    expect(await order('backup.verify', shelf)).toMatchObject({ ok: false, errors: [{ code: 'backup_damaged' }] })
    // What was found is written down: the same bytes are good again only once they were proven again.
    writeFileSync(data, taken)
    expect(await list()).toMatchObject({ backups: [{ state: 'unproven' }], lastProven: null })
    expect(await order('backup.verify', shelf)).toMatchObject({ ok: true })
    expect(await list()).toMatchObject({ lastProven: id })
  })

  test('a file that is gone is told as missing', async () => {
    const { shelf, takeBackup, file, list } = await setup()
    const { id } = await takeBackup()
    rmSync(file(`${id}.sqlite.gz`))
    expect(await list()).toMatchObject({ backups: [{ state: 'missing' }], lastProven: null })
    expect(await order('backup.verify', shelf)).toMatchObject({ ok: false, errors: [{ code: 'backup_missing' }] })
  })

  test('and a manifest that was moved to other bytes does not prove those', async () => {
    const { takeBackup, file, list, database } = await setup()
    const first = await takeBackup()
    addRows(database, 1)
    const second = await takeBackup()
    renameSync(file(`${first.id}.sqlite.gz`), file(`${second.id}.sqlite.gz`))
    expect((await list()).backups.map(({ state }) => state).sort()).toEqual(['damaged', 'missing'])
  })
})

describe('a restore', () => {
  test('puts the backup in place, keeps the former database, and can be undone', async () => {
    const { path, database, shelf, takeBackup } = await setup(100)
    const { id } = await takeBackup()
    addRows(database, 11)
    database.close()
    const result = await order('db.sqlite.restore', { path, ...shelf, backup: id })
    expect(result).toMatchObject({ ok: true, output: { restored: id } })
    const { former } = result.output as { former: { id: string; place: string } }
    expect([countRows(path), countRows(former.place)]).toEqual([100, 111])
    const undone = await order('db.sqlite.restore', { path, ...shelf, undo: former.id })
    expect(undone).toMatchObject({ ok: true, output: { restored: null } })
    expect(countRows(path)).toBe(111)
  })

  test('is refused while somebody has the database open, and changes nothing', async () => {
    const { path, shelf, takeBackup, database } = await setup(100)
    const { id } = await takeBackup()
    addRows(database, 1)
    const refused = await order('db.sqlite.restore', { path, ...shelf, backup: id })
    expect(refused).toMatchObject({ ok: false, errors: [{ code: 'database_in_use' }] })
    expect(refused.summary).toContain(String(process.pid))
    expect(countRows(path)).toBe(101)
  })

  test('never replays the log of the former database into the restored one', async () => {
    const { path, shelf, takeBackup, database } = await setup(100)
    const { id } = await takeBackup()
    addRows(database, 50)
    // As after a crash: what was committed is only in the log.
    const [file, log] = [readFileSync(path), readFileSync(`${path}-wal`)]
    database.close()
    writeFileSync(path, file)
    writeFileSync(`${path}-wal`, log)
    const result = await order('db.sqlite.restore', { path, ...shelf, backup: id })
    const { former } = result.output as { former: { place: string } }
    expect([countRows(path), countRows(former.place)]).toEqual([100, 150])
  })

  test('is refused where IKOMA has what is its own', async () => {
    const { shelf, takeBackup } = await setup(10)
    const { id } = await takeBackup()
    const own = { path: '/etc/ikoma/policy.json', owner: userInfo().username, ...shelf, backup: id }
    expect(await order('db.sqlite.restore', own)).toMatchObject({ ok: false, errors: [{ code: 'own_ground' }] })
  })

  test('replaces a database that is broken, and makes one that is gone', async () => {
    const { path, shelf, takeBackup, database } = await setup(100)
    const { id } = await takeBackup()
    database.close()
    writeFileSync(path, 'broken')
    const result = await order('db.sqlite.restore', { path, ...shelf, backup: id })
    expect(countRows(path)).toBe(100)
    const { former } = result.output as { former: { place: string } }
    expect(readFileSync(former.place, 'utf8')).toBe('broken')
    rmSync(path)
    const noOwner = await order('db.sqlite.restore', { path, ...shelf, backup: id })
    expect(noOwner).toMatchObject({ ok: false, errors: [{ code: 'no_such_database' }] })
    const owner = userInfo().username
    const made = await order('db.sqlite.restore', { path, ...shelf, backup: id, owner })
    expect(made).toMatchObject({ ok: true, output: { former: null } })
    expect(countRows(path)).toBe(100)
  })
})

describe('pruning', () => {
  /** Makes a backup look so many days old. */
  function age(place: Awaited<ReturnType<typeof setup>>, backup: Backup, days: number): string {
    const takenAt = new Date(Date.parse(backup.takenAt) - days * 86_400_000).toISOString()
    const id = `${takenAt.replace(/[-:]|\.\d+/g, '')}-${backup.id.slice(-6)}`
    const manifest = JSON.parse(readFileSync(place.file(`${backup.id}.json`), 'utf8'))
    const renamed = { ...manifest, id, takenAt, file: `${id}.sqlite.gz` }
    renameSync(place.file(backup.file), place.file(renamed.file))
    rmSync(place.file(`${backup.id}.json`))
    writeFileSync(place.file(`${id}.json`), JSON.stringify(renamed))
    return id
  }

  test('removes what is older than its days, never the last proven ones, and then nothing more', async () => {
    const place = await setup(10)
    const ids: string[] = []
    for (const days of [40, 30, 20, 10, 2]) ids.push(age(place, await place.takeBackup(), days))
    const [oldest = '', , , tenDays = '', young = ''] = ids
    // One that is damaged is no proven one, and takes no place of theirs.
    truncateSync(place.file(`${tenDays}.sqlite.gz`), 10)
    const payload = { ...place.shelf, keepProven: 2 }
    const planned = await order('backup.prune', payload, { dryRun: true })
    expect(planned.output).toMatchObject({ changed: false, changes: { length: 3 } })
    expect(await order('backup.prune', payload)).toMatchObject({ ok: true, output: { changed: true } })
    expect((await place.list()).backups.map(({ id }) => id)).toEqual([young, ids[2]])
    expect(place.files()).not.toContain(`${oldest}.sqlite.gz`)
    expect(await order('backup.prune', payload)).toMatchObject({ ok: true, output: { changed: false } })
  })

  test('clears what was never finished once no order can be at it any more', async () => {
    const place = await setup(10)
    await place.takeBackup()
    const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
    const [fresh, stale] = [`${now}-aaaaaa`, '20260101T000000Z-bbbbbb']
    for (const id of [fresh, stale]) writeFileSync(place.file(`${id}.sqlite.gz`), 'half')
    expect((await place.list()).backups).toHaveLength(1)
    expect(await order('backup.prune', place.shelf)).toMatchObject({ output: { changes: { length: 1 } } })
    expect(place.files()).toContain(`${fresh}.sqlite.gz`)
    expect(place.files()).not.toContain(`${stale}.sqlite.gz`)
  })
})

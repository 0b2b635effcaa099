import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Backup } from '@ikoma/api'
import { startFakeS3, writeAccount } from '@ikoma/backup/testing/fake-s3'
import { expect } from 'vitest'
import { newDatabase, newPlace } from './backups.ts'
import { order } from './order.ts'

/** A place for one test whose backups are kept in a fake store. */
export async function newS3Place() {
  const [place, store] = [newPlace(), await startFakeS3()]
  const authFile = join(place.folder, 's3')
  writeAccount(authFile)
  const { endpoint, bucket, region, objects } = store
  const s3 = { endpoint, bucket, region, authFile, plainHttp: true }
  const shelf = { ...place.shelf, s3 }
  const prefix = 'ikoma/app/'
  return {
    ...place,
    store,
    authFile,
    shelf,
    /** Names of what the bucket has. */
    kept: () => [...objects.keys()].map((key) => key.slice(prefix.length)).sort(),
    object: (file: string) => objects.get(prefix + file) ?? missing(file),
    put: (file: string, body: Buffer, headers: Record<string, string> = {}) =>
      void objects.set(prefix + file, { body, headers }),
    remove: (file: string) => void objects.delete(prefix + file),
    async list(): Promise<{ backups: Backup[]; lastProven: string | null }> {
      const { ok, output, summary } = await order('backup.list', shelf)
      if (!ok) throw new Error(summary)
      return output as { backups: Backup[]; lastProven: string | null }
    },
  }
}

/** A SQLite database, and such a place for its backups. */
export async function newS3Database(rows?: number) {
  const place = await newS3Place()
  const path = join(place.folder, 'data', 'app.db')
  const database = newDatabase(path, rows)
  const payload = { path, ...place.shelf }
  return {
    ...place,
    path,
    database,
    payload,
    /** What is left of it on the server. */
    left: () => readdirSync(join(place.shelf.directory, 'app')),
    async takeBackup(): Promise<Backup> {
      const result = await order('db.sqlite.backup', payload)
      expect(result).toMatchObject({ ok: true })
      return (result.output as { backup: Backup }).backup
    },
  }
}

function missing(file: string): never {
  throw new Error(`The bucket has no ${file}.`)
}

import { spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { auditGenesis } from '@ikoma/domain'
import { verifyAudit } from '@ikoma/domain/audit-chain'
import { describe, expect, it } from 'vitest'
import { place, wholeAudit } from '../conformance/world.ts'
import { sealKey } from '../testing/fixtures.ts'
import { openReader, openWriter } from './database.ts'
import { openSqliteStore } from './store.ts'
import { temporaryFile } from './testing/temporary.ts'

describe('a process that is killed', () => {
  it('loses nothing that it had acknowledged, and leaves nothing half done', { timeout: 60_000 }, async () => {
    const file = temporaryFile()
    const acknowledged: string[] = []
    for (const count of [1, 50, 200]) acknowledged.push(...(await writeAndKill(file, count)))
    const store = await openSqliteStore({ sealKey, file })
    for (const id of acknowledged) expect(await store.findOrder(id)).toMatchObject({ id, status: 'QUEUED' })
    const events = await wholeAudit(store)
    expect(verifyAudit(auditGenesis, events)).toBeNull()
    expect(await store.countOrders()).toEqual({ QUEUED: events.length })
    await store.close()
    const client = new DatabaseSync(file)
    expect(client.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
    const keys = client.prepare('select count(*) as count from idempotency').get()
    expect(keys, 'an order and its key are one').toEqual({ count: events.length })
    client.close()
  })
})

describe('a writer thread that dies', () => {
  it('fails the calls it had, and the next ones get a new thread', async () => {
    const threads: Worker[] = []
    const note = (thread: Worker) => threads.push(thread)
    process.on('worker', note)
    const file = temporaryFile()
    const store = await openSqliteStore({ sealKey, file })
    process.off('worker', note)
    const { id } = await place(store)
    // Whoever holds the file keeps the thread from having written before it dies.
    const holder = new DatabaseSync(file)
    holder.exec('BEGIN IMMEDIATE')
    const lost = place(store)
    await Promise.all([
      expect(lost).rejects.toMatchObject({ code: 'unavailable', reason: 'store_stopped' }),
      new Promise(setImmediate).then(() => {
        const ended = threads[0]?.terminate()
        holder.close()
        return ended
      }),
    ])
    const next = await place(store)
    for (const kept of [id, next.id]) expect(await store.findOrder(kept)).toMatchObject({ status: 'QUEUED' })
    expect(verifyAudit(auditGenesis, await wholeAudit(store))).toBeNull()
    await store.close()
    await expect(place(store)).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('the file', () => {
  it('and what SQLite keeps beside it are for their owner only', async () => {
    const file = temporaryFile()
    const store = await openSqliteStore({ sealKey, file })
    await place(store)
    for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o777, name).toBe(0o600)
    await store.close()
  })

  it('is in a write-ahead log that is on disk before a commit is acknowledged', async () => {
    const { $client } = openWriter(temporaryFile())
    expect($client.prepare('pragma synchronous').get()).toEqual({ synchronous: 2 })
    expect($client.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
    $client.close()
  })

  it('is not written to by readers', async () => {
    const file = temporaryFile()
    const store = await openSqliteStore({ sealKey, file })
    const { $client } = openReader(file)
    expect(() => $client.exec("update orders set status = 'SUCCEEDED'")).toThrow('readonly')
    $client.close()
    await store.close()
  })

  it('is whole in one piece once the store was closed', async () => {
    const file = temporaryFile()
    const store = await openSqliteStore({ sealKey, file })
    const { id } = await place(store)
    await store.close()
    expect(() => statSync(`${file}-wal`)).toThrow('ENOENT')
    expect(readFileSync(file).includes(id)).toBe(true)
  })
})

describe('the audit', () => {
  it.each(["update audit set actor = 'nobody'", 'delete from audit', 'delete from audit where seq = 1'])(
    'refuses `%s`, whoever asks',
    async (sql) => {
      const file = temporaryFile()
      const store = await openSqliteStore({ sealKey, file })
      await place(store)
      const client = new DatabaseSync(file)
      expect(() => client.exec(sql)).toThrow('the audit is append-only')
      client.close()
      expect(verifyAudit(auditGenesis, await wholeAudit(store))).toBeNull()
      await store.close()
    },
  )

  it.each([
    [
      'insert or replace',
      'insert or replace into audit select seq, at, ?, action, subject, data, hash, mac from audit',
    ],
    [
      'upsert',
      'insert into audit select seq, at, ?, action, subject, data, hash, mac from audit where true on conflict do update set actor = excluded.actor',
    ],
  ])('refuses an edit by %s', async (_, sql) => {
    const file = temporaryFile()
    const store = await openSqliteStore({ sealKey, file })
    await place(store)
    const client = new DatabaseSync(file)
    expect(() => client.prepare(sql).run('nobody')).toThrow('the audit is append-only')
    client.close()
    await store.close()
  })
})

/** Starts a process that places orders, kills it once `count` were acknowledged, and answers all that were. */
function writeAndKill(file: string, count: number): Promise<string[]> {
  const script = fileURLToPath(new URL('./testing/endless-writer.ts', import.meta.url))
  const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve) => {
    let printed = ''
    child.stdout.on('data', (bytes: Buffer) => {
      printed += bytes.toString()
      if (printed.split('\n').length > count) child.kill('SIGKILL')
    })
    // What follows the last line break was not printed whole.
    child.once('close', () => resolve(printed.split('\n').slice(0, -1)))
  })
}

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createLog } from '@ikoma/kernel/node'
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest'
import { openTables } from '../../testing/tables.ts'
import { createClamScanner, createUploads, type UploadsOptions } from '../index.ts'
import * as schema from '../schema.ts'
import { FakeClamd } from './fake-clamd.ts'

export const quiet = createLog('silent', { write: () => undefined })

export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)
const noon = Date.UTC(2026, 9, 24, 12)

/** For a file of tests: `setup` makes uploads of their own, on tables that are shared and emptied. */
export function uploadWorlds() {
  let tables: Awaited<ReturnType<typeof openTables>>
  beforeAll(async () => {
    tables = await openTables(inject('postgresUrl'), schema, quiet)
  })
  afterAll(() => tables.destroy())
  return (patch: Partial<UploadsOptions> = {}) => openUploads(tables, patch)
}

async function openUploads(tables: Awaited<ReturnType<typeof openTables>>, patch: Partial<UploadsOptions>) {
  await tables.database.pool.query('delete from uploads')
  const root = mkdtempSync(join(tmpdir(), 'ikoma-uploads-'))
  const clamd = new FakeClamd(root)
  await clamd.start()
  const folder = join(root, 'files')
  const clock = { at: noon, now: () => clock.at }
  const uploads = createUploads({
    database: tables.database,
    clock,
    log: quiet,
    folder,
    scanner: createClamScanner({ at: { socket: clamd.socket }, log: quiet, timeoutMs: 300 }),
    maxBytes: 1000,
    quotaBytes: 2000,
    types: ['image/png', 'application/pdf', 'text/plain'],
    ...patch,
  })
  onTestFinished(async () => {
    await clamd.stop()
    rmSync(root, { recursive: true })
  })
  const left = () => ['incoming', 'clean'].flatMap((each) => readdirSync(join(folder, each)))
  const receive = (body: Buffer | Readable, more: { type?: string; name?: string; ownerId?: string } = {}) => {
    const stream = Buffer.isBuffer(body) ? Readable.from([body]) : body
    return uploads.receive({ ownerId: 'ada', stream, type: 'image/png', name: 'bay.png', ...more })
  }
  return { uploads, clamd, folder, left, receive, clock }
}

export const sized = (bytes: number) => Buffer.concat([png, Buffer.alloc(bytes - png.length)])
export const html = Buffer.from('<html><script>alert(1)</script></html>')

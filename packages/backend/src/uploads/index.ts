import { createReadStream, mkdirSync } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { AppError, type Clock, newId, notFound } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import { eq, sql } from 'drizzle-orm'
import type { Database, Transaction } from '../postgres/index.ts'
import { declaredType, isOfType } from './file-type.ts'
import { writeIncoming } from './incoming.ts'
import { infected, notScanned, overQuota, wrongType } from './refusals.ts'
import type { Scanner } from './scanner.ts'
import { uploads } from './schema.ts'

export { readUploadForm, registerUploadForms } from './form.ts'
export { type ServedUpload, uploadHeaders } from './headers.ts'
export { createClamScanner, createTrustingScanner, type Finding, type Scanner } from './scanner.ts'

export type Upload = typeof uploads.$inferSelect

export interface UploadsOptions {
  database: Database
  clock: Clock
  log: Log
  /** Of nobody else: what is in it is not served by any other program. */
  folder: string
  scanner: Scanner
  maxBytes: number
  /** Over all files of an owner. */
  quotaBytes: number
  /** Media types that are taken. SVG and HTML run in browsers: they are when they are named here, and never by accident. */
  types: readonly string[]
}

export interface UploadRequest {
  ownerId: string
  stream: Readable
  /** As the client says. */
  type: string
  /** For people. */
  name: string
}

export interface Uploads {
  maxBytes: number
  /** When it returns, the file is whole, on the disk, of its type and clean; when it throws, nothing of it is left. */
  receive(request: UploadRequest): Promise<Upload>
  /** Who may see it is the caller's to say: by `ownerId`. */
  find(id: string): Promise<Upload | null>
  open(id: string): Promise<{ upload: Upload; stream: Readable }>
  delete(id: string): Promise<void>
  /** Removes what a process left that was killed. For a job. */
  sweep(): Promise<void>
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const leftoverMs = 3_600_000

export function createUploads(options: UploadsOptions): Uploads {
  const { database, folder, maxBytes } = options
  const incoming = resolve(folder, 'incoming')
  const clean = resolve(folder, 'clean')
  for (const each of [incoming, clean]) mkdirSync(each, { recursive: true, mode: 0o700 })
  const find = async (id: string) => {
    // An id that is none is no path either.
    const [row] = uuid.test(id) ? await database.db.select().from(uploads).where(eq(uploads.id, id)) : []
    return row ?? null
  }
  const get = async (id: string) => {
    const upload = await find(id)
    if (!upload) throw notFound('upload', id)
    return upload
  }
  return {
    maxBytes,
    find,
    async receive(request) {
      const id = newId()
      const file = join(incoming, id)
      try {
        return await receive(options, request, { id, file, place: join(clean, id) })
      } finally {
        await rm(file, { force: true })
      }
    },
    async open(id) {
      const upload = await get(id)
      return { upload, stream: createReadStream(join(clean, upload.id)) }
    },
    async delete(id) {
      const upload = await get(id)
      await database.db.delete(uploads).where(eq(uploads.id, upload.id))
      await rm(join(clean, upload.id), { force: true })
    },
    async sweep() {
      await removeLeftovers(options, incoming, async () => false)
      await removeLeftovers(options, clean, async (id) => (await find(id)) !== null)
    },
  }
}

interface Places {
  id: string
  file: string
  place: string
}

async function receive(options: UploadsOptions, request: UploadRequest, { id, file, place }: Places): Promise<Upload> {
  const { database, clock, scanner, maxBytes, quotaBytes, types } = options
  const type = declaredType(request.type)
  const { ownerId, stream } = request
  if (!types.includes(type) || (await usedBy(database.db, ownerId)) >= quotaBytes) {
    // Unread, it would keep the connection.
    stream.resume()
    throw types.includes(type) ? overQuota(quotaBytes) : wrongType(types)
  }
  const written = await writeIncoming(stream, file, maxBytes)
  if (!(await isOfType(file, type))) throw wrongType(types)
  const finding = await scanner.scan(file)
  if (finding !== 'clean') throw finding === 'infected' ? infected() : notScanned()
  const row = { id, ownerId, type, name: shownName(request.name), createdAt: new Date(clock.now()), ...written }
  try {
    await rename(file, place)
    await database.transaction(async (tx) => {
      // Two uploads of one owner at once are counted one after the other.
      await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`upload of ${ownerId}`}, 0))`)
      if ((await usedBy(tx, ownerId)) + row.bytes > quotaBytes) throw overQuota(quotaBytes)
      await tx.insert(uploads).values(row)
    })
    return row
  } catch (error) {
    // Whether it was written nobody knows: then the sweep finds out.
    if (!(error instanceof AppError && error.reason === 'commit_unknown')) await rm(place, { force: true })
    throw error
  }
}

async function usedBy(reader: Pick<Transaction, 'select'>, ownerId: string): Promise<number> {
  const used = sql<string>`coalesce(sum(${uploads.bytes}), 0)`
  const [row] = await reader.select({ used }).from(uploads).where(eq(uploads.ownerId, ownerId))
  return Number(row?.used ?? 0)
}

/** The last part of what may be a path, without what would change how it is shown. */
function shownName(name: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? ''
  const plain = last.replace(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return [...plain].slice(0, 100).join('') || 'file'
}

async function removeLeftovers(
  { clock, log }: UploadsOptions,
  folder: string,
  isKept: (name: string) => Promise<boolean>,
): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = join(folder, name)
    const found = await stat(file).catch(() => null)
    if (!found?.isFile() || clock.now() - found.mtimeMs < leftoverMs || (await isKept(name))) continue
    await rm(file, { force: true })
    log.warn({ file: name }, 'removed what an upload had left')
  }
}

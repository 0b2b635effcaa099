import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, fstatSync, ftruncateSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { damaged, newMeter, openInput, stopping } from '../bytes.ts'
import { Problem } from '../problem.ts'
import type { Digest, Found, S3Shelf } from '../verbs.ts'
import { readAccount } from './account.ts'
import { elementsOf, isMissing, objectRefused, textOf, unescaped } from './answer.ts'
import { askS3, type Bucket } from './request.ts'
import { isSealed, sealOf } from './seal.ts'

/** The largest file that S3 takes in one request, which is there as a whole or not at all. */
const maxFileBytes = 5 * 1024 ** 3
const pageSize = 1_000
/** Files of more than a backup an hour for two months; their names must fit into our answer. */
const maxNames = 4_000
const sealHeader = 'x-amz-meta-ikoma-seal'

/** As of a backup: `shelf.ts` says which exactly. */
const isOurs = /^(work-)?\d{8}T\d{6}Z-[0-9a-f]{6}(\.|$)/
/** Of files that somebody else keeps there, as many as are told. */
const maxOthers = 20

export async function listS3(shelf: S3Shelf): Promise<string[]> {
  const bucket = await bucketOf(shelf)
  const prefix = `${shelf.s3.prefix}/${shelf.name}/`
  const ours: string[] = []
  const others: string[] = []
  for (let from: PageStart | null = {}; from !== null; ) {
    const page = await pageFrom(bucket, prefix, from)
    const names = page.keys.map((key) => key.slice(prefix.length))
    ours.push(...names.filter((name) => isOurs.test(name)))
    others.push(...names.filter((name) => !isOurs.test(name)).slice(0, maxOthers - others.length))
    if (ours.length > maxNames) throw new Problem('too_many_files', `There are more than ${maxNames} files there.`)
    from = page.next
  }
  return [...ours, ...others.map((name) => name.slice(0, maxNameCharacters))].sort()
}

const maxNameCharacters = 200

/** Where a page begins: after a token of the store's, or after a key where it gives none. */
type PageStart = { 'continuation-token'?: string; 'start-after'?: string }

async function pageFrom(bucket: Bucket, prefix: string, from: PageStart) {
  const query = { 'list-type': '2', prefix, 'encoding-type': 'url', 'max-keys': String(pageSize), ...from }
  const xml = await askS3(bucket, { method: 'GET', query }, textOf)
  const keys = elementsOf(xml, 'Key').map(decoded)
  const isLast = elementsOf(xml, 'IsTruncated')[0] !== 'true'
  const [token] = elementsOf(xml, 'NextContinuationToken').map(unescaped)
  const last = keys.at(-1) ?? ''
  const next = isLast ? null : token === undefined ? { 'start-after': last } : { 'continuation-token': token }
  // The same page again would be asked for without an end.
  const stands = next !== null && JSON.stringify(next) === JSON.stringify(from)
  const strays =
    keys.some((key) => !key.startsWith(prefix)) || stands || (token === undefined && !isLast && last === '')
  if (!strays) return { keys, next }
  throw new Problem('s3_refused', `${bucket.s3.endpoint} does not list what it was asked for.`)
}

/** The text of a file, null when there is none; refused when it is not as we wrote it: a bucket has other writers. */
export async function readS3({ file, ...shelf }: S3Shelf & { file: string }): Promise<string | null> {
  const bucket = await bucketOf(shelf)
  return orNull(async () => {
    const read = await askS3(bucket, { method: 'GET', file }, async (answer) => {
      const seal = String(answer.headers[sealHeader] ?? '')
      // What has no seal need not be read, however long it is.
      const text = seal === '' ? '' : await textOf(answer).catch(tooLong(file))
      answer.destroy()
      return { text, seal }
    })
    if (isSealed(bucket.account.seal, { ...bucket, file }, read)) return read.text
    throw new Problem('backup_damaged', `${file} is not as it was written, or was written under another ikoma_seal.`)
  })
}

/** None of ours is: only the text of a manifest is asked for. */
function tooLong(file: string) {
  return (error: unknown): never => {
    if (!(error instanceof Problem)) throw error
    throw new Problem('backup_damaged', `${file} is longer than any manifest.`)
  }
}

/** Writes the text on our standard input, which is small. */
export async function writeS3({ file, ...shelf }: S3Shelf & { file: string }): Promise<null> {
  const bucket = await bucketOf(shelf)
  const bytes = await buffer(openInput())
  const digest = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  const headers = {
    [sealHeader]: sealOf(bucket.account.seal, { ...bucket, file }, bytes.toString()),
    'content-type': 'application/json',
  }
  return askS3(bucket, { method: 'PUT', file, headers, body: { digest, open: () => Readable.from([bytes]) } }, nothing)
}

/** Sends the file on our standard input. The store compares it with the digest from before a disk had the bytes. */
export async function putS3({ file, sent, ...shelf }: S3Shelf & { file: string; sent: Digest }): Promise<null> {
  if (sent.bytes > maxFileBytes) {
    const message = `The backup has ${sent.bytes} bytes; a bucket takes ${maxFileBytes} at most. Keep it in a directory.`
    throw new Problem('too_large_for_s3', message)
  }
  // Of a shorter file, the store would wait for the rest.
  if (fstatSync(0).size !== sent.bytes) throw damaged()
  const bucket = await bucketOf(shelf)
  const open = () => createReadStream('', { fd: 0, autoClose: false, start: 0 })
  return askS3(bucket, { method: 'PUT', file, body: { digest: sent, open } }, nothing)
}

/** Fetches a file into the one that is our standard output. */
export async function getS3({ file, ...shelf }: S3Shelf & { file: string }): Promise<Digest | null> {
  return receive(await bucketOf(shelf), file, () => {
    ftruncateSync(1)
    return createWriteStream('', { fd: 1, autoClose: false, start: 0 })
  })
}

export async function digestS3({ files, ...shelf }: S3Shelf & { files: string[] }): Promise<Found[]> {
  const bucket = await bucketOf(shelf)
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() })
  const found: Found[] = []
  for (const file of files) found.push(await receive(bucket, file, nowhere).catch(unread))
  return found
}

/** What the store says of one file says nothing of the others. */
function unread(error: unknown): Found {
  if (error instanceof Problem && error.reason === objectRefused) return { problem: error.message }
  throw error
}

export async function removeS3({ file, ...shelf }: S3Shelf & { file: string }): Promise<null> {
  const bucket = await bucketOf(shelf)
  return orNull(() => askS3(bucket, { method: 'DELETE', file }, nothing))
}

/** Fetches every byte of a file, anew from the first when the connection was cut. */
function receive(bucket: Bucket, file: string, open: () => Writable): Promise<Digest | null> {
  return orNull(() =>
    askS3(bucket, { method: 'GET', file }, async (answer) => {
      const meter = newMeter()
      await pipeline(atMost(maxFileBytes, answer), meter.stream, open(), { signal: stopping })
      return meter.digest()
    }),
  )
}

/** A file that is larger than we ever sent is none of ours, and must not fill the disk. */
async function* atMost(maxBytes: number, answer: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const piece of answer) {
    yield piece
    bytes += piece.length
    if (bytes > maxBytes) return
  }
}

async function bucketOf({ s3, name }: S3Shelf): Promise<Bucket> {
  const ca = s3.rootFile === undefined ? undefined : await readFile(s3.rootFile, 'utf8')
  return { s3, name, account: await readAccount(s3.authFile), ca }
}

async function orNull<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof Problem && error.reason === isMissing) return null
    throw error
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(unescaped(text).replaceAll('+', ' '))
  } catch {
    return unescaped(text)
  }
}

async function nothing(answer: AsyncIterable<Buffer>): Promise<null> {
  await textOf(answer)
  return null
}

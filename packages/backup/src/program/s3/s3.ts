import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, fstatSync, ftruncateSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { damaged, newMeter, openInput, stopping } from '../bytes.ts'
import { Problem } from '../problem.ts'
import type { Digest, S3Shelf } from '../verbs.ts'
import { readAccount } from './account.ts'
import { elementsOf, isMissing, textOf } from './answer.ts'
import { askS3, type Bucket } from './request.ts'
import { isSealed, sealOf } from './seal.ts'

/** The largest file that S3 takes in one request, which is there as a whole or not at all. */
const maxFileBytes = 5 * 1024 ** 3
const pageSize = 1_000
/** Files of more than a backup an hour for two months; their names must fit into our answer. */
const maxNames = 4_000
const sealHeader = 'x-amz-meta-ikoma-seal'

export async function listS3(shelf: S3Shelf): Promise<string[]> {
  const bucket = await bucketOf(shelf)
  const prefix = `${shelf.s3.prefix}/${shelf.name}/`
  const keys: string[] = []
  let isWhole = false
  while (!isWhole) {
    const page = await pageAfter(bucket, prefix, keys.at(-1) ?? '')
    keys.push(...page.keys)
    if (keys.length > maxNames) throw new Problem('too_many_files', `There are more than ${maxNames} files there.`)
    isWhole = page.isLast
  }
  return keys.map((key) => key.slice(prefix.length)).sort()
}

async function pageAfter(bucket: Bucket, prefix: string, after: string) {
  const start = after === '' ? {} : { 'start-after': after }
  const query = { 'list-type': '2', prefix, 'encoding-type': 'url', 'max-keys': String(pageSize), ...start }
  const xml = await askS3(bucket, { method: 'GET', query }, textOf)
  const keys = elementsOf(xml, 'Key').map(decoded)
  const isLast = elementsOf(xml, 'IsTruncated')[0] !== 'true'
  const strays = keys.some((key) => !key.startsWith(prefix)) || keys.includes(after)
  if (!strays && (isLast || keys.length > 0)) return { keys, isLast }
  throw new Problem('s3_refused', `${bucket.s3.endpoint} does not list what it was asked for.`)
}

/** The text of a file, null when there is none; refused when it is not as we wrote it: a bucket has other writers. */
export async function readS3({ file, ...shelf }: S3Shelf & { file: string }): Promise<string | null> {
  const bucket = await bucketOf(shelf)
  return orNull(async () => {
    const read = await askS3(bucket, { method: 'GET', file }, async (answer) => {
      return { text: await textOf(answer), seal: String(answer.headers[sealHeader] ?? '') }
    })
    if (isSealed(bucket.account.seal, { ...bucket, file }, read)) return read.text
    throw new Problem('backup_damaged', `${file} is not as it was written, or was written under another ikoma_seal.`)
  })
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

export async function digestS3({ files, ...shelf }: S3Shelf & { files: string[] }): Promise<(Digest | null)[]> {
  const bucket = await bucketOf(shelf)
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() })
  const digests = []
  for (const file of files) digests.push(await receive(bucket, file, nowhere))
  return digests
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
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

async function nothing(answer: AsyncIterable<Buffer>): Promise<null> {
  await textOf(answer)
  return null
}

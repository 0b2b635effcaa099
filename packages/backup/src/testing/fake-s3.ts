import { createHash, createHmac } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer as createHttp, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

export const s3Account = { accessKeyId: 'AKIDFORTESTS', secretAccessKey: 'a-secret-that-nobody-may-see' }

/** What it does to a request instead of serving it; `null` serves it. */
export type S3Fault = (request: { method: string; key: string }) => S3Misdeed | null

export type S3Misdeed =
  | { status: number; code: string }
  /** Closes the connection: before it read anything, in the middle of a body, or after all is done but the answer. */
  | { cut: 'before' | 'within' | 'after' }

export interface StoredObject {
  body: Buffer
  headers: Record<string, string>
}

/**
 * An S3-compatible store with one bucket, as the REST API reference of Amazon S3 documents it: PutObject, GetObject,
 * DeleteObject and ListObjectsV2 by path, with Signature Version 4 in the header. An object is there as a whole or not.
 */
export async function startFakeS3({
  bucket = 'backups',
  region = 'eu-west-3',
  pageSize = 1_000,
  tls,
}: FakeS3Options = {}) {
  const objects = new Map<string, StoredObject>()
  const asked: string[] = []
  const faults: { current: S3Fault } = { current: () => null }
  const store: Store = { bucket, region, pageSize, objects }
  const serve: RequestListener = (request, response) => {
    const { key } = placeOf(request)
    const { method = '' } = request
    asked.push(`${method} ${key}`)
    handle(store, faults.current({ method, key }), { request, response }).catch(() => request.socket.destroy())
  }
  const server = tls ? createHttps({ key: tls.key, cert: tls.certificate }, serve) : createHttp(serve)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  return {
    endpoint: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    bucket,
    region,
    objects,
    /** Each request, as `METHOD key`. */
    asked,
    failWith: (fault: S3Fault | null) => {
      faults.current = fault ?? (() => null)
    },
  }
}

interface FakeS3Options {
  bucket?: string
  region?: string
  pageSize?: number
  tls?: { key: string; certificate: string }
}

interface Store {
  bucket: string
  region: string
  pageSize: number
  objects: Map<string, StoredObject>
}

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
}

async function handle(store: Store, misdeed: S3Misdeed | null, exchange: Exchange): Promise<void> {
  const { request, response } = exchange
  if (misdeed && 'cut' in misdeed && misdeed.cut === 'before') return void request.socket.destroy()
  if (misdeed && 'cut' in misdeed && misdeed.cut === 'within' && request.method === 'PUT') {
    for await (const _ of request) return void request.socket.destroy()
  }
  // As S3 does: a body is read although the answer will be no.
  const body = await buffer(request)
  if (misdeed && 'status' in misdeed) return refuse(response, misdeed)
  const refusal = refusalOf(store, request, body)
  if (refusal) return refuse(response, refusal)
  const answer = answerTo(store, request, body)
  if (misdeed && misdeed.cut === 'after') return void request.socket.destroy()
  response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length })
  if (misdeed?.cut !== 'within') return void response.end(answer.body)
  response.write(answer.body.subarray(0, answer.body.length >> 1), () => request.socket.destroy())
}

function refuse(response: ServerResponse, { status, code }: { status: number; code: string }): void {
  const quoted = `<AWSAccessKeyId>${s3Account.accessKeyId}</AWSAccessKeyId>`
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>No.</Message>${quoted}</Error>`)
}

interface Answer {
  status: number
  headers: Record<string, string>
  body: Buffer
}

function answerTo({ objects, pageSize }: Store, request: IncomingMessage, body: Buffer): Answer {
  const { key, query } = placeOf(request)
  if (request.method === 'GET' && key === '') return xml(listed(objects, query, pageSize))
  if (request.method === 'PUT') {
    const own = Object.entries(request.headers).filter(([name]) => name.startsWith('x-amz-meta-'))
    objects.set(key, { body, headers: Object.fromEntries(own.map(([name, value]) => [name, String(value)])) })
    return { status: 200, headers: {}, body: Buffer.alloc(0) }
  }
  if (request.method === 'DELETE') {
    objects.delete(key)
    return { status: 204, headers: {}, body: Buffer.alloc(0) }
  }
  const found = objects.get(key)
  return found ? { status: 200, ...found } : { ...xml('<Error><Code>NoSuchKey</Code></Error>'), status: 404 }
}

function listed(objects: Store['objects'], query: URLSearchParams, pageSize: number): string {
  const [prefix, after] = [query.get('prefix') ?? '', query.get('start-after') ?? '']
  const most = Math.min(pageSize, Number(query.get('max-keys') ?? 1_000))
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
  const encode = query.get('encoding-type') === 'url' ? encodeURIComponent : (key: string) => key
  const contents = keys.slice(0, most).map((key) => `<Contents><Key>${encode(key)}</Key></Contents>`)
  const truncated = `<IsTruncated>${keys.length > most}</IsTruncated>`
  return `<?xml version="1.0"?><ListBucketResult>${truncated}${contents.join('')}</ListBucketResult>`
}

function xml(text: string): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: Buffer.from(text) }
}

function placeOf({ url = '/' }: IncomingMessage) {
  const { pathname, searchParams } = new URL(url, 'http://s3')
  const [, bucket = '', ...key] = decodeURIComponent(pathname).split('/')
  return { pathname, bucket, key: key.join('/'), query: searchParams }
}

const maxSkewMs = 15 * 60_000

/** Null when the request may be served. */
function refusalOf({ bucket, region }: Store, request: IncomingMessage, body: Buffer) {
  const { headers } = request
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/
  const [, id, day = '', where, names = '', signature] = pattern.exec(headers.authorization ?? '') ?? []
  const time = String(headers['x-amz-date'] ?? '')
  const signedAtMs = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (id !== s3Account.accessKeyId) return { status: 403, code: 'InvalidAccessKeyId' }
  if (where !== region) return { status: 400, code: 'AuthorizationHeaderMalformed' }
  if (!(Math.abs(Date.now() - signedAtMs) < maxSkewMs)) return { status: 403, code: 'RequestTimeTooSkewed' }
  const needed = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))]
  const isSigned = needed.every((name) => names.split(';').includes(name))
  if (!isSigned || signature !== signatureOf(request, { names, day, time, region })) {
    return { status: 403, code: 'SignatureDoesNotMatch' }
  }
  if (placeOf(request).bucket !== bucket) return { status: 404, code: 'NoSuchBucket' }
  const sha256 = createHash('sha256').update(body).digest('hex')
  return sha256 === headers['x-amz-content-sha256'] ? null : { status: 400, code: 'XAmzContentSHA256Mismatch' }
}

/** Source: "Authenticating Requests: Using the Authorization Header (Signature Version 4)", Amazon S3 API Reference. */
function signatureOf(
  request: IncomingMessage,
  { names, day, time, region }: { names: string; day: string; time: string; region: string },
): string {
  const { pathname, query } = placeOf(request)
  const search = [...query].map((pair) => pair.map(encoded).join('=')).sort()
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`)
  const path = decodeURIComponent(pathname).split('/').map(encoded).join('/')
  const sha256 = String(request.headers['x-amz-content-sha256'])
  const canonical = [request.method, path, search.join('&'), headers.join(''), names, sha256].join('\n')
  const digest = createHash('sha256').update(canonical).digest('hex')
  const toSign = ['AWS4-HMAC-SHA256', time, `${day}/${region}/s3/aws4_request`, digest].join('\n')
  const first: string | Buffer = `AWS4${s3Account.secretAccessKey}`
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, first)
  return hmac(key, toSign).toString('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** Writes a file with the account of the fake store, or with other lines. */
export function writeAccount(path: string, more: Record<string, string> = {}): void {
  const lines = {
    aws_access_key_id: s3Account.accessKeyId,
    aws_secret_access_key: s3Account.secretAccessKey,
    ikoma_seal: 'f'.repeat(64),
    ...more,
  }
  const text = Object.entries(lines).map(([name, value]) => `${name} = ${value}`)
  writeFileSync(path, `[default]\n${text.join('\n')}\n`, { mode: 0o600 })
  chmodSync(path, 0o600)
}

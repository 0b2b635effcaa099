import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { pipeline, type Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { fullJitterMs } from '@ikoma/kernel'
import { networkFailure } from '@ikoma/machine'
import { AwsV4Signer } from 'aws4fetch'
import { stopping } from '../bytes.ts'
import { Problem } from '../problem.ts'
import type { Digest, S3Shelf } from '../verbs.ts'
import type { S3Account } from './account.ts'
import { problemOfRefusal, refusalOf, S3Refusal } from './answer.ts'

/** A shelf in a bucket, and what it takes to be let in. */
export interface Bucket extends S3Shelf {
  account: S3Account
  /** The authority to trust, as PEM; without one, Node's own are trusted. */
  ca: string | undefined
}

export interface S3Question {
  method: 'GET' | 'PUT' | 'DELETE'
  /** A file of the shelf; without one, the bucket itself is asked. */
  file?: string
  query?: Record<string, string>
  headers?: Record<string, string>
  body?: S3Body
}

/** The bytes to send, opened anew for each attempt. */
export interface S3Body {
  digest: Digest
  open(): Readable
}

const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const maxAttempts = 4
const backoff = { baseMs: 500, capMs: 8_000 }
/** The longest time without a byte in either direction. The order's own time bounds the whole. */
const silenceMs = 60_000

/** Asks until there is an answer, a few times: everything that is asked of a store may be asked again. */
export async function askS3<T>(
  bucket: Bucket,
  question: S3Question,
  receive: (answer: IncomingMessage) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await receive(await askOnce(bucket, question))
    } catch (error) {
      stopping.throwIfAborted()
      if (attempt === maxAttempts || !mayPass(error)) throw asProblem(error, bucket, question)
      await pause(fullJitterMs(backoff, attempt, Math.random()), undefined, { signal: stopping })
    }
  }
}

async function askOnce(bucket: Bucket, question: S3Question): Promise<IncomingMessage> {
  const { s3, name, ca } = bucket
  const { method, file, query = {}, body } = question
  const path = file === undefined ? [s3.bucket] : [s3.bucket, ...s3.prefix.split('/'), name, file]
  const url = new URL(path.map(encodeURIComponent).join('/'), s3.endpoint)
  url.search = new URLSearchParams(query).toString()
  const headers = await signedHeaders(bucket, question, url)
  const ask = url.protocol === 'https:' ? requestHttps : requestHttp
  // Redirects are not followed: what we send is for this place.
  const request = ask(url, { method, headers, signal: stopping, ...(ca === undefined ? {} : { ca }) })
  const answer = await answerTo(request, body)
  const { statusCode = 0 } = answer
  if (statusCode >= 200 && statusCode < 300) return answer
  const refusal = await refusalOf(answer)
  // The rest of a body would still be sent.
  request.destroy()
  throw refusal
}

async function signedHeaders({ s3, account }: Bucket, { method, headers, body }: S3Question, url: URL) {
  const { accessKeyId, secretAccessKey, sessionToken } = account
  const signer = new AwsV4Signer({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    method,
    url: url.href,
    headers: { ...headers, 'x-amz-content-sha256': body?.digest.sha256 ?? emptySha256 },
    service: 's3',
    region: s3.region,
  })
  const signed = Object.fromEntries((await signer.sign()).headers)
  return body === undefined ? signed : { ...signed, 'content-length': String(body.digest.bytes) }
}

function answerTo(request: ClientRequest, body: S3Body | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve).on('error', reject)
    request.setTimeout(silenceMs, () => request.destroy(Object.assign(new Error('silent'), { code: 'ETIMEDOUT' })))
    if (!body) return void request.end()
    // A store that answers before it has read everything may have gone when the rest is sent: its answer counts.
    pipeline(body.open(), request, (error) => error && reject(error))
  })
}

const passing = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']
/** The code of a connection that was cut in the middle of a body. */
const cut = 'ERR_STREAM_PREMATURE_CLOSE'

function mayPass(error: unknown): boolean {
  if (error instanceof S3Refusal) {
    const { status, code } = error
    return status === 429 || code === 'RequestTimeout' || (status >= 500 && status !== 507)
  }
  const { code = '' } = error as NodeJS.ErrnoException
  return passing.includes(code) || code === cut
}

function asProblem(error: unknown, { s3 }: Bucket, { method, file }: S3Question): unknown {
  const { endpoint } = s3
  const isRead = method === 'GET' && file !== undefined
  if (error instanceof S3Refusal) return problemOfRefusal(error, `${endpoint}/${s3.bucket}`, isRead)
  const { code = '' } = error as NodeJS.ErrnoException
  if (code === cut) return new Problem('connection_reset', `${endpoint} closed the connection in the middle.`)
  const failure = networkFailure(endpoint, error, false)
  // A full disk, and other errors that are ours.
  if (failure.code === 'connection_failed') return error
  return new Problem(failure.code, failure.message)
}

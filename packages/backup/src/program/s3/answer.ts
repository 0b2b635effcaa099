import type { IncomingMessage } from 'node:http'
import { Problem } from '../problem.ts'

/** A list of a thousand names takes a third of it. */
const maxTextBytes = 2 * 1024 * 1024

/** The body of an answer that is no backup. */
export async function textOf(answer: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of answer) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes > maxTextBytes) throw new Problem('s3_refused', 'The store answered with more than was asked of it.')
  }
  return Buffer.concat(pieces).toString()
}

/** What the elements of one name hold. Answers are flat, and what we ask for in them is escaped as in a URL, or a word. */
export function elementsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => text)
}

/** The store says no. What it says beyond its code may quote the account, and is not told. */
export class S3Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string) {
    super(`${status} ${code}`)
    this.status = status
    this.code = code
  }
}

export async function refusalOf(answer: IncomingMessage): Promise<S3Refusal> {
  // It may go away before it has said why.
  const [code = ''] = elementsOf(await textOf(answer).catch(() => ''), 'Code')
  return new S3Refusal(answer.statusCode ?? 0, /^[A-Za-z0-9]{1,64}$/.test(code) ? code : '')
}

/** The reason of what is not there. */
export const isMissing = 's3_missing'

const full = ['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull', 'EntityTooLarge']
const otherBytes = ['XAmzContentSHA256Mismatch', 'BadDigest', 'IncompleteBody']

/** A refusal as people should hear of it. */
export function toldRefusal({ status, code }: S3Refusal, place: string): Problem {
  const said = `${place} answered ${[status, code].join(' ').trim()}`
  // Of a file; that the bucket is not there is a refusal.
  if (status === 404 && code !== 'NoSuchBucket') return new Problem(isMissing, `${said}: there is none.`)
  if (status === 507 || full.includes(code)) {
    return new Problem('bucket_full', `${said}: it takes no more. Nothing was kept of it.`)
  }
  if (otherBytes.includes(code)) return new Problem('backup_damaged', `${said}: other bytes arrived than were taken.`)
  if (status >= 500 || status === 429) return new Problem('s3_unavailable', `${said}, again and again.`)
  if (status >= 300 && status < 400)
    return new Problem('s3_refused', `${said}: endpoint and region do not belong to it.`)
  if (code === 'RequestTimeTooSkewed') return new Problem('s3_refused', `${said}: the clock of this server is wrong.`)
  return new Problem('s3_refused', `${said}. Look at the bucket's name, the account's file and its rights.`)
}

import type { IncomingMessage } from 'node:http'
import { Problem } from '../problem.ts'

/** The longest text to read: a list of a thousand names takes a third of it. */
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

const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&amp;': '&' }

/** A text of a store that answers in XML alone, whatever it was asked for. */
export function unescaped(xml: string): string {
  return xml.replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => entities[entity] ?? entity)
}

/** The store's refusal. The text beside its code may quote the account, and is dropped. */
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
  // The store may go away before it has sent a reason.
  const [code = ''] = elementsOf(await textOf(answer).catch(() => ''), 'Code')
  return new S3Refusal(answer.statusCode ?? 0, /^[A-Za-z0-9]{1,64}$/.test(code) ? code : '')
}

/** The reason of a file that is not there. */
export const isMissing = 's3_missing'

/** The reason of a file that the store keeps, and does not give: in a glacier, or encrypted with another key. */
export const objectRefused = 's3_object_refused'
const ofOneObject = ['AccessDenied', 'InvalidObjectState', 'InvalidRequest', 'InvalidArgument', 'KMS']

const full = ['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull', 'EntityTooLarge']
const otherBytes = ['XAmzContentSHA256Mismatch', 'BadDigest', 'IncompleteBody']

/** A refusal as people should hear of it. */
export function problemOfRefusal({ status, code }: S3Refusal, place: string, isRead = false): Problem {
  const answer = `${place} answered ${[status, code].join(' ').trim()}`
  // A file is missing; that the bucket is not there is a refusal.
  if (status === 404 && code !== 'NoSuchBucket') return new Problem(isMissing, `${answer}: there is none.`)
  if (status === 507 || full.includes(code)) {
    return new Problem('bucket_full', `${answer}: it takes no more. Nothing was kept of it.`)
  }
  if (otherBytes.includes(code)) return new Problem('backup_damaged', `${answer}: other bytes arrived than were taken.`)
  if (status >= 500 || status === 429) return new Problem('s3_unavailable', `${answer}, again and again.`)
  if (status >= 300 && status < 400)
    return new Problem('s3_refused', `${answer}: endpoint and region do not belong to it.`)
  if (code === 'RequestTimeTooSkewed') return new Problem('s3_refused', `${answer}: the clock of this server is wrong.`)
  if (isRead && ofOneObject.some((each) => code.startsWith(each))) {
    return new Problem(
      objectRefused,
      `${answer}: it does not give this file. Look at the rights to it, and how it is kept.`,
    )
  }
  return new Problem('s3_refused', `${answer}. Look at the bucket's name, the account's file and its rights.`)
}

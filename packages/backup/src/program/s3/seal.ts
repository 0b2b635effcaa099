import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Bucket } from './request.ts'

/** Where a text lies in a bucket: what was written at one place says nothing at another. */
export type Place = Pick<Bucket, 's3' | 'name'> & { file: string }

const version = 'v2:'

/** The seal of a text at its place: its bucket, its folder there, the name of the backups and that of the file. */
export function sealOf(key: string, { s3, name, file }: Place, text: string): string {
  return version + digest(key, JSON.stringify(['ikoma-s3-seal', 2, s3.bucket, s3.prefix, name, file, text]))
}

/** Whether a text was written under this key at this place. Seals without a version are from before the bucket was in them. */
export function isSealed(key: string, place: Place, { text, seal }: { text: string; seal: string }): boolean {
  const wanted = seal.startsWith(version) ? sealOf(key, place, text) : firstSealOf(key, place, text)
  const [one, other] = [Buffer.from(seal), Buffer.from(wanted)]
  return one.length === other.length && timingSafeEqual(one, other)
}

function firstSealOf(key: string, { name, file }: Place, text: string): string {
  return digest(key, `${name}/${file}\n${text}`)
}

const digest = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex')

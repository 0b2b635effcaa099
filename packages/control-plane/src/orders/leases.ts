import { createHmac, randomBytes } from 'node:crypto'
import { equalDigests } from '@ikoma/kernel/node'
import type { Speaker } from '../instances.ts'

/** Which start of which runner, on which machine. */
export interface LeaseHolder {
  runnerId: string
  speaker: Speaker | null
}

/**
 * Leases that nobody can guess, of which any process that shares the keys can tell whom they were made for: so a claim
 * whose answer was lost can be given again to the very start of the runner that asked for it, and to no other.
 */
export function newLeases(key: Uint8Array, holder: LeaseHolder, count: number): string[] {
  const random = randomBytes(16).toString('base64url')
  const mark = markOf(key, holder, random)
  return Array.from({ length: count }, (_, place) => `${random}.${mark}.${place}`)
}

export function isLeaseOf(key: Uint8Array, holder: LeaseHolder, lease: string | null): boolean {
  const [random = '', mark = ''] = lease?.split('.') ?? []
  // A program that does not say which start of it speaks is not told apart from another.
  return holder.speaker !== null && mark !== '' && equalDigests(mark, markOf(key, holder, random))
}

function markOf(key: Uint8Array, { runnerId, speaker }: LeaseHolder, random: string): string {
  const whose = speaker === null ? '' : `${speaker.machine}.${speaker.boot}`
  return createHmac('sha256', key).update(`lease ${runnerId} ${whose} ${random}`).digest('base64url').slice(0, 22)
}

import type { Grant } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Journal } from '../protocol/journal.ts'

/** What makes room; its like is asked for when there is none. */
const makesRoom: readonly string[] = ['backup.prune']

/** Refuses what a full disk would break half-way, before anything is begun. What looks is done, and what makes room. */
export async function refuseWhenFull({ type, risk }: Grant, journal: Journal): Promise<void> {
  if (risk === 'read' || makesRoom.includes(type) || !(await journal.isFull())) return
  const message = `The disk of this server is full, so ${type} was not begun. Look with diagnose.run, make room with backup.prune, then place it again.`
  throw new AppError('unavailable', message, { reason: 'disk_full' })
}

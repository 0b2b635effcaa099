import { AppError } from '@ikoma/kernel'
import { eq } from 'drizzle-orm'
import type { Reader } from './calendar.ts'
import type { Resource } from './resources.ts'
import { staffMembers } from './schema.ts'

/** Who is of a team goes out with it; who is of none works at the bays. */
export async function refuseElsewhere(reader: Reader, id: string, others: readonly Resource[]): Promise<void> {
  const [member] = await reader.select().from(staffMembers).where(eq(staffMembers.id, id))
  if (!member) throw new Error(`member ${id} is a resource without a member of the staff`)
  const places = others.filter(({ kind }) => kind !== 'staff')
  const works = places.some(({ id: place, kind }) =>
    kind === 'team' ? member.teamId === place : member.teamId === null,
  )
  if (works || places.length === 0) return
  throw new AppError('unprocessable', 'staff_id: they work elsewhere: at the bays, or with another team.', {
    reason: 'staff_elsewhere',
  })
}

import { AppError } from '@ikoma/kernel'
import { asc, eq } from 'drizzle-orm'
import { distanceM, type Place, reaches } from '../domain/mobile-area.ts'
import { dayAfter, firstInstantOf, localOf, type Span } from '../domain/zoned-time.ts'
import type { Reader } from './calendar.ts'
import { mobileTeams, resources } from './schema.ts'
import { holds, readTaken } from './taken-times.ts'

type Team = typeof mobileTeams.$inferSelect

/** Teams that come to this place, the nearest first. One whose base nobody knows comes nowhere. */
export async function teamsFor(reader: Reader, place: Place): Promise<string[]> {
  const active = await reader
    .select({ team: mobileTeams })
    .from(mobileTeams)
    .innerJoin(resources, eq(resources.id, mobileTeams.id))
    .where(eq(resources.status, 'active'))
    .orderBy(asc(mobileTeams.name))
  return active
    .flatMap(({ team }) => {
      const base = baseOf(team)
      return base && reaches(base, team.radiusM, place) ? [{ id: team.id, far: distanceM(base, place) }] : []
    })
    .toSorted((a, b) => a.far - b.far)
    .map(({ id }) => id)
}

export function baseOf({ baseLatitude: latitude, baseLongitude: longitude }: Team): Place | null {
  return latitude === null || longitude === null ? null : { latitude, longitude }
}

interface Asked {
  site: { zone: string }
  time: { startsAt: number; now: number; location?: Place | null }
  /** A slot of the team's that is moved, and counts no more where it is. */
  but: string | null
}

/** Why a team whose row is locked does not go there then, whatever it was when it was chosen: null when it goes. */
export async function teamRefusal(reader: Reader, id: string, { site, time, but }: Asked): Promise<AppError | null> {
  const [team] = await reader.select().from(mobileTeams).where(eq(mobileTeams.id, id))
  if (!team) throw new Error(`team ${id} is a resource without a team`)
  const base = baseOf(team)
  if (time.location && !(base && reaches(base, team.radiusM, time.location))) return outOfReach()
  const day = dayOf(time.startsAt, site.zone)
  const taken = await readTaken(reader, [id], day)
  const others = taken.filter(
    ({ slotId, ...slot }) => slotId !== but && isOn(day, slot.startsAt) && holds(slot, time.now),
  )
  if (others.length < team.dailyCapacity) return null
  return new AppError('conflict', `The team has ${team.dailyCapacity} bookings on that day, which is all it takes.`, {
    reason: 'team_full',
  })
}

/** The day of the place that this is on. */
function dayOf(instant: number, zone: string): Span {
  const { date } = localOf(instant, zone)
  return { from: firstInstantOf(date, '00:00', zone), to: firstInstantOf(dayAfter(date), '00:00', zone) }
}

const isOn = ({ from, to }: Span, instant: number) => from <= instant && instant < to

export function outOfReach(): AppError {
  return new AppError('unprocessable', 'customer_location: no team comes there.', { reason: 'out_of_reach' })
}

import { DatabaseError, databaseError, type Transaction } from '@ikoma/backend/postgres'
import { AppError, newId } from '@ikoma/kernel'
import { and, eq, inArray, isNull, or } from 'drizzle-orm'
import { blockedBy, type Refusal, refusal } from '../domain/availability.ts'
import type { Place } from '../domain/mobile-area.ts'
import type { Calendar } from '../domain/opening-hours.ts'
import { localOf, type Span } from '../domain/zoned-time.ts'
import { readSite, type Site } from './calendar.ts'
import { knownCalendars } from './known-calendars.ts'
import { teamRefusal } from './mobile-teams.ts'
import { lockResources, type Resource } from './resources.ts'
import { bookings, timeSlots } from './schema.ts'
import { refuseElsewhere } from './staff.ts'
import { holds, rangeOf, readTaken, type TakenTime } from './taken-times.ts'

/** Of one resource, what is taken: a new slot, or one that is moved there from where it is. */
export interface Claim {
  resourceId: string
  moved?: { slotId: string; resourceId: string } | null
  /** What the booking has of it already: hours are not asked of that again. */
  held?: Span | null
}

export interface WantedTime {
  startsAt: number
  durationMin: number
  now: number
  /** Who stands at the gate: neither notice nor hours are asked for, only that nobody else has the place. */
  walkIn?: boolean
  /** Staff changes what stands: neither notice nor horizon are asked for. */
  edit?: boolean
  /** Where a team has to go. */
  location?: Place | null
}

export interface TakenSlots {
  /** In the order of the claims. */
  slotIds: string[]
  span: Span
  site: Site
}

/**
 * Takes one time of each of these resources, or moves the slots that are given there. The place is held open and the rows of
 * the resources locked until the transaction ends: of many who want one time, one gets it and the others a conflict.
 * Whatever others write, a constraint of the table keeps slots apart.
 */
export async function takeTime(tx: Transaction, claims: readonly Claim[], time: WantedTime): Promise<TakenSlots> {
  const span = { from: time.startsAt, to: time.startsAt + time.durationMin * 60_000 }
  const site = await readSite(tx, 'share')
  const ids = claims.map(({ resourceId }) => resourceId)
  const left = claims.flatMap(({ moved }) => (moved ? [moved.resourceId] : []))
  const locked = await lockResources(tx, [...ids, ...left])
  const blocked = blockedBy(span, site)
  const taken = await takenOfOthers(tx, claims, blocked, time.now)
  // What most of a crowd is told, before anything else is read.
  for (const { resourceId } of claims) {
    const resource = locked.get(resourceId)
    if (resource) refuseWhere(resource, taken.some((other) => other.resourceId === resourceId) && 'taken')
  }
  const calendars = time.walkIn ? null : await knownCalendars(tx, site, span, ids)
  for (const { resourceId, moved, held } of claims) {
    const resource = locked.get(resourceId)
    if (!resource) continue
    const stays = time.edit && moved?.resourceId === resourceId
    if (resource.status !== 'active' && !stays) throw unavailable(resource)
    if (calendars && !(held && isWithin(span, held)))
      refuseWhere(resource, whyNot(calendars.of(resourceId), site, time), { site, time })
    if (resource.kind === 'team' && !stays) {
      const full = await teamRefusal(tx, resource.id, { site, time, but: moved?.slotId ?? null })
      if (full) throw full
    }
    if (resource.kind === 'staff') await refuseElsewhere(tx, resourceId, [...locked.values()])
  }
  const slotIds: string[] = []
  for (const { resourceId, moved } of claims)
    slotIds.push(await writeSlot(tx, { resourceId, span, blocked }, moved?.slotId ?? null))
  return { slotIds, span, site }
}

export interface WantedSlot extends WantedTime {
  resourceId: string
}

/** The same of one resource alone. */
export async function takeSlot(
  tx: Transaction,
  { resourceId, ...time }: WantedSlot,
  moved: string | null = null,
): Promise<{ slotId: string; span: Span; site: Site }> {
  const [before] = moved === null ? [] : await tx.select().from(timeSlots).where(eq(timeSlots.id, moved))
  const claim = { resourceId, moved: before ? { slotId: before.id, resourceId: before.resourceId } : null }
  const { slotIds, span, site } = await takeTime(tx, [claim], time)
  return { slotId: slotIds[0] ?? '', span, site }
}

/** What others have of it then; holds that are over are ended. */
async function takenOfOthers(
  tx: Transaction,
  claims: readonly Claim[],
  blocked: Span,
  now: number,
): Promise<TakenTime[]> {
  const mine = claims.map(({ moved }) => moved?.slotId)
  const near = await readTaken(
    tx,
    claims.map(({ resourceId }) => resourceId),
    blocked,
  )
  const others = near.filter(({ slotId }) => !mine.includes(slotId))
  const over = others.filter((other) => !holds(other, now))
  if (over.length > 0) {
    const slotIds = over.map(({ slotId }) => slotId)
    await cancelHolds(tx, slotIds)
    await releaseSlots(tx, slotIds)
  }
  return others.filter((other) => holds(other, now))
}

/**
 * Ends bookings whose holds are over and whose times somebody else takes. One that has a time of a second resource too, whose
 * row is not locked here, is left to the worker: until then it is over for everybody who looks at its hold.
 */
async function cancelHolds(tx: Transaction, slotIds: readonly string[]): Promise<void> {
  const among = [...slotIds]
  await tx
    .update(bookings)
    .set({ status: 'cancelled', endReason: 'hold_expired' })
    .where(
      and(
        eq(bookings.status, 'pending'),
        inArray(bookings.slotId, among),
        or(isNull(bookings.staffSlotId), inArray(bookings.staffSlotId, among)),
      ),
    )
}

function whyNot(
  calendar: Calendar,
  site: Site,
  { durationMin, now, startsAt, edit = false }: WantedTime,
): Refusal | null {
  return refusal({ calendar, rules: site, durationMin, blocked: [], now, edit }, startsAt)
}

const isWithin = (span: Span, held: Span) => held.from <= span.from && span.to <= held.to

/** Frees times of resources that the transaction has locked. */
export async function releaseSlots(tx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await tx
    .update(timeSlots)
    .set({ released: true })
    .where(inArray(timeSlots.id, [...ids]))
}

async function writeSlot(
  tx: Transaction,
  { resourceId, span, blocked }: { resourceId: string; span: Span; blocked: Span },
  moved: string | null,
): Promise<string> {
  const id = moved ?? newId()
  const times = { startsAt: new Date(span.from), endsAt: new Date(span.to), blocked: rangeOf(blocked) }
  const row = { resourceId, ...times, released: false }
  try {
    if (moved === null) await tx.insert(timeSlots).values({ id, ...row })
    else await tx.update(timeSlots).set(row).where(eq(timeSlots.id, id))
    return id
  } catch (error) {
    const told = databaseError(error)
    throw told instanceof DatabaseError && told.constraint === 'time_slots_apart' ? taken() : told
  }
}

export function taken(): AppError {
  return new AppError('conflict', 'This time is taken. Choose another.', { reason: 'slot_taken' })
}

function unavailable({ kind }: Resource): AppError {
  return kind === 'staff'
    ? new AppError('unprocessable', 'staff_id: they take no bookings now.', { reason: 'staff_unavailable' })
    : new AppError('unprocessable', 'This bay or team takes no bookings now.', { reason: 'resource_unavailable' })
}

function refuseWhere({ kind }: Resource, why: Refusal | false | null, told?: { site: Site; time: WantedTime }): void {
  if (!why) return
  if (kind === 'staff' && why === 'taken')
    throw new AppError('conflict', 'staff_id: they are taken then.', { reason: 'staff_taken' })
  if (kind === 'staff' && why === 'closed')
    throw new AppError('unprocessable', 'staff_id: they do not work then.', { reason: 'staff_away' })
  if (why === 'taken' || !told) throw taken()
  throw refusalError(why, told.site, told.time.startsAt)
}

type Told = Pick<Site, 'zone' | 'noticeMin' | 'horizonDays'>

export function refusalError(why: Refusal, site: Told, startsAt: number): AppError {
  if (why === 'taken') return taken()
  const { date, time, offset } = localOf(startsAt, site.zone)
  const messages = {
    too_soon: `Book at least ${site.noticeMin} minutes ahead.`,
    too_far: `Book at most ${site.horizonDays} days ahead.`,
    closed: `The place is closed at some time of what begins on ${date} at ${time} (${offset}).`,
  }
  return new AppError('unprocessable', messages[why], { reason: why })
}

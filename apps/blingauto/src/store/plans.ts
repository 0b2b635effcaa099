import { createHash } from 'node:crypto'
import type { Kept } from '@ikoma/backend/http'
import type { Database, Transaction } from '@ikoma/backend/postgres'
import { and, eq, or, type SQL, sql } from 'drizzle-orm'
import { bookable } from '../domain/availability.ts'
import { type Calendar, openSpans } from '../domain/opening-hours.ts'
import type { Plan, PlannedResource } from '../domain/plan.ts'
import { dayAfter, firstInstantOf, overlap, type Span } from '../domain/zoned-time.ts'
import { type Calendars, type Reader, readCalendars, type Site } from './calendar.ts'
import { baseOf } from './mobile-teams.ts'
import { mobileTeams, resources, site, staffMembers, washBays } from './schema.ts'
import { readTaken } from './taken-times.ts'

/** What a plan is of. */
export interface Scope {
  kind: 'bay' | 'team'
  staffId: string | null
  /** A day of the place, and how many from it. */
  date: string
  days: number
}

const day = 86_400_000

/**
 * The plan of these days. One that was kept is used only when the versions of the place and of every resource, which are asked
 * first, are those that it was read with: who changes hours, rules or what is taken counts them up in the same transaction.
 */
export async function readPlan(
  database: Database,
  kept: Kept,
  scope: Scope,
  now: number,
): Promise<{ plan: Plan; site: Site }> {
  const key = [format, scope.kind, scope.staffId ?? '', scope.date, scope.days].join('|')
  const known = parsed(await kept.get(key))
  if (known) {
    const { stamp, site: place } = await readStamp(database.db, scope)
    if (known.stamp === stamp) return { plan: known.plan, site: place }
  }
  const read = await computePlan(database, scope)
  if (isAsked(read.plan, scope, bookable(read.site, now)))
    await kept.set(key, JSON.stringify({ stamp: read.stamp, plan: read.plan }))
  return read
}

/** Counted up when a plan becomes another thing: those of the former version are no plans then. */
const format = 'plan-1'

function parsed(text: string | null): { stamp: string; plan: Plan } | null {
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}

/** Strangers ask for what they like: days on which nobody books, and people who are not there, are not kept for them. */
function isAsked({ window, resources: found }: Plan, { staffId }: Scope, times: Span): boolean {
  return overlap(window, times) && (staffId === null || found.some(({ id }) => id === staffId))
}

/** As it is now, whatever is kept: all of it, and its stamp, from one snapshot. */
export async function computePlan(
  database: Database,
  scope: Scope,
): Promise<{ plan: Plan; site: Site; stamp: string }> {
  return database.transaction(
    async (tx) => {
      const { stamp, site: place } = await readStamp(tx, scope)
      return { plan: await planOf(tx, place.zone, scope), site: place, stamp }
    },
    { isolation: 'repeatable read' },
  )
}

function wanted({ kind, staffId }: Scope): SQL | undefined {
  const active = and(eq(resources.kind, kind), eq(resources.status, 'active'))
  const member = staffId === null ? undefined : and(eq(resources.id, staffId), eq(resources.status, 'active'))
  return or(active, member)
}

/** In one query. Beside the versions, which rows they are: those of a restored database begin anew. */
async function readStamp(reader: Reader, scope: Scope) {
  const rows = await reader
    .select({
      site,
      placed: sql<string>`${site}.xmin::text`,
      resource: sql<string>`${resources.id} || '.' || ${resources.version} || '.' || ${resources}.xmin`,
    })
    .from(site)
    .leftJoin(resources, wanted(scope))
    .orderBy(resources.id)
  const [first] = rows
  if (!first) throw new Error('The place is not set up: run the seed.')
  const text = [`${first.site.version}.${first.placed}`, ...rows.map(({ resource }) => resource)].join(' ')
  return { site: first.site, stamp: createHash('sha256').update(text).digest('base64url') }
}

async function planOf(tx: Transaction, zone: string, scope: Scope): Promise<Plan> {
  const found = await readResources(tx, wanted(scope))
  const ids = found.map(({ id }) => id)
  const dates = Array.from({ length: scope.days + 1 }, (_, n) => dayAfter(scope.date, n))
  const edges = dates.map((date) => firstInstantOf(date, '00:00', zone))
  const days = edges.slice(1).map((to, n) => ({ from: edges[n] ?? to, to }))
  const window = { from: edges[0] ?? 0, to: edges.at(-1) ?? 0 }
  const around = { from: window.from - day, to: window.to + day }
  const calendars = await readCalendars(tx, zone, around, ids)
  const taken = await readTaken(tx, ids, around)
  return {
    ...{ window, days, resources: found, open: openOf(calendars, ids, around) },
    // In an order of its own, not in that in which the rows happen to lie.
    taken: taken
      .map(({ slotId: _, ...time }) => time)
      .toSorted((a, b) => a.from - b.from || (a.resourceId < b.resourceId ? -1 : 1)),
  }
}

/** Most have the hours of the place: those are worked out once. */
function openOf(calendars: Calendars, ids: readonly string[], around: Span): Record<string, Span[]> {
  const known = new Map<string, Span[]>()
  const spansOf = (calendar: Calendar) => {
    const key = JSON.stringify([calendar.own, calendar.closures])
    const spans = known.get(key) ?? openSpans(calendar, around)
    known.set(key, spans)
    return spans
  }
  return Object.fromEntries(ids.map((id) => [id, spansOf(calendars.of(id))]))
}

/** Bays, teams and people, with what a booking asks of them. */
export async function readResources(reader: Reader, which: SQL | undefined): Promise<PlannedResource[]> {
  const rows = await reader
    .select({ resource: resources, bay: washBays, team: mobileTeams, member: staffMembers })
    .from(resources)
    .leftJoin(washBays, eq(washBays.id, resources.id))
    .leftJoin(mobileTeams, eq(mobileTeams.id, resources.id))
    .leftJoin(staffMembers, eq(staffMembers.id, resources.id))
    .where(which)
    .orderBy(resources.id)
    .limit(5_000)
  return rows.map(({ resource, bay, team, member }) => ({
    id: resource.id,
    kind: resource.kind,
    name: bay?.bayNumber ?? team?.name ?? (member ? `${member.firstName} ${member.lastName}` : ''),
    largest: bay?.maxVehicleSize ?? null,
    base: team ? baseOf(team) : null,
    radiusM: team?.radiusM ?? 0,
    dailyCapacity: team?.dailyCapacity ?? 0,
    teamId: member?.teamId ?? null,
  }))
}

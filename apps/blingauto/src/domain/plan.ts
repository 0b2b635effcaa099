import { type BookingRules, blockedBy, bookable, type Refusal, startsWithin } from './availability.ts'
import { distanceM, type Place, reaches } from './mobile-area.ts'
import { fits, type VehicleSize, vehicleSizes } from './vehicle.ts'
import { common, overlap, type Span } from './zoned-time.ts'

export interface PlannedResource {
  id: string
  /** Bays by number, teams by name. */
  name: string
  kind: 'bay' | 'team' | 'staff'
  /** Of a bay. */
  largest: VehicleSize | null
  /** Of a team; null where nobody knows where it starts. */
  base: Place | null
  radiusM: number
  dailyCapacity: number
  /** Of a member of the staff: the team that they go out with. */
  teamId: string | null
}

/** What is known of resources over some days, whatever time it is now. */
export interface Plan {
  window: Span
  /** Each day of the place. */
  days: Span[]
  resources: PlannedResource[]
  /** When each is open, a day before and after the window too. */
  open: Record<string, Span[]>
  taken: { resourceId: string; from: number; to: number; startsAt: number; holdUntil: number | null }[]
}

/** What somebody wants to have washed. */
export interface Wish {
  durationMin: number
  size: VehicleSize
  /** Where a team has to go; without it the vehicle comes to a bay. */
  location: Place | null
  /** The one bay or team that is wanted. */
  placeId: string | null
  /** Who shall wash. */
  staffId: string | null
}

/** Bays and teams that the wish is for, in the order in which they are tried: the smallest bay, the nearest team. */
export function candidatesOf({ resources }: Plan, wish: Wish): PlannedResource[] {
  const member = resources.find(({ id }) => id === wish.staffId)
  if (wish.staffId !== null && member?.kind !== 'staff') return []
  const named = resources.filter(({ id }) => wish.placeId === null || id === wish.placeId)
  const { location } = wish
  if (location === null) {
    const bays = member && member.teamId !== null ? [] : named.filter(({ kind }) => kind === 'bay')
    return bays
      .filter(({ largest }) => largest !== null && fits(wish.size, largest))
      .toSorted((a, b) => rank(a) - rank(b) || compare(a.name, b.name))
  }
  return named
    .flatMap((team) => {
      const { base, radiusM } = team
      const goes = team.kind === 'team' && (!member || member.teamId === team.id)
      return goes && base && reaches(base, radiusM, location) ? [{ team, far: distanceM(base, location) }] : []
    })
    .toSorted((a, b) => a.far - b.far || compare(a.team.name, b.team.name))
    .map(({ team }) => team)
}

const rank = ({ largest }: PlannedResource) => vehicleSizes.indexOf(largest ?? 'compact')
const compare = (a: string, b: string) => (a < b ? -1 : 1)

interface Now {
  rules: BookingRules
  now: number
}

/** Each start within the window, in order, with those of the candidates that are free then. */
export function offers(plan: Plan, wish: Wish, { rules, now }: Now): { start: number; ids: string[] }[] {
  const byStart = new Map<number, string[]>()
  for (const place of candidatesOf(plan, wish)) {
    const blocked = takenOf(plan, [place.id, wish.staffId], now)
    const full = fullDays(plan, place, now)
    const asked = { rules, durationMin: wish.durationMin, blocked, now }
    for (const start of startsWithin(hoursOf(plan, place.id, wish.staffId), asked, plan.window)) {
      if (full.some(({ from, to }) => from <= start && start < to)) continue
      byStart.set(start, [...(byStart.get(start) ?? []), place.id])
    }
  }
  return [...byStart].toSorted(([a], [b]) => a - b).map(([start, ids]) => ({ start, ids }))
}

export type Answer = Refusal | 'team_full' | 'no_resource' | 'out_of_reach'

/** Which of the candidates are free at one time; where none is, why not. */
export function offerAt(
  plan: Plan,
  wish: Wish,
  { rules, now, start }: Now & { start: number },
): { ids: string[]; reason: Answer | null } {
  const { from, to } = bookable(rules, now)
  if (start < from) return { ids: [], reason: 'too_soon' }
  if (start > to) return { ids: [], reason: 'too_far' }
  const candidates = candidatesOf(plan, wish)
  if (candidates.length === 0) return { ids: [], reason: wish.location ? 'out_of_reach' : 'no_resource' }
  const span = { from: start, to: start + wish.durationMin * 60_000 }
  const why = candidates.map((place): Answer | null => {
    const open = hoursOf(plan, place.id, wish.staffId)
    if (takenOf(plan, [place.id, wish.staffId], now).some((other) => overlap(blockedBy(span, rules), other)))
      return 'taken'
    if (!open.some((hours) => hours.from <= span.from && span.to <= hours.to)) return 'closed'
    return fullDays(plan, place, now).some((full) => full.from <= start && start < full.to) ? 'team_full' : null
  })
  const ids = candidates.filter((_, n) => why[n] === null).map(({ id }) => id)
  const reason = (['taken', 'team_full', 'closed'] as const).find((each) => why.includes(each)) ?? null
  return { ids, reason: ids.length > 0 ? null : reason }
}

function hoursOf({ open }: Plan, placeId: string, staffId: string | null): Span[] {
  const hours = open[placeId] ?? []
  return staffId === null ? hours : common(hours, open[staffId] ?? [])
}

function takenOf({ taken }: Plan, ids: readonly (string | null)[], now: number): Span[] {
  return taken.filter(({ resourceId, holdUntil }) => ids.includes(resourceId) && holds(holdUntil, now))
}

const holds = (holdUntil: number | null, now: number) => holdUntil === null || holdUntil > now

/** Days on which the team has all that it takes. */
function fullDays({ days, taken }: Plan, { id, kind, dailyCapacity }: PlannedResource, now: number): Span[] {
  if (kind !== 'team') return []
  const mine = taken.filter(({ resourceId, holdUntil }) => resourceId === id && holds(holdUntil, now))
  return days.filter(
    ({ from, to }) => mine.filter(({ startsAt }) => from <= startsAt && startsAt < to).length >= dailyCapacity,
  )
}

import type { Hours, Week } from '../domain/opening-hours.ts'

/** What the place was told, kept aside and looked at in another way than the app does: a quarter of an hour at a time. */
export interface Told {
  zone: string
  week: Week
  days: Record<string, Hours[]>
  own: Record<string, Week | null>
  closures: { id: string; from: number; to: number; resourceId: string | null }[]
}

const quarter = 900_000
const formats = new Map<string, Intl.DateTimeFormat>()

/** Whether every quarter of an hour of this time is within the hours of the place and of each of these resources. */
export function wasOpen(
  told: Told,
  { from, to }: { from: number; to: number },
  resourceIds: readonly string[],
): boolean {
  for (let at = from; at < to; at += quarter) if (!isOpenAt(told, at, resourceIds)) return false
  return true
}

function isOpenAt({ zone, week, days, own, closures }: Told, at: number, resourceIds: readonly string[]): boolean {
  const { date, weekday } = clockOf(at, zone)
  // Where an autumn night goes back, hours that have begun go on, and those that are over stay so.
  const hour = [0, 1, 2, 3, 4].map((n) => clockOf(at - n * quarter, zone)).filter((clock) => clock.date === date)
  const time = hour.map((clock) => clock.time).reduce((latest, each) => (each > latest ? each : latest))
  const within = (hours: readonly Hours[]) => hours.some(({ from, to }) => from <= time && time < to)
  if (!within(days[date] ?? week[weekday] ?? [])) return false
  if (resourceIds.some((id) => own[id] && !within(own[id][weekday] ?? []))) return false
  return !closures.some(
    (closure) =>
      closure.from <= at &&
      at < closure.to &&
      (closure.resourceId === null || resourceIds.includes(closure.resourceId)),
  )
}

function clockOf(at: number, zone: string) {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'short', timeStyle: 'short', hourCycle: 'h23' })
  formats.set(zone, format)
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
  const date = `${part.year}-${part.month}-${part.day}`
  return { date, time: `${part.hour}:${part.minute}`, weekday: new Date(`${date}T00:00Z`).getUTCDay() || 7 }
}

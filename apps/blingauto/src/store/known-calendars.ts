import type { Span } from '../domain/zoned-time.ts'
import { type Calendars, type Reader, readCalendars } from './calendar.ts'

const most = 500
/** Calendars are read with two days around the time: what is of the same days of UTC is within them. */
const dayMs = 86_400_000
let known = { stamp: '', calendars: new Map<string, Calendars>() }

/**
 * The hours around a time as `readCalendars` reads them, or as this process read them under the same stamp of the place. For
 * who holds the place: whoever changes hours or closures holds it alone, and leaves it with another stamp.
 */
export async function knownCalendars(
  reader: Reader,
  { zone, stamp }: { zone: string; stamp: string },
  around: Span,
  resourceIds: readonly string[],
): Promise<Calendars> {
  if (known.stamp !== stamp || known.calendars.size >= most) known = { stamp, calendars: new Map() }
  const { calendars } = known
  const days = [around.from, around.to].map((at) => Math.floor(at / dayMs))
  const key = [...days, ...resourceIds].join(' ')
  const found = calendars.get(key) ?? (await readCalendars(reader, zone, around, resourceIds))
  calendars.set(key, found)
  return found
}

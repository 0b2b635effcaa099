import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { openCaller, pause } from '../caller.ts'
import { query, withDatabase } from '../database.ts'
import { percentile } from '../figures.ts'
import type { Add, Bench } from '../scenario.ts'
import { type Server, startBlingAuto, startByHand } from './servers.ts'
import { fill, furnish, type Site, visitor } from './site.ts'

const connections = 32
const bookingsThere = 100_000
const warmMs = 10_000
const day = 24 * 60 * 60_000

/** Bookings a second beside the same statements by hand, and what is free over a year that is full of bookings. */
export async function measureBookings(bench: Bench, add: Add): Promise<void> {
  const folder = mkdtempSync(join(bench.folder, 'bookings-'))
  await withDatabase(bench.postgresUrl, 'bookings', async (databaseUrl) => {
    const start = (workers: number) => startBlingAuto(databaseUrl, folder, workers)
    const site = await during(start(1), (url) => furnish(url, databaseUrl, folder))
    const place = async (server: Promise<Server>, path: string) => {
      await query(databaseUrl, 'truncate bookings, booking_services, time_slots cascade')
      return during(server, (url) => placeMany(url, path, site, bench.seconds))
    }
    for (let round = 0; round < (bench.full ? 5 : 3); round += 1) {
      const hand = await place(startByHand(databaseUrl), '/')
      const one = await place(start(1), '/api/v1/bookings')
      const four = await place(start(4), '/api/v1/bookings')
      add('bookings.byHand', hand)
      add('bookings.one', one)
      add('bookings.four', four)
      add('bookings.one.ratio', one / hand)
      add('bookings.four.ratio', four / one)
    }
    await query(databaseUrl, 'truncate bookings, booking_services, time_slots cascade')
    await fill(databaseUrl, site, bookingsThere)
    await during(start(1), async (url) => {
      for (const [name, days] of Object.entries({ day: 1, fortnight: 14 })) {
        const times = await askMany(url, days, bench.samples)
        for (const percent of [50, 99]) add(`latency.free.${name}.p${percent}`, percentile(times, percent))
      }
    })
  })
}

async function during<R>(starting: Promise<Server>, work: (url: string) => Promise<R>): Promise<R> {
  const server = await starting
  try {
    return await work(server.url)
  } finally {
    await server.stop()
  }
}

/** Bookings a second, each of another time, and each bay asked for as often as the others. */
async function placeMany(url: string, path: string, site: Site, seconds: number): Promise<number> {
  const caller = openCaller([url], connections)
  const first = Math.ceil(Date.now() / day + 1) * day
  let next = 0
  let placed = 0
  let stopped = false
  const place = async () => {
    while (!stopped) {
      const n = next
      next += 1
      const bay = site.bays[n % site.bays.length]
      const at = new Date(timeOf(first, Math.floor(n / site.bays.length))).toISOString()
      const where = { wash_bay_id: bay, scheduled_at: at, vehicle_id: site.vehicle }
      const what =
        path === '/'
          ? { customer_id: site.customer, service_id: site.service, ...where }
          : { service_ids: [site.service], ...where }
      const { status, body } = await caller.post(path, what, visitor(site.token))
      if (status !== 201) throw new Error(`a booking was answered ${status} ${JSON.stringify(body)}`)
      placed += 1
    }
  }
  const placing = Promise.all(Array.from({ length: connections }, place))
  // Compiled late, the app's code takes longer until then.
  await Promise.race([pause(warmMs), placing])
  const [before, since] = [placed, performance.now()]
  await Promise.race([pause(seconds * 1000), placing])
  const rate = (placed - before) / ((performance.now() - since) / 1000)
  stopped = true
  await placing
  await caller.close()
  return rate
}

/** Twelve hours a day, from eight on. */
function timeOf(first: number, n: number): number {
  return first + Math.floor(n / 12) * day + (8 + (n % 12)) * 3_600_000
}

/** How long it takes to learn what is free, from a day of the year on, one after the other; in milliseconds. */
async function askMany(url: string, days: number, samples: number): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < samples; n += 1) {
    // Another day each time, in an order that no cache guesses.
    const date = new Date(Date.now() + (1 + ((n * 149) % 350)) * day).toISOString().slice(0, 10)
    const since = performance.now()
    const answer = await fetch(`${url}/api/v1/scheduling/available-slots?date=${date}&days=${days}`, {
      headers: visitor(),
    })
    const { slots } = (await answer.json()) as { slots?: unknown[] }
    if (slots === undefined || slots.length < days) throw new Error(`${date} was answered ${answer.status}`)
    times.push(performance.now() - since)
  }
  return times
}

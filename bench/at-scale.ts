import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { type DiskStore, type Kind, measureBacklog } from './backlog.ts'
import { measureBookings } from './bookings/index.ts'
import { withDatabase } from './database.ts'
import { measureFleet } from './fleet.ts'
import type { Add, Bench, ScenarioAtScale } from './scenario.ts'

const stores: DiskStore[] = ['sqlite', 'postgres']
const sizes = {
  quick: { backlog: [1e3, 1e4, 1e5], history: [1e4, 1e5] },
  full: { backlog: [1e3, 1e4, 1e5, 1e6], history: [1e4, 1e5, 1e6, 1e7] },
}

/** What piles up, a whole fleet, and the first app. */
export const atScale: ScenarioAtScale[] = [
  { name: 'backlog', fullOnly: false, measure: (bench, add) => measurePile('backlog', bench, add) },
  { name: 'history', fullOnly: false, measure: (bench, add) => measurePile('history', bench, add) },
  { name: 'bookings', fullOnly: false, measure: measureBookings },
  { name: 'fleet', fullOnly: true, measure: measureFleets },
]

function measurePile(kind: Kind, { folder, postgresUrl, adminKey, full }: Bench, add: Add): Promise<void> {
  const amount = full ? { rounds: 5, samples: 500 } : { rounds: 2, samples: 100 }
  const piles = sizes[full ? 'full' : 'quick'][kind]
  return measureBacklog({ kind, stores, sizes: piles, folder, postgresUrl, adminKey, ...amount }, add)
}

/** 30 s of heartbeats, and after each restart longer than a lease and a sweep: whoever is taken for lost shows by then. */
async function measureFleets({ folder: parent, postgresUrl, adminKey }: Bench, add: Add): Promise<void> {
  const amount = { runners: 10_000, holders: 500, ordersPerSec: 200, seconds: 30, watchSec: 160, adminKey }
  for (const store of stores) {
    const folder = mkdtempSync(join(parent, 'fleet-'))
    const measure = (databaseUrl: string) => measureFleet({ store, folder, databaseUrl, ...amount }, add)
    await (store === 'postgres' ? withDatabase(postgresUrl, 'fleet', measure) : measure(''))
  }
}

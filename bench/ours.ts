import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { type ControlPlaneProcess, type StoreKind, startControlPlane } from './control-plane-process.ts'
import { withDatabase } from './database.ts'
import { measureExchange } from './exchange.ts'
import { percentile } from './figures.ts'
import { measureFloor } from './floor.ts'
import { measureFootprint } from './footprint.ts'
import { measureLatency, measureLife } from './life.ts'
import type { Bench, Scenario } from './scenario.ts'
import { measureStore } from './store-level.ts'

const stores: StoreKind[] = ['memory', 'sqlite', 'postgres']

/** Everything we measure of ourselves over HTTP, each store for itself, and the stores without HTTP. */
export const ours: Scenario[] = [
  { name: 'floor', measure: async (_, { seconds }) => ({ 'floor.http': await measureFloor(seconds) }) },
  ...stores.map((store) => ({ name: store, measure: (_: number, bench: Bench) => measureOverHttp(store, bench) })),
  { name: 'postgres2', measure: (_, bench) => measureTwoProcesses(bench) },
  {
    name: 'footprint',
    measure: async (_, { idleSeconds }) => ({ ...(await measureFootprint({ seconds: idleSeconds })) }),
  },
  { name: 'store', measure: (_, bench) => measureStores(bench) },
]

async function measureOverHttp(store: StoreKind, bench: Bench): Promise<Record<string, number>> {
  const { adminKey, seconds, samples } = bench
  const figures: Record<string, number> = {}
  await withControlPlanes(store, 1, bench, async ([first]) => {
    const urls = [first?.url ?? '']
    figures[`life.${store}`] = await measureLife({ urls, adminKey, creators: 16, runners: 64, seconds })
    const exchange = { urls, adminKey, creators: 16, runners: 16, create: 1, max: 10, seconds }
    figures[`exchange.${store}`] = await measureExchange(exchange)
    const bulk = { urls, adminKey, creators: 4, runners: 8, create: 100, max: 50, seconds }
    figures[`bulk.${store}`] = await measureExchange(bulk)
    const times = await measureLatency(first?.url ?? '', adminKey, samples)
    for (const percent of [50, 95, 99]) figures[`latency.${store}.p${percent}`] = percentile(times, percent)
  })
  return figures
}

async function measureTwoProcesses(bench: Bench): Promise<Record<string, number>> {
  const { adminKey, seconds } = bench
  const figures: Record<string, number> = {}
  await withControlPlanes('postgres', 2, bench, async (processes) => {
    const urls = processes.map(({ url }) => url)
    figures['life.postgres2'] = await measureLife({ urls, adminKey, creators: 16, runners: 64, seconds })
  })
  return figures
}

async function measureStores({ postgresUrl, folder, seconds }: Bench): Promise<Record<string, number>> {
  const file = join(mkdtempSync(join(folder, 'store-')), 'ikoma.db')
  return {
    'store.sqlite': await measureStore({ kind: 'sqlite', file }, seconds),
    'store.postgres': await withDatabase(postgresUrl, 'store_level', (url) =>
      measureStore({ kind: 'postgres', url }, seconds),
    ),
  }
}

/** Processes of one control plane, on a store of their own that is empty. */
async function withControlPlanes(
  store: StoreKind,
  count: number,
  { postgresUrl, folder: parent, adminKey }: Bench,
  work: (processes: ControlPlaneProcess[]) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(parent, `${store}-`))
  const run = async (databaseUrl: string) => {
    const processes: ControlPlaneProcess[] = []
    try {
      // One after the other: the first makes the keys and the tables.
      for (let n = 0; n < count; n += 1)
        processes.push(await startControlPlane({ store, folder, databaseUrl, adminKey }))
      await work(processes)
    } finally {
      await Promise.all(processes.map((process) => process.stop()))
    }
  }
  if (store === 'postgres') await withDatabase(postgresUrl, 'control_plane', run)
  else await run('')
}

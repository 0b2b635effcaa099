// What a claim costs as orders pile up: `node bench/backlog.ts [--full] [--store=sqlite|postgres] [--kind=backlog|history]`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from '@ikoma/store/testing'
import pg from 'pg'
import { adminKey, type ControlPlaneProcess, startControlPlane } from './control-plane-process.ts'
import { type Add, collectFigures, percentile, printMedians } from './figures.ts'
import { type Filler, openPostgresFiller, openSqliteFiller } from './filler.ts'
import { type Caller, createRunner, type FleetRunner, openCaller, report } from './life.ts'

/** `backlog`: orders that are queued for the runner that claims. `history`: orders that it has finished. */
export type Kind = 'backlog' | 'history'
export type DiskStore = 'sqlite' | 'postgres'

export const backlogSizes = {
  quick: { backlog: [1e3, 1e4, 1e5], history: [1e4, 1e5, 1e6] },
  full: { backlog: [1e3, 1e4, 1e5, 1e6], history: [1e4, 1e5, 1e6, 1e7] },
}

export interface BacklogOptions {
  stores: DiskStore[]
  kind: Kind
  sizes: number[]
  rounds: number
  /** Claims a size and round. */
  samples: number
  folder: string
  /** A PostgreSQL server, without a database's path. */
  postgresUrl: string
}

interface Place {
  store: DiskStore
  kind: Kind
  size: number
  folder: string
  databaseUrl: string
}

interface World {
  size: number
  server: ControlPlaneProcess
  caller: Caller
  runner: FleetRunner
}

const admin = { 'x-ikoma-admin-key': adminKey }
const claimPath = '/v1/runner/orders/claim-next'

/**
 * Adds `<kind>.<store>.<size>.p50|p99` in milliseconds for each round, how many times slower than at the smallest size the
 * largest is (`<kind>.<store>.ratio`), and the worse of the stores under the same names without the store. Each size has a
 * database of its own and each round visits all sizes, so that the machine's moods hit every size alike.
 */
export async function measureBacklog(options: BacklogOptions, add: Add): Promise<void> {
  const { kind, sizes, stores } = options
  const p99s = new Map<string, number[]>()
  for (const store of stores)
    for (const [name, values] of await measureStore(store, options, add)) p99s.set(name, values)
  for (const name of [...sizes.map((size) => `${sizeName(size)}.p99`), 'ratio']) {
    const ofStores = stores.map((store) => p99s.get(`${store}.${name}`) ?? [])
    for (let round = 0; round < options.rounds; round += 1) {
      add(`${kind}.${name}`, Math.max(...ofStores.map((values) => values[round] ?? 0)))
    }
  }
}

async function measureStore(store: DiskStore, options: BacklogOptions, add: Add): Promise<Map<string, number[]>> {
  const { kind, sizes, rounds, samples, folder, postgresUrl } = options
  const worlds: World[] = []
  const p99s = new Map<string, number[]>()
  const note = (name: string, value: number) => {
    add(`${kind}.${store}.${name}`, value)
    p99s.set(`${store}.${name}`, [...(p99s.get(`${store}.${name}`) ?? []), value])
  }
  try {
    for (const size of sizes) {
      const name = `${kind}_${store}_${sizeName(size)}`
      worlds.push(
        await makeWorld({ store, kind, size, folder: join(folder, name), databaseUrl: `${postgresUrl}/${name}` }),
      )
    }
    for (const world of worlds) await claimTimes(world, 50)
    for (let round = 0; round < rounds; round += 1) {
      const ofRound: number[] = []
      for (const world of worlds) {
        const times = await claimTimes(world, samples)
        for (const percent of [50, 99]) note(`${sizeName(world.size)}.p${percent}`, percentile(times, percent))
        ofRound.push(percentile(times, 99))
      }
      note('ratio', (ofRound.at(-1) ?? 0) / (ofRound[0] ?? 1))
    }
  } finally {
    for (const { server, caller } of worlds) await Promise.all([caller.close(), server.stop()])
    for (const size of sizes) await discard(store, `${kind}_${store}_${sizeName(size)}`, options)
  }
  return p99s
}

/** A control plane over a database that has been in use for long. */
async function makeWorld(place: Place): Promise<World> {
  const { store, folder, databaseUrl, kind, size } = place
  if (store === 'postgres') await onServer(databaseUrl, `create database "${databaseUrl.split('/').at(-1)}"`)
  const young = await startControlPlane({ store, folder, databaseUrl })
  const caller = openCaller(young.url, 1)
  const runner = await createRunner(caller, admin)
  const parts = await (kind === 'backlog' ? queueTemplates : historyTemplates)(caller, runner)
  await caller.close()
  await young.stop()
  const filler = await openFiller(place)
  for (const { id, share } of parts) await filler.copy(id, Math.round(size * share))
  await filler.settle()
  await filler.close()
  const server = await startControlPlane({ store, folder, databaseUrl })
  return { size, server, caller: openCaller(server.url, 1), runner }
}

interface Template {
  id: string
  /** Of the filling. */
  share: number
}

/** What waits was placed first and is more urgent, so that it stands in front of whatever may be claimed. */
async function queueTemplates(caller: Caller, runner: FleetRunner): Promise<Template[]> {
  const hence = new Date(Date.now() + 12 * 3_600_000).toISOString()
  const later = await place(caller, runner, { priority: 50, runAt: hence })
  await place(caller, runner, { priority: -100, resourceKey: 'app' })
  const blocked = await place(caller, runner, { priority: 50, resourceKey: 'app' })
  const ready = await place(caller, runner, { priority: 0 })
  return [
    { id: later, share: 0.05 },
    { id: blocked, share: 0.05 },
    { id: ready, share: 0.9 },
  ]
}

async function historyTemplates(caller: Caller, runner: FleetRunner): Promise<Template[]> {
  const id = await place(caller, runner, {})
  await execute(caller, runner, await claim(caller, runner))
  return [{ id, share: 1 }]
}

/** How long each of so many claims took; what is claimed was placed last and is the most urgent. */
async function claimTimes({ caller, runner }: World, samples: number): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < samples; n += 1) {
    const id = await place(caller, runner, { priority: 100 })
    const since = performance.now()
    const claimed = await claim(caller, runner)
    times.push(performance.now() - since)
    if (claimed.id !== id) throw new Error(`claimed ${claimed.id} instead of ${id}`)
    await execute(caller, runner, claimed)
  }
  return times
}

interface Claimed {
  id: string
  lease: string
}

async function place(caller: Caller, runner: FleetRunner, more: object): Promise<string> {
  const answer = await caller.post('/v1/orders', { type: 'runner.selftest', runnerId: runner.id, ...more }, admin)
  if (answer.status !== 201) throw new Error(`create answered ${answer.status}`)
  return (answer.body as { id: string }).id
}

async function claim(caller: Caller, runner: FleetRunner): Promise<Claimed> {
  const answer = await caller.post(claimPath, {}, runner.headers)
  if (answer.status !== 200) throw new Error(`claim answered ${answer.status}`)
  return answer.body as Claimed
}

async function execute(caller: Caller, runner: FleetRunner, { id, lease }: Claimed): Promise<void> {
  const headers = { ...runner.headers, 'x-ikoma-lease': lease }
  await caller.post(`/v1/runner/orders/${id}/start`, {}, headers)
  const done = await caller.post(`/v1/runner/orders/${id}/complete`, report, headers)
  if (done.status !== 200) throw new Error(`complete answered ${done.status}`)
}

async function openFiller({ store, folder, databaseUrl }: Place): Promise<Filler> {
  return store === 'sqlite' ? openSqliteFiller(join(folder, 'ikoma.db')) : openPostgresFiller(databaseUrl)
}

async function discard(store: DiskStore, name: string, { folder, postgresUrl }: BacklogOptions): Promise<void> {
  rmSync(join(folder, name), { recursive: true, force: true })
  if (store === 'postgres') await onServer(`${postgresUrl}/postgres`, `drop database if exists "${name}"`)
}

async function onServer(databaseUrl: string, statement: string): Promise<void> {
  const client = new pg.Client(new URL('/postgres', databaseUrl).href)
  await client.connect()
  await client.query(statement)
  await client.end()
}

function sizeName(size: number): string {
  return size.toExponential().replace('+', '')
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { full: { type: 'boolean', default: false }, store: { type: 'string' }, kind: { type: 'string' } },
  })
  const stores = (['sqlite', 'postgres'] as const).filter((name) => (values.store ?? name) === name)
  const kinds = (['backlog', 'history'] as const).filter((name) => (values.kind ?? name) === name)
  const sizes = values.full ? backlogSizes.full : backlogSizes.quick
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-bench-'))
  const postgres = await startPostgres()
  const { measured, add } = collectFigures()
  const amount = values.full ? { rounds: 5, samples: 500 } : { rounds: 3, samples: 200 }
  try {
    for (const kind of kinds) {
      const options = { stores, kind, sizes: sizes[kind], folder, postgresUrl: postgres.url, ...amount }
      await measureBacklog(options, add)
    }
  } finally {
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  printMedians(measured)
}

if (import.meta.main) await main()

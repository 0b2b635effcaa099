import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Caller, createRunner, type FleetRunner, openCaller } from './caller.ts'
import { type ControlPlaneProcess, startControlPlane } from './control-plane-process.ts'
import { query } from './database.ts'
import { percentile } from './figures.ts'
import { type Filler, openPostgresFiller, openSqliteFiller } from './filler.ts'
import { report } from './life.ts'
import type { Add } from './scenario.ts'

/** `backlog`: orders that are queued for the runner that claims. `history`: orders that it has finished. */
export type Kind = 'backlog' | 'history'
export type DiskStore = 'sqlite' | 'postgres'

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
  adminKey: string
}

interface Place {
  store: DiskStore
  kind: Kind
  size: number
  /** Of its keys and, on SQLite, its database. */
  folder: string
  databaseUrl: string
  adminKey: string
}

interface World {
  admin: Record<string, string>
  size: number
  server: ControlPlaneProcess
  caller: Caller
  runner: FleetRunner
}

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
  const { kind, sizes, rounds, samples, folder, postgresUrl, adminKey } = options
  const worlds: World[] = []
  const p99s = new Map<string, number[]>()
  const note = (name: string, value: number) => {
    add(`${kind}.${store}.${name}`, value)
    p99s.set(`${store}.${name}`, [...(p99s.get(`${store}.${name}`) ?? []), value])
  }
  try {
    for (const size of sizes) {
      const name = `${kind}_${store}_${sizeName(size)}`
      const databaseUrl = `${postgresUrl}/${name}`
      if (store === 'postgres') await query(`${postgresUrl}/postgres`, `create database "${name}"`)
      worlds.push(await makeWorld({ store, kind, size, folder: join(folder, name), databaseUrl, adminKey }))
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
  const { kind, size, adminKey } = place
  const admin = { 'x-ikoma-admin-key': adminKey }
  const young = await startControlPlane(place)
  const caller = openCaller([young.url], 1)
  const runner = await createRunner(caller, admin)
  const parts = await (kind === 'backlog' ? queueTemplates : historyTemplates)({ admin, caller, runner })
  await caller.close()
  await young.stop()
  const filler = await openFiller(place)
  for (const { id, share } of parts) await filler.copy(id, Math.round(size * share))
  await filler.settle()
  await filler.close()
  const server = await startControlPlane(place)
  return { admin, size, server, caller: openCaller([server.url], 1), runner }
}

/** Who places orders and who executes them. */
type Party = Pick<World, 'admin' | 'caller' | 'runner'>

interface Template {
  id: string
  /** Of the filling. */
  share: number
}

/** What waits was placed first and is more urgent, so that it stands in front of whatever may be claimed. */
async function queueTemplates(party: Party): Promise<Template[]> {
  const hence = new Date(Date.now() + 12 * 3_600_000).toISOString()
  const later = await place(party, { priority: 50, runAt: hence })
  await place(party, { priority: -100, resourceKey: 'app' })
  const blocked = await place(party, { priority: 50, resourceKey: 'app' })
  const ready = await place(party, { priority: 0 })
  return [
    { id: later, share: 0.05 },
    { id: blocked, share: 0.05 },
    { id: ready, share: 0.9 },
  ]
}

async function historyTemplates(party: Party): Promise<Template[]> {
  const id = await place(party, {})
  await execute(party, await claim(party))
  return [{ id, share: 1 }]
}

/** How long each of so many claims took; what is claimed was placed last and is the most urgent. */
async function claimTimes(party: Party, samples: number): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < samples; n += 1) {
    const id = await place(party, { priority: 100 })
    const since = performance.now()
    const claimed = await claim(party)
    times.push(performance.now() - since)
    if (claimed.id !== id) throw new Error(`claimed ${claimed.id} instead of ${id}`)
    await execute(party, claimed)
  }
  return times
}

interface Claimed {
  id: string
  lease: string
}

async function place({ admin, caller, runner }: Party, more: object): Promise<string> {
  const answer = await caller.post('/v1/orders', { type: 'runner.selftest', runnerId: runner.id, ...more }, admin)
  if (answer.status !== 201) throw new Error(`create answered ${answer.status}`)
  return (answer.body as { id: string }).id
}

async function claim({ caller, runner }: Party): Promise<Claimed> {
  const answer = await caller.post(claimPath, {}, runner.headers)
  if (answer.status !== 200) throw new Error(`claim answered ${answer.status}`)
  return answer.body as Claimed
}

async function execute({ caller, runner }: Party, { id, lease }: Claimed): Promise<void> {
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
  if (store === 'postgres') await query(`${postgresUrl}/postgres`, `drop database if exists "${name}"`)
}

function sizeName(size: number): string {
  return size.toExponential().replace('+', '')
}

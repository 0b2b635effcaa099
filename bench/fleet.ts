import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createClient } from '@ikoma/api'
import { type ControlPlaneProcess, startControlPlane } from './control-plane-process.ts'
import { percentile } from './figures.ts'
import type { Credential, Said, Told } from './fleet-load.ts'
import type { Add } from './scenario.ts'

export interface FleetOptions {
  store: 'sqlite' | 'postgres'
  runners: number
  /** Of them hold a running order all the time. */
  holders: number
  ordersPerSec: number
  /** For how long orders are placed. */
  seconds: number
  /** For how long after a restart somebody may be taken for lost: more than a lease of 120 s and a sweep. */
  watchSec: number
  folder: string
  /** An empty database, for PostgreSQL. */
  databaseUrl: string
  adminKey: string
}

interface Fleet extends FleetOptions {
  server: ControlPlaneProcess
  loads: ChildProcess[]
  /** Adds a figure of this store. */
  note: (name: string, value: number) => void
}

const runnersPerLoad = 5_000

/**
 * Adds under `fleet.<store>.`: `park` (s until all wait), `idleCpu` (% of one core, all waiting), `latency.p50|p95|p99`
 * (ms from create to claimed), `lostOrders`, and for each restart, once by SIGTERM and once by SIGKILL: `stop` (s),
 * `repoll` (s from the signal until all wait again), `rss` (MB, the process' highest), `falselyLost` (runners seen
 * OFFLINE and held orders that are no longer running under their first claim).
 */
export async function measureFleet(options: FleetOptions, add: Add): Promise<void> {
  const note = (name: string, value: number) => add(`fleet.${options.store}.${name}`, value)
  const fleet: Fleet = { ...options, note, server: await startControlPlane(options), loads: [] }
  try {
    const credentials = await createRunners(fleet)
    await startLoads(fleet, credentials)
    await measureIdle(fleet)
    await tellAll(fleet, ({ length }) => ({ kind: 'hold', orders: Math.ceil(options.holders / length) }))
    await measureLatency(fleet)
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) await restart(fleet, signal)
    note('rss', peakMegabytes(fleet.server.pid))
  } finally {
    for (const load of fleet.loads) load.kill('SIGKILL')
    await fleet.server.stop('SIGKILL')
  }
}

async function createRunners(fleet: Fleet): Promise<Credential[]> {
  const client = clientOf(fleet)
  const credentials: Credential[] = []
  let left = fleet.runners
  const createSome = async () => {
    while (left > 0) {
      left -= 1
      const { id, token } = await client.createRunner({ name: 'bench' })
      credentials.push({ id, token })
    }
  }
  await Promise.all(Array.from({ length: 32 }, createSome))
  return credentials
}

async function startLoads(fleet: Fleet, credentials: Credential[]): Promise<void> {
  const program = fileURLToPath(new URL('./fleet-load.ts', import.meta.url))
  const count = Math.ceil(fleet.runners / runnersPerLoad)
  for (let n = 0; n < count; n += 1) fleet.loads.push(fork(program))
  const since = performance.now()
  const share = Math.ceil(fleet.runners / count)
  await tellAll(fleet, (_, index) => {
    const { server, adminKey } = fleet
    return { kind: 'start', url: server.url, adminKey, runners: credentials.slice(index * share, (index + 1) * share) }
  })
  await allWaiting(fleet)
  fleet.note('park', (performance.now() - since) / 1000)
}

async function measureIdle({ server, note }: Fleet): Promise<void> {
  await pause(10_000)
  const [before, since] = [cpuSeconds(server.pid), performance.now()]
  await pause(30_000)
  note('idleCpu', ((cpuSeconds(server.pid) - before) / (performance.now() - since)) * 100_000)
  note('idleRss', peakMegabytes(server.pid))
}

async function measureLatency(fleet: Fleet): Promise<void> {
  const { note, ordersPerSec, seconds } = fleet
  const said = await tellAll(fleet, ({ length }) => ({ kind: 'place', perSec: ordersPerSec / length, seconds }))
  const placed = said.filter((each) => each.kind === 'placed')
  const times = placed.flatMap((each) => each.times)
  for (const percent of [50, 95, 99]) note(`latency.p${percent}`, percentile(times, percent))
  note(
    'lostOrders',
    placed.reduce((sum, { lost }) => sum + lost, 0),
  )
}

async function restart(fleet: Fleet, signal: NodeJS.Signals): Promise<void> {
  const { note, server } = fleet
  note('rss', peakMegabytes(server.pid))
  const since = performance.now()
  await server.stop(signal)
  if (signal === 'SIGTERM') note('stop', (performance.now() - since) / 1000)
  fleet.server = await startControlPlane({ ...fleet, port: Number(new URL(server.url).port) })
  const back = allWaiting(fleet).then(() => note('repoll', (performance.now() - since) / 1000))
  const [lost] = await Promise.all([countLost(fleet), back])
  note('falselyLost', lost)
}

/** Looks again and again: a runner that was lost for a moment counts. */
async function countLost(fleet: Fleet): Promise<number> {
  const { watchSec, holders, loads } = fleet
  const client = clientOf(fleet)
  const offline = new Set<string>()
  for (const until = performance.now() + watchSec * 1000; performance.now() < until; await pause(5_000)) {
    for await (const { id, status } of every(client.listRunners)) if (status === 'OFFLINE') offline.add(id)
  }
  let running = 0
  const query = { status: 'RUNNING' }
  for await (const { attempt } of every((page) => client.listOrders({ ...page, ...query })))
    if (attempt === 1) running += 1
  return offline.size + Math.ceil(holders / loads.length) * loads.length - running
}

type Query = Record<string, string | number>

async function* every<T>(list: (query: Query) => Promise<{ items: T[]; next: string | null }>): AsyncGenerator<T> {
  let cursor: string | null = null
  do {
    const page: { items: T[]; next: string | null } = await list({ limit: 200, ...(cursor === null ? {} : { cursor }) })
    yield* page.items
    cursor = page.next
  } while (cursor !== null)
}

function clientOf({ server: { url }, adminKey }: Fleet) {
  return createClient({ url, credential: { kind: 'admin-key', key: adminKey } })
}

/** By the control plane's own count: what a runner has sent may still be unread. */
async function allWaiting({ server, runners, adminKey }: Fleet): Promise<void> {
  const headers = { authorization: `Bearer ${adminKey}` }
  for (;;) {
    const metrics = await fetch(new URL('/metrics', server.url), { headers }).then((answer) => answer.text())
    if (Number(/^ikoma_open_claims (\d+)/m.exec(metrics)?.[1]) >= runners) return
    await pause(250)
  }
}

function tellAll({ loads }: Fleet, tell: (loads: ChildProcess[], index: number) => Told): Promise<Said[]> {
  return Promise.all(
    loads.map(async (load, index) => {
      load.send(tell(loads, index))
      const ended = once(load, 'exit').then(([code]) => Promise.reject(new Error(`a load ended with ${code}`)))
      const [said] = (await Promise.race([once(load, 'message'), ended])) as [Said]
      return said
    }),
  )
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function peakMegabytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

// Some of a fleet in a process of its own, because of its open files: fleet.ts starts it and tells it what to do.
// Each runner is the product's own loop over its own transport; only what it executes is not.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { Comeback } from '../packages/runner/src/protocol/comeback.ts'
import { type Claim, createControlPlaneClient } from '../packages/runner/src/protocol/control-plane-client.ts'
import { newInstance } from '../packages/runner/src/protocol/instance.ts'
import { LeaseKeeper } from '../packages/runner/src/protocol/lease-keeper.ts'
import { startLoop } from '../packages/runner/src/protocol/loop.ts'
import { pause } from '../packages/runner/src/protocol/pause.ts'
import { report } from './life.ts'

export interface Credential {
  id: string
  token: string
}

export type Told =
  | { kind: 'start'; url: string; adminKey: string; runners: Credential[] }
  /** So many runners each get an order that does not end. */
  | { kind: 'hold'; orders: number }
  | { kind: 'place'; perSec: number; seconds: number }

export type Said =
  | { kind: 'started' }
  | { kind: 'held' }
  /** From the request that created an order until its runner had it, in milliseconds; and how many never came. */
  | { kind: 'placed'; times: number[]; lost: number }

const concurrency = 10
const quiet = () => undefined
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet }
/** The control plane asks for no proof of runners that were created without a key; making one costs the same. */
const { privateKey } = generateKeyPairSync('ed25519')
const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

let url = ''
let adminKey = ''
let ids: string[] = []
const holders = new Set<string>()
let held = 0
/** When the order was placed that a runner has not got yet. */
const awaited = new Map<string, number>()
const times: number[] = []

process.on('message', (told: Told) => {
  void obey(told).then((said) => process.send?.(said))
})
process.on('disconnect', () => process.exit())

async function obey(told: Told): Promise<Said> {
  if (told.kind === 'start') {
    ;({ url, adminKey } = told)
    ids = told.runners.map(({ id }) => id)
    // Each needs a second connection for its first heartbeat: the connections of both must not outnumber open files.
    for (const [n, runner] of told.runners.entries()) {
      startRunner(runner)
      if (n % 10 === 0) await pause(40)
    }
    return { kind: 'started' }
  }
  if (told.kind === 'hold') return hold(told.orders)
  return placeMany(told)
}

function startRunner({ id: runnerId, token }: Credential): void {
  const controlPlaneKey = { keyId: '', publicKey: '' }
  const told = { url, runnerId, token, name: '', serverId: null, scopes: [], concurrency, controlPlaneKey }
  const identity = { ...told, privateKey, privateKeyPem, sealKeyPem: null }
  const controlPlane = createControlPlaneClient(() => identity, newInstance(null))
  const { failed } = startLoop({
    controlPlane,
    runOrder: (claim) => (holders.has(runnerId) ? keep(claim) : execute(claim)),
    refuseOrder: async ({ orderId, problem }) => {
      throw new Error(`the order ${orderId} could not be read: ${problem}`)
    },
    reloadIdentity: async () => false,
    about: { version: 'bench', capabilities: {} },
    concurrency,
    waitSec: 50,
    heartbeatSec: 30,
    comeback: new Comeback(),
    logger,
    stopping: new AbortController().signal,
  })
  failed.catch((error: unknown) => {
    throw error
  })

  async function execute(claim: Claim): Promise<void> {
    const since = awaited.get(runnerId)
    awaited.delete(runnerId)
    if (since !== undefined) times.push(performance.now() - since)
    await controlPlane.start(claim)
    await controlPlane.complete(claim, { version: 'v2', ...report.report }, AbortSignal.timeout(15_000))
  }

  async function keep(claim: Claim): Promise<void> {
    const confirmedAtMs = performance.now()
    await controlPlane.start(claim)
    held += 1
    const { runLeaseSec } = claim
    const renew: ConstructorParameters<typeof LeaseKeeper>[0]['renew'] = (how) => controlPlane.renew(claim, how)
    await new Promise((stopped) => {
      new LeaseKeeper({ renew, runLeaseSec, rerun: true, confirmedAtMs, onStop: stopped, logger })
    })
  }
}

async function hold(orders: number): Promise<Said> {
  for (const id of ids.slice(0, orders)) {
    holders.add(id)
    await place(id, { timeoutSec: 86_400 })
  }
  while (held < orders) await pause(100)
  return { kind: 'held' }
}

/** At a steady rate whatever the answers take, each to a runner that waits for none. */
async function placeMany({ perSec, seconds }: { perSec: number; seconds: number }): Promise<Said> {
  const free = ids.filter((id) => !holders.has(id))
  const since = performance.now()
  for (let count = 0; count < perSec * seconds; count += 1) {
    await pause(Math.max(0, since + (count * 1000) / perSec - performance.now()))
    const id = free[Math.floor(Math.random() * free.length)] ?? ''
    if (awaited.has(id)) continue
    awaited.set(id, performance.now())
    void place(id, {})
  }
  for (let waited = 0; awaited.size > 0 && waited < 20; waited += 1) await pause(1_000)
  return { kind: 'placed', times: times.splice(0), lost: awaited.size }
}

/** As a careful program does: a connection that was left idle may be gone, and nobody can tell what the order became. */
async function place(runnerId: string, more: object): Promise<void> {
  const body = JSON.stringify({ type: 'runner.selftest', runnerId, ...more })
  const headers = {
    'content-type': 'application/json',
    'x-ikoma-admin-key': adminKey,
    'idempotency-key': randomUUID(),
  }
  for (;;) {
    const answer = await fetch(new URL('/v1/orders', url), { method: 'POST', headers, body }).catch(() => null)
    if (answer === null) continue
    if (answer.status !== 201) throw new Error(`create answered ${answer.status}: ${await answer.text()}`)
    await answer.arrayBuffer()
    return
  }
}

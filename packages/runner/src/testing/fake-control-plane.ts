import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type Enrolled,
  type Grant,
  leaseHeader,
  nonceHeader,
  proofText,
  type Report,
  reportSchema,
  runnerIdHeader,
  runnerInstanceHeader,
  runnerProofHeader,
  runnerTokenHeader,
} from '@ikoma/api'
import { signedGrants } from './signed-claim.ts'

export interface FakeOrder {
  id: string
  type: string
  payload: Record<string, unknown>
  attempt: number
  lease: string
  timeoutSec: number
  dryRun: boolean
  status: 'QUEUED' | 'CLAIMED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED'
  cancelRequested: boolean
  renewals: number
  lines: { stream: string; text: string }[]
  logRequests: number
  reports: Report[]
}

type Verb = 'heartbeat' | 'claim-next' | 'start' | 'renew' | 'logs' | 'complete'
/** Answers instead of the control plane: a status, `drop` to close the connection, or `hang` to leave it open. */
type Interference = (verb: Verb, order: FakeOrder | null) => number | 'drop' | 'hang' | null

/** The protocol over a real socket, with orders in a list and faults on demand. */
export class FakeControlPlane {
  readonly orders: FakeOrder[] = []
  readonly heartbeats: { status: string }[] = []
  readonly claims: { max: number }[] = []
  readonly runnerId = randomUUID()
  readonly keyId = 'test-key'
  readonly nonce = 'a-nonce-of-this-control-plane-000'
  token = 'iko_runner_abcdefghijklmnopqrstuvwxyz0123456789'
  enrolmentToken = 'iko_enrol_abcdefghijklmnopqrstuvwxyz0123456789'
  runLeaseSec = 30
  claimLeaseSec = 30
  concurrency = 4
  interfere: Interference = () => null
  /** Changes a grant before it is signed. */
  alterGrant: (grant: Grant) => Grant = (grant) => grant
  /** Changes a claim before it is told. */
  alterClaim: (claim: object) => object = (claim) => claim
  readonly #keys = generateKeyPairSync('ed25519')
  readonly #server: Server
  #runnerKey: KeyObject | null = null
  #parked = new Set<() => void>()

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error) => reply(response, 500, { detail: String(error) }))
    })
  }

  static async start(): Promise<FakeControlPlane> {
    const plane = new FakeControlPlane()
    plane.#server.listen(0, '127.0.0.1')
    await once(plane.#server, 'listening')
    return plane
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get publicKey(): string {
    return this.#keys.publicKey.export({ format: 'jwk' }).x ?? ''
  }

  place(type: string, payload: Record<string, unknown> = {}, more: Partial<FakeOrder> = {}): FakeOrder {
    const order: FakeOrder = {
      ...{ id: randomUUID(), type, payload, attempt: 0, lease: '', timeoutSec: 20, dryRun: false, status: 'QUEUED' },
      ...{ cancelRequested: false, renewals: 0, lines: [], logRequests: 0, reports: [] },
      ...more,
    }
    this.orders.push(order)
    this.#wake()
    return order
  }

  /** As if it had never been claimed. */
  requeue(order: FakeOrder): void {
    Object.assign(order, { status: 'QUEUED', attempt: 0, reports: [] })
    this.#wake()
  }

  cancel(order: FakeOrder): void {
    order.cancelRequested = true
    this.#wake()
  }

  /** What hangs is over. */
  hangUp(): void {
    this.#server.closeAllConnections()
  }

  async close(): Promise<void> {
    this.#wake()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #wake(): void {
    for (const wake of this.#parked) wake()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url)
    response.setHeader(nonceHeader, this.nonce)
    const text = await readText(request)
    const body: unknown = text === '' ? null : JSON.parse(text)
    if (url.pathname === '/v1/runner/enrol') {
      const enrolled = this.#enrol(body)
      return reply(response, enrolled ? 200 : 401, enrolled ?? { detail: 'Unknown enrolment token.' })
    }
    const [, , , , second = '', third] = url.pathname.split('/')
    const order = this.orders.find(({ id }) => id === second) ?? null
    const verb = (third === undefined ? second || 'heartbeat' : third === 'heartbeat' ? 'renew' : third) as Verb
    const fault = this.interfere(verb, order)
    if (fault === 'drop') return void request.socket.destroy()
    if (fault === 'hang') return
    if (fault !== null) return reply(response, fault, { detail: `Told to answer ${fault}.`, reason: 'test' })
    const problem = this.#authenticate(request, text)
    if (problem) return reply(response, 401, { detail: problem, reason: problem })
    if (verb === 'heartbeat') {
      this.heartbeats.push(body as { status: string })
      return reply(response, 200, { ok: true, serverTime: new Date().toISOString() })
    }
    const waitMs = Number(url.searchParams.get('waitSec') ?? 0) * 1000
    if (verb === 'claim-next') return this.#claim(url.searchParams, response)
    if (!order) return reply(response, 404, { detail: 'No such order.', reason: 'order_not_found' })
    if (request.headers[leaseHeader] !== order.lease)
      return reply(response, 409, { detail: 'The lease is lost.', reason: 'lease_lost' })
    await this.#advance(order, { verb, body, waitMs })
    reply(response, 200, verb === 'logs' ? { ok: true, truncated: false } : progressOf(order))
  }

  #enrol(body: unknown): Enrolled | null {
    const { token, publicKey } = body as { token: string; publicKey: string }
    if (token !== this.enrolmentToken) return null
    this.enrolmentToken = 'spent'
    this.#runnerKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
    return {
      runnerId: this.runnerId,
      name: 'test',
      token: this.token,
      serverId: null,
      scopes: ['*'],
      concurrency: this.concurrency,
      controlPlaneKey: { keyId: this.keyId, publicKey: this.publicKey },
    }
  }

  #authenticate(request: IncomingMessage, text: string): string | null {
    const { headers } = request
    if (headers[runnerIdHeader] !== this.runnerId) return 'Unknown runner.'
    if (headers[runnerTokenHeader] !== this.token) return 'Wrong token.'
    const [, nonce = '', signature = ''] = String(headers[runnerProofHeader]).split('.')
    if (!nonce.startsWith(this.nonce)) return 'proof_needed'
    const [path, method] = [request.url ?? '', request.method ?? '']
    const digest = createHash('sha256').update(text).digest('base64')
    const [instance, lease] = [String(headers[runnerInstanceHeader]), String(headers[leaseHeader] ?? '')]
    const signed = Buffer.from(proofText({ method, path, digest, runnerId: this.runnerId, instance, nonce, lease }))
    if (!this.#runnerKey || !verify(null, signed, this.#runnerKey, Buffer.from(signature, 'base64url')))
      return 'bad_proof'
    return null
  }

  async #claim(query: URLSearchParams, response: ServerResponse): Promise<void> {
    const max = Number(query.get('max'))
    const waitMs = Number(query.get('waitSec') ?? 0) * 1000
    this.claims.push({ max })
    const lost = query.get('again') === 'true' ? this.orders.filter(({ status }) => status === 'CLAIMED') : []
    if (lost.length > 0) return reply(response, 200, { orders: lost.slice(0, max).map((order) => this.#told(order)) })
    const queued = () => this.orders.filter(({ status }) => status === 'QUEUED')
    if (queued().length === 0) await this.#park(waitMs, () => queued().length > 0)
    const taken = response.destroyed ? [] : queued().slice(0, max)
    reply(response, 200, { orders: taken.map((order) => this.#take(order)) })
  }

  #take(order: FakeOrder): object {
    order.status = 'CLAIMED'
    order.attempt += 1
    order.lease = randomUUID()
    return this.#told(order)
  }

  #told(order: FakeOrder): object {
    const { id, attempt, lease } = order
    const { claimLeaseSec, runLeaseSec } = this
    return this.alterClaim({ id, attempt, lease, claimLeaseSec, runLeaseSec, grant: this.#grant(order) })
  }

  #grant({ id, type, payload, attempt, lease, timeoutSec, dryRun }: FakeOrder): object {
    const now = Date.now()
    const grant = this.alterGrant({
      ...{ v: 2, orderId: id, type, payload, dryRun, risk: 'read', retryClass: 'idempotent' },
      ...{ runnerId: this.runnerId, serverId: null, attempt, maxAttempts: 3, lostClaims: 0, lease, timeoutSec },
      ...{ issuedAt: now, notAfter: now + this.claimLeaseSec * 1000, expiresAt: now + 86_400_000 },
      ...{ auditHead: null, secrets: null },
    })
    const key = this.#keys.privateKey
    const signer = {
      keyId: this.keyId,
      sign: (bytes: Uint8Array) => sign(null, bytes, key).toString('base64url'),
    }
    return signedGrants(signer, [grant])[0] as object
  }

  async #advance(order: FakeOrder, { verb, body, waitMs }: { verb: Verb; body: unknown; waitMs: number }) {
    if (verb === 'start') order.status = 'RUNNING'
    if (verb === 'renew') {
      order.renewals += 1
      if (!order.cancelRequested) await this.#park(waitMs, () => order.cancelRequested)
    }
    if (verb === 'logs') {
      order.logRequests += 1
      order.lines.push(...(body as { lines: FakeOrder['lines'] }).lines)
    }
    if (verb === 'complete') {
      const report = reportSchema.parse((body as { report: unknown }).report)
      order.reports.push(report)
      order.status = report.ok ? 'SUCCEEDED' : 'FAILED'
    }
  }

  /** Until `ready`, but at most `ms`. */
  async #park(ms: number, ready: () => boolean): Promise<void> {
    const woken = Promise.withResolvers<void>()
    const wake = () => ready() && woken.resolve()
    const timer = setTimeout(woken.resolve, ms)
    this.#parked.add(wake)
    await woken.promise
    clearTimeout(timer)
    this.#parked.delete(wake)
  }
}

function progressOf({ id, status, attempt, cancelRequested }: FakeOrder): object {
  return { id, status, statusReason: null, attempt, leaseExpiresAt: null, cancelRequested }
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const bytes of request) text += bytes
  return text
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

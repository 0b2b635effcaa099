import { sign } from 'node:crypto'
import {
  ApiError,
  claimedOrderSchema,
  heartbeatReply,
  type LogChunkBody,
  leaseHeader,
  logReply,
  type Progress,
  progressSchema,
  proofText,
  proofWindowMs,
  type Report,
  type RequestOptions,
  requestJson,
  runnerIdHeader,
  runnerProofHeader,
  runnerTokenHeader,
} from '@ikoma/api'
import type { Clock } from '@ikoma/kernel'
import { httpFetch } from '@ikoma/kernel/node'
import * as z from 'zod'
import type { Identity } from './identity.ts'

// Only what the runner needs beyond the signed grant, so that a newer control plane may say more.
const claimSchema = claimedOrderSchema
  .pick({ id: true, attempt: true, lease: true, claimLeaseSec: true, runLeaseSec: true, grant: true })
  .transform(({ id, ...claim }) => ({ orderId: id, ...claim }))
const claimReply = z.object({ orders: z.array(z.unknown()) })
/** All that it takes to refuse a claim that says more than can be read. */
const namedSchema = z.object({
  id: z.string().min(1).max(100),
  lease: z.string().min(1).max(100),
  attempt: z.number().int().catch(0),
})

export type Claim = z.infer<typeof claimSchema>

/** Which claim a message speaks for. */
export type Hold = Pick<Claim, 'orderId' | 'lease'>

export interface Heartbeat {
  status: 'ONLINE' | 'OFFLINE'
  version?: string
  capabilities?: Record<string, unknown>
}

export interface ClaimReply {
  claims: Claim[]
  /** Orders in the answer that this runner cannot read. */
  unreadable: UnreadableClaim[]
  /** Of these, how many do not even say which they are; their claims expire by themselves. */
  unnamed: number
}

/** A claim of which no more could be read, and what is wrong with it. */
export interface UnreadableClaim extends Hold {
  attempt: number
  problem: string
}

const proofLifeMs = 20_000
/** Beyond the time a parked request may take. */
const answerMs = 15_000

export type ControlPlaneClient = ReturnType<typeof createControlPlaneClient>

/** The runner's side of the protocol, one method a message. Rejects with ApiError or UnreachableError. */
export function createControlPlaneClient(identity: () => Identity, clock: Clock) {
  // A proof tells the time by the control plane's clock: a machine whose own is wrong must still be able to say so.
  let skewMs = 0
  const proof = proofMaker({ now: () => clock.now() + skewMs })

  async function call<T>(path: string, options: RequestOptions & { hold?: Hold }): Promise<T> {
    try {
      return await send<T>(path, options)
    } catch (error) {
      const serverTime = toldTime(error)
      if (serverTime === null || Math.abs(serverTime - clock.now() - skewMs) < proofWindowMs / 2) throw error
      skewMs = serverTime - clock.now()
      return send<T>(path, options)
    }
  }

  function send<T>(path: string, options: RequestOptions & { hold?: Hold }): Promise<T> {
    const { hold, ...request } = options
    const me = identity()
    const headers: Record<string, string> = {
      [runnerIdHeader]: me.runnerId,
      [runnerTokenHeader]: me.token,
      [runnerProofHeader]: proof(me),
    }
    if (hold) headers[leaseHeader] = hold.lease
    return requestJson<T>(me.url, 'POST', path, { timeoutMs: answerMs, ...request, headers, fetch: httpFetch })
  }
  const orderPath = ({ orderId }: Hold, verb: string) => `/v1/runner/orders/${encodeURIComponent(orderId)}/${verb}`
  const progress = async (hold: Hold, verb: string, options: RequestOptions): Promise<Progress> =>
    progressSchema.parse(await call(orderPath(hold, verb), { hold, ...options }))

  return {
    async heartbeat(body: Heartbeat, timeoutMs = answerMs) {
      return heartbeatReply.parse(await call('/v1/runner/heartbeat', { body, timeoutMs }))
    },

    async claim({ waitSec, max, signal }: { waitSec: number; max: number; signal: AbortSignal }): Promise<ClaimReply> {
      const path = '/v1/runner/orders/claim-next'
      const timeoutMs = waitSec * 1000 + answerMs
      const reply = await call<unknown>(path, { query: { waitSec, max }, body: {}, signal, timeoutMs })
      const orders = reply === null ? [] : claimReply.parse(reply).orders
      const read = orders.map(readClaim)
      const claims = read.filter((each) => each !== null && 'grant' in each)
      const unreadable = read.filter((each) => each !== null && 'problem' in each)
      return { claims, unreadable, unnamed: orders.length - claims.length - unreadable.length }
    },

    start: (hold: Hold, timeoutMs = answerMs) => progress(hold, 'start', { body: {}, timeoutMs }),

    /** Renews when it arrives; stays open for `waitSec` unless a cancel comes. */
    renew: (hold: Hold, { waitSec, ...options }: { waitSec: number; signal: AbortSignal; timeoutMs: number }) =>
      progress(hold, 'heartbeat', { query: { waitSec }, body: {}, ...options }),

    async sendLog(hold: Hold, body: LogChunkBody, signal: AbortSignal) {
      return logReply.parse(await call(orderPath(hold, 'logs'), { hold, body, signal }))
    },

    /** Any answer that is not a refusal will do: asking again for a better one would not end. */
    async complete(hold: Hold, report: Report, signal: AbortSignal): Promise<void> {
      await call(orderPath(hold, 'complete'), { hold, body: { report }, signal })
    },
  }
}

/** A claim, or as much as it takes to refuse it; null for what does not say which order it is. */
function readClaim(order: unknown): Claim | UnreadableClaim | null {
  const { data: claim, error } = claimSchema.safeParse(order)
  if (claim) return claim
  const named = namedSchema.safeParse(order).data
  if (!named) return null
  const { id: orderId, lease, attempt } = named
  const problem = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  return { orderId, lease, attempt, problem: problem.slice(0, 500) }
}

/** The time by the control plane's clock, which it adds when it refuses a credential. */
function toldTime(error: unknown): number | null {
  if (!(error instanceof ApiError) || error.status !== 401) return null
  const { serverTime } = error.problem
  const time = serverTime === undefined ? Number.NaN : Date.parse(serverTime)
  return Number.isNaN(time) ? null : time
}

/** Signing for each request would be waste: a proof is good for a minute. */
function proofMaker(clock: Clock): (me: Identity) => string {
  let cached = { at: 0, key: '', text: '' }
  return (me) => {
    const now = clock.now()
    const age = now - cached.at
    if (cached.key !== me.privateKeyPem || age < 0 || age >= proofLifeMs) {
      const signature = sign(null, Buffer.from(proofText(me.runnerId, now)), me.privateKey)
      cached = { at: now, key: me.privateKeyPem, text: `${now}.${signature.toString('base64url')}` }
    }
    return cached.text
  }
}

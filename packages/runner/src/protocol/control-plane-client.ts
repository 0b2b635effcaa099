import {
  ApiError,
  claimedOrderSchema,
  type GrantAuditHead,
  heartbeatReply,
  type LogChunkBody,
  leaseHeader,
  logReply,
  type Progress,
  progressSchema,
  type Report,
  type RequestOptions,
  requestJson,
  runnerClockHeader,
  runnerIdHeader,
  runnerTokenHeader,
} from '@ikoma/api'
import * as z from 'zod'
import type { Identity } from './identity.ts'
import { PathLimit } from './path-limit.ts'
import { provingFetch } from './proving-fetch.ts'

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
  auditHead?: GrantAuditHead
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

const answerMs = 15_000
/**
 * Beyond the time a parked request may take: a connection of which only our end is left is noticed by then. With the 25 s of a
 * claim, and up to a second until the next, an order is heard of 31 s after the connection died at the latest.
 */
const parkedAnswerMs = 5_000
/** Behind a balancer each process may have to say its nonce once. */
const maxTries = 3

const pathCutIt = Symbol('the path ended it')

export type ControlPlaneClient = ReturnType<typeof createControlPlaneClient>

/** The runner's side of the protocol, one method a message. Rejects with ApiError or UnreachableError. */
export function createControlPlaneClient(
  identity: () => Identity,
  instance: string,
  pathCut: (limitSec: number) => void = () => {},
) {
  const proving = provingFetch(identity, instance)
  const path = new PathLimit()
  let isAnswerLost = false

  /** What is answered, unless the path ended it before its time. */
  async function parked<T>(waitSec: number, ask: (waitSec: number) => Promise<T>): Promise<T | typeof pathCutIt> {
    const shorterSec = path.waitSec(waitSec)
    const sentAtMs = performance.now()
    try {
      const answer = await ask(shorterSec)
      path.answered()
      return answer
    } catch (error) {
      const asked = { waitSec: shorterSec, tookMs: performance.now() - sentAtMs }
      const before = path.limitSec
      if (!path.isCut(error, asked) && !path.isForgotten(error, asked)) throw error
      if (path.limitSec !== null && path.limitSec !== before) pathCut(path.limitSec)
      return pathCutIt
    }
  }

  /** An answer may only say which nonce is good now: then the same request again, signed with that. */
  async function call<T>(route: string, options: RequestOptions & { hold?: Hold }, tries = 1): Promise<T> {
    try {
      const answer = await send<T>(route, options)
      path.heard()
      return answer
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error
      if (error.problem.reason === 'proof_needed' && tries < maxTries) return call<T>(route, options, tries + 1)
      throw proving.isFormer() ? controlPlaneTooOld(identity().url, error) : error
    }
  }

  function send<T>(path: string, options: RequestOptions & { hold?: Hold }): Promise<T> {
    const { hold, ...request } = options
    const me = identity()
    const headers: Record<string, string> = { [runnerIdHeader]: me.runnerId, [runnerTokenHeader]: me.token }
    headers[runnerClockHeader] = String(Date.now())
    if (hold) headers[leaseHeader] = hold.lease
    return requestJson<T>(me.url, 'POST', path, { timeoutMs: answerMs, ...request, headers, fetch: proving.fetch })
  }
  const orderPath = ({ orderId }: Hold, verb: string) => `/v1/runner/orders/${encodeURIComponent(orderId)}/${verb}`
  const progress = async (hold: Hold, verb: string, options: RequestOptions): Promise<Progress> =>
    progressSchema.parse(await call(orderPath(hold, verb), { hold, ...options }))

  return {
    async heartbeat(body: Heartbeat, timeoutMs = answerMs, signal?: AbortSignal) {
      return heartbeatReply.parse(await call('/v1/runner/heartbeat', { body, timeoutMs, signal }))
    },

    async claim({ waitSec, max, signal }: { waitSec: number; max: number; signal: AbortSignal }): Promise<ClaimReply> {
      const again = isAnswerLost ? { again: 'true' } : {}
      // Until there is an answer: whatever ends it, something may have been claimed by then.
      isAnswerLost = true
      const reply = await parked(waitSec, (sec) =>
        call<unknown>('/v1/runner/orders/claim-next', {
          ...{ query: { waitSec: sec, max, ...again }, body: {}, signal },
          timeoutMs: sec * 1000 + parkedAnswerMs,
        }),
      )
      isAnswerLost = reply === pathCutIt
      const orders = reply === null || reply === pathCutIt ? [] : claimReply.parse(reply).orders
      const read = orders.map(readClaim)
      const claims = read.filter((each) => each !== null && 'grant' in each)
      const unreadable = read.filter((each) => each !== null && 'problem' in each)
      return { claims, unreadable, unnamed: orders.length - claims.length - unreadable.length }
    },

    start: (hold: Hold, timeoutMs = answerMs) => progress(hold, 'start', { body: {}, timeoutMs }),

    /** Renews when it arrives; stays open for `waitSec` unless a cancel comes. */
    async renew(
      hold: Hold,
      { waitSec, timeoutMs, signal }: { waitSec: number; signal: AbortSignal; timeoutMs: number },
    ) {
      const ask = (sec: number) =>
        progress(hold, 'heartbeat', {
          query: { waitSec: sec },
          ...{ body: {}, signal, timeoutMs: timeoutMs - (waitSec - sec) * 1000 },
        })
      // Cut short nobody can say whether it had arrived.
      const progressed = await parked(waitSec, ask)
      return progressed === pathCutIt ? ask(0) : progressed
    },

    async renewToken(tokenHash: string): Promise<void> {
      await call('/v1/runner/token', { body: { tokenHash } })
    },

    /** For how long the path lets a request wait, in seconds; null while it is not known to end any. */
    pathLimitSec: () => path.limitSec,

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

function controlPlaneTooOld(url: string, { status, problem }: ApiError): ApiError {
  const detail = `The control plane at ${url} is older than this runner and does not understand its proofs. Update the control plane.`
  return new ApiError(status, { ...problem, reason: 'control_plane_too_old', detail })
}

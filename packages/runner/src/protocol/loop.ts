import type { GrantAuditHead } from '@ikoma/api'
import type { Logger } from '../logger.ts'
import type { Comeback } from './comeback.ts'
import type { Claim, ControlPlaneClient, UnreadableClaim } from './control-plane-client.ts'
import { Bell, pause } from './pause.ts'
import { messageOf, retryAfterMs, retryDelayMs, troubleOf } from './trouble.ts'

export interface LoopDeps {
  controlPlane: Pick<ControlPlaneClient, 'claim' | 'heartbeat'>
  runOrder(claim: Claim): Promise<void>
  /** Ends an order that cannot be read: claimed again and again, it would be refused as often. */
  refuseOrder(claim: UnreadableClaim): Promise<void>
  /** Reads the credential again; true when it is another one. */
  reloadIdentity(): Promise<boolean>
  /** Replaces the token, which ends. */
  renewToken?(): Promise<void>
  about: { version: string; capabilities: Record<string, unknown> }
  /** What may change of it while it runs. */
  state?(): Record<string, unknown>
  /** Rings when that has changed, so that it is told at once. */
  news?: Bell
  /** That of the last grant which was executed: the audit must still lead to it. */
  auditHead?(): GrantAuditHead | null
  concurrency: number
  waitSec: number
  heartbeatSec: number
  /** Told whether the control plane answers: null, or why it does not. */
  heardOf?(error: string | null): Promise<void>
  /** Told when the control plane answers again after an outage. */
  comeback: Comeback
  logger: Logger
  /** Aborts when no more orders are to be claimed. */
  stopping: AbortSignal
}

const backoff = { baseMs: 500, capMs: 30_000 }
const credentialsBackoff = { baseMs: 5_000, capMs: 60_000 }

/** As many leases as can still last are far fewer. */
const maxTaken = 10_000

export interface Loop {
  running(): number
  /** Resolves after `stopping`, once no order runs. */
  ended: Promise<void>
  /** Rejects when the runner cannot go on. */
  failed: Promise<never>
}

/** Claims orders into free slots and shows signs of life, until `stopping`. */
export function startLoop(deps: LoopDeps): Loop {
  const running = new Set<Promise<void>>()
  const taken = new Set<string>()
  const slotFreed = new Bell()
  const fatal = Promise.withResolvers<never>()
  const run = (lease: string, order: Promise<void>) => {
    taken.add(lease)
    // Given again it would be looked at again, and refused as done: that would end what nobody has done.
    if (taken.size > maxTaken) taken.delete(taken.values().next().value ?? '')
    const settled = order.catch(fatal.reject).finally(() => {
      running.delete(settled)
      slotFreed.ring()
    })
    running.add(settled)
  }
  const slots = {
    free: () => deps.concurrency - running.size,
    run,
    isTaken: (lease: string) => taken.has(lease),
    freed: slotFreed,
  }
  const claiming = claimAll(slots, deps).then(() => Promise.all(running))
  const ended = Promise.all([claiming, beatAll(deps)]).then(() => {})
  return { running: () => running.size, ended, failed: fatal.promise }
}

interface Slots {
  free(): number
  run(lease: string, order: Promise<void>): void
  isTaken(lease: string): boolean
  freed: Bell
}

async function claimAll(slots: Slots, deps: LoopDeps): Promise<void> {
  const { stopping, logger } = deps
  const stop = () => slots.freed.ring()
  stopping.addEventListener('abort', stop, { once: true })
  let failures = 0
  while (!stopping.aborted) {
    if (slots.free() <= 0) {
      await slots.freed.heard(60_000)
      continue
    }
    try {
      await claimOnce(slots, deps)
      if (failures > 0) {
        logger.info({}, 'The control plane answers again.')
        deps.comeback.cameBack()
      }
      failures = 0
    } catch (error) {
      if (stopping.aborted) return
      failures += 1
      await recoverFrom(error, failures, deps)
    }
  }
}

async function claimOnce(slots: Slots, deps: LoopDeps): Promise<void> {
  const { controlPlane, waitSec, stopping, logger } = deps
  const max = slots.free()
  const sentAtMs = performance.now()
  const { claims, unreadable, unnamed } = await controlPlane.claim({ waitSec, max, signal: stopping })
  if (unnamed > 0) logger.error({ unnamed }, 'Claimed orders cannot be read, not even which they are.')
  // Claims beyond what was asked for expire by themselves. What was given again may have arrived the first time.
  const isNew = ({ lease }: { lease: string }) => !slots.isTaken(lease)
  for (const claim of claims.filter(isNew).slice(0, max)) slots.run(claim.lease, deps.runOrder(claim))
  for (const claim of unreadable.filter(isNew).slice(0, max)) slots.run(claim.lease, deps.refuseOrder(claim))
  if (claims.length + unreadable.length > 0) return
  // One that answers "nothing" at once must not be asked again at once.
  if (performance.now() - sentAtMs < 1_000) await pause(250 + 250 * Math.random(), stopping)
}

async function recoverFrom(error: unknown, failures: number, deps: LoopDeps): Promise<void> {
  const { logger, stopping } = deps
  if (troubleOf(error) !== 'credentials') {
    logger.warn({ error: messageOf(error), failures }, 'Orders could not be claimed; trying again.')
    return deps.comeback.pause(retryDelayMs(error, backoff, failures), stopping, retryAfterMs(error))
  }
  logger.error(
    { error: messageOf(error), failures },
    'The control plane refuses this runner: see whether it is disabled, its token rotated, or the clock here is wrong.',
  )
  const endMs = performance.now() + retryDelayMs(error, credentialsBackoff, failures)
  while (performance.now() < endMs && !stopping.aborted) {
    if (await deps.reloadIdentity()) return logger.info({}, 'The credential was replaced; trying the new one.')
    await pause(Math.min(1_000, endMs - performance.now()), stopping)
  }
}

async function beatAll(deps: LoopDeps): Promise<void> {
  const { controlPlane, about, auditHead, heartbeatSec, comeback, logger, stopping, news = new Bell() } = deps
  stopping.addEventListener('abort', () => news.ring(), { once: true })
  let told = ''
  let isAway = false
  while (!stopping.aborted) {
    const body = { ...about, capabilities: { ...about.capabilities, ...deps.state?.() } }
    const text = JSON.stringify(body)
    try {
      const head = auditHead?.() ?? null
      const said = { ...(text !== told && body), ...(head && { auditHead: head }) }
      const { renewToken } = await controlPlane.heartbeat({ status: 'ONLINE', ...said }, undefined, stopping)
      told = text
      await deps.heardOf?.(null)
      if (isAway) comeback.cameBack()
      isAway = false
      if (renewToken) await deps.renewToken?.()
    } catch (error) {
      // The claim loop says it louder, and does something about it.
      isAway = true
      if (!stopping.aborted) await deps.heardOf?.(messageOf(error))
      logger.debug({ error: messageOf(error) }, 'A heartbeat did not arrive.')
    }
    await news.heard(heartbeatSec * 1000 * (0.9 + Math.random() / 5))
  }
}

import type { Grant, Report } from '@ikoma/api'
import { AppError, type Clock } from '@ikoma/kernel'
import type { Executor } from '../executor/executor-client.ts'
import type { Logger } from '../logger.ts'
import type { LogOutbox } from '../output/log-outbox.ts'
import { LogStream } from '../output/log-stream.ts'
import { Redaction } from '../output/redact.ts'
import { secretsIn } from '../output/secret-forms.ts'
import type { Claim, ControlPlaneClient, UnreadableClaim } from '../protocol/control-plane-client.ts'
import type { Identity } from '../protocol/identity.ts'
import type { Journal } from '../protocol/journal.ts'
import { type Monotonic, monotonic } from '../protocol/monotonic.ts'
import { pause } from '../protocol/pause.ts'
import type { ReportOutbox } from '../protocol/report-outbox.ts'
import { messageOf, retryDelayMs, troubleOf } from '../protocol/trouble.ts'
import type { Actions, RunnerFacts } from './action.ts'
import { admit } from './admit.ts'
import { type Dispatch, dispatch } from './dispatch.ts'
import { execute } from './execute.ts'
import { keepUntil } from './grant-memory.ts'
import { openSecrets, plainPartOf } from './open-secrets.ts'
import { type Ending, reportOf } from './outcome.ts'
import type { Policy } from './policy.ts'
import type { Refusal } from './refusal.ts'
import { stopOf } from './stop.ts'
import type { Turns } from './turns.ts'
import { type Started, watchStops } from './watch-stops.ts'
import { refuseWhenFull } from './when-full.ts'

export interface OrderDeps {
  controlPlane: ControlPlaneClient
  identity(): Identity
  /** The one in force now. */
  policy(): Promise<Policy>
  journal: Journal
  outbox: ReportOutbox
  /** Where the end of a log waits that the control plane was not there to take. */
  logOutbox?: LogOutbox
  actions: Actions
  executor: Executor | null
  turns: Turns
  runner: RunnerFacts
  clock: Clock
  /** What leases and timeouts are counted by. */
  time?: Monotonic
  logger: Logger
  /** Aborts with a Stop when the runner must end. */
  shutdown: AbortSignal
}

const startBackoff = { baseMs: 250, capMs: 5_000 }
const startAnswerMs = 15_000
/** Well within the time the control plane gives a report after the order's own timeout. */
const lastLogsMs = 15_000

/** Takes one claimed order to its report. Rejects only when the journal cannot be written. */
export async function runOrder(claim: Claim, deps: OrderDeps): Promise<void> {
  const { journal, logger, clock } = deps
  const { orderId, attempt, lease } = claim
  const verdict = await decide(claim, deps)
  if ('refusal' in verdict) {
    logger.error({ orderId, attempt, ...verdict.refusal }, 'An order was refused.')
    return endWithoutRun(claim, verdict.refusal, claim.claimLeaseSec * 1000, deps)
  }
  const { grant } = verdict
  const { type, retryClass, issuedAt, auditHead } = grant
  const remembered = { issuedAt, until: keepUntil(grant), auditHead }
  const now = clock.now()
  try {
    await refuseWhenFull(grant, journal)
    const intent = { orderId, attempt, lease, type, retryClass, at: now, ...remembered }
    await journal.recordIntent(intent, grant.risk !== 'read')
  } catch (error) {
    if (!(error instanceof AppError && error.reason === 'disk_full')) throw error
    logger.error({ orderId, attempt, type, error: messageOf(error) }, 'An order was not begun.')
    if ((await start(claim, claim.claimLeaseSec * 1000, deps)) === 'lost') return
    return finish(claim, reportWithoutRun({ kind: 'threw', error }, deps), deps)
  }
  const started = await start(claim, Math.min(claim.claimLeaseSec * 1000, grant.notAfter - now), deps)
  if (started === 'lost') return journal.recordAck(lease)
  if (started === 'unconfirmed') return finish(claim, reportWithoutRun({ kind: 'not_started' }, deps), deps)
  logger.info({ orderId, attempt, type }, 'An order was started.')
  await executeStarted({ claim, ...verdict, started }, deps)
}

/** As long as a claim is good for by default; what it says itself could not be read. */
const unreadableWithinMs = 30_000

/** Ends an order whose claim cannot be read: by its name and its lease alone, for good. Rejects like `runOrder`. */
export async function refuseUnreadable(claim: UnreadableClaim, deps: OrderDeps): Promise<void> {
  const { orderId, attempt, problem } = claim
  deps.logger.error({ orderId, attempt, problem }, 'A claimed order cannot be read by this version of the runner.')
  const message = `The order was not executed: this runner cannot read its claim (${problem}). Upgrade the runner, or place a smaller order.`
  return endWithoutRun(claim, { code: 'unreadable_order', message }, unreadableWithinMs, deps)
}

type Named = Pick<Claim, 'orderId' | 'attempt' | 'lease'>

async function endWithoutRun(claim: Named, refusal: Refusal, withinMs: number, deps: OrderDeps): Promise<void> {
  // Only a started order can be completed; the start has no effect here.
  if ((await start(claim, withinMs, deps)) === 'lost') return
  return finish(claim, reportWithoutRun({ kind: 'refused', refusal }, deps), deps)
}

/** Whether an order is executed here, and by whom; before anything happens. */
async function decide(claim: Claim, deps: OrderDeps): Promise<Decision | { refusal: Refusal }> {
  const identity = deps.identity()
  const policy = await deps.policy()
  const verdict = admit(claim, { ...deps, policy, identity, now: deps.clock.now(), newest: deps.journal.newest })
  if ('refusal' in verdict) return verdict
  const { grant, type } = verdict.admitted
  // What the executor does, it opens itself: the runner could not.
  const handedOn = type.privileged && deps.executor !== null
  const opened = handedOn ? { ...verdict.admitted, values: [] } : await openSecrets(grant, type, identity.sealKeyPem)
  if ('refusal' in opened) return opened
  const admitted = { ...verdict.admitted, payload: opened.payload }
  const chosen = dispatch(claim, admitted, { ...deps, root: deps.runner.root })
  return 'refusal' in chosen ? chosen : { grant, policy, dispatch: chosen.dispatched, secrets: opened.values }
}

/** Starting is repeatable under one lease, so it is tried until the claim may have been given to another. */
async function start(claim: Named, withinMs: number, deps: OrderDeps): Promise<Started | 'lost' | 'unconfirmed'> {
  const { controlPlane, time = monotonic, logger, shutdown } = deps
  const endMs = performance.now() + withinMs
  for (let tries = 1; ; tries++) {
    const leftMs = endMs - performance.now()
    if (leftMs <= 0 || shutdown.aborted) return 'unconfirmed'
    const sentAtMs = time.nowMs()
    try {
      return { progress: await controlPlane.start(claim, Math.ceil(Math.min(leftMs, startAnswerMs))), sentAtMs }
    } catch (error) {
      const trouble = troubleOf(error)
      logger.warn({ orderId: claim.orderId, trouble, error: messageOf(error) }, 'An order could not be started.')
      if (trouble === 'lost' || trouble === 'refused') return 'lost'
      await pause(Math.min(leftMs, retryDelayMs(error, startBackoff, tries)), shutdown)
    }
  }
}

interface Decision {
  grant: Grant
  /** By which it was admitted, whatever comes after. */
  policy: Policy
  dispatch: Dispatch
  /** Values that must not be seen anywhere. */
  secrets: string[]
}

interface StartedOrder extends Decision {
  claim: Claim
  started: Started
}

async function executeStarted(order: StartedOrder, deps: OrderDeps): Promise<void> {
  const { claim, grant, policy, dispatch, secrets, started } = order
  const { controlPlane, logOutbox, turns, runner, clock, logger, shutdown } = deps
  const { payload, timeoutSec, retryClass } = grant
  const stops = watchStops({ ...deps, claim, started, timeoutSec, retryClass })
  const { signal } = stops
  const redaction = redactionFor(deps, [claim.lease, ...secretsIn(plainPartOf(payload)), ...secrets])
  const logs = new LogStream({
    send: (chunk, aborted) => controlPlane.sendLog(claim, chunk, aborted),
    redaction,
    clock,
    logger,
    signal,
  })
  try {
    const report = await execute({ grant, dispatch, turns, runner, policy, logs, redaction, clock, signal, shutdown })
    await finish(claim, report, deps, async () => {
      const left = await logs.close(stopOf(signal)?.kind === 'lost' ? 0 : lastLogsMs)
      await logOutbox?.keep(claim, left)
    })
  } finally {
    await stops.close()
  }
}

/** On disk first, then told: the report outlives this process. `beforeTelling` is what must arrive ahead of it. */
async function finish(
  claim: Named,
  report: Report,
  { journal, outbox }: OrderDeps,
  beforeTelling?: () => Promise<void>,
): Promise<void> {
  const { orderId, attempt, lease } = claim
  const result = { orderId, attempt, lease, report }
  await journal.recordResult(result)
  await beforeTelling?.()
  await outbox.deliver(result)
}

function reportWithoutRun(ending: Ending, deps: OrderDeps): Report {
  const course = { startedAt: null, finishedAt: deps.clock.now(), durationMs: 0, steps: [] }
  return reportOf(ending, course, redactionFor(deps, []))
}

function redactionFor({ identity, runner }: OrderDeps, secrets: string[]): Redaction {
  const { token, privateKeyPem, sealKeyPem } = identity()
  return new Redaction([
    token,
    privateKeyPem,
    ...(sealKeyPem === null ? [] : [sealKeyPem]),
    ...secretsIn([runner.childEnv, runner.ownEnv]),
    ...secrets,
  ])
}

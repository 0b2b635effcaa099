import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { type Grant, grantSkewMs } from '@ikoma/api'
import { type Clock, systemClock, withDeadline } from '@ikoma/kernel'
import { readAccounts } from '@ikoma/machine/system'
import { actions as allActions } from '../actions/index.ts'
import { localHost } from '../host/local-host.ts'
import { orderMarker } from '../host/process-tree.ts'
import type { Logger } from '../logger.ts'
import type { ActionContext, ActionResult, Actions } from '../order/action.ts'
import { admit } from '../order/admit.ts'
import { type Dispatch, dispatch } from '../order/dispatch.ts'
import { deafness } from '../order/execute.ts'
import { lastGoodStays } from '../order/held-policy.ts'
import { openSecrets, plainPartOf } from '../order/open-secrets.ts'
import type { Refusal } from '../order/refusal.ts'
import type { Stop } from '../order/stop.ts'
import { Redaction } from '../output/redact.ts'
import { secretsIn } from '../output/secret-forms.ts'
import type { Claim } from '../protocol/control-plane-client.ts'
import { mayPass, messageOf } from '../protocol/trouble.ts'
import { type ExecutorConfig, readExecutorConfig } from './executor-config.ts'
import { jsonLines } from './lines.ts'
import { lookSchema, maxLineBytes, requestSchema, stopSchema } from './messages.ts'
import { newestSpent, spendGrant } from './spent-grants.ts'
import { ToldCourse } from './told-course.ts'

export interface ExecutorOptions {
  /** Where only root writes: whom it serves, whose signature it trusts, what it allows. */
  configPath: string
  /** The number of the user at the other end, as the kernel told systemd; null when it could not tell. */
  peerUid: number | null
  input: Readable
  output: Writable
  /** Root's own record of what it was asked for, which the runner cannot change. */
  logger: Logger
  /** The executor's own environment: what its names say is secret is hidden in all that it tells. */
  ownEnv?: Readonly<Record<string, string | undefined>>
  /** Aborts when the machine wants the executor to end: what was made so far is taken back. */
  shutdown?: AbortSignal
  clock?: Clock
  actions?: Actions
}

const clockSetBack =
  'The clock of this server stands before the newest grant that was executed here: it was set back, or was ahead then. ' +
  'Grants count as expired until one was signed later than that, as its place in the audit shows. If none is taken although ' +
  'the clock is right now, remove the file at.<ms> in this folder.'

const killGraceMs = 5_000
const requestMs = 10_000
/** What was done may be as long to take back as it was to do. Where the order's own time is over, the runner has told its end by then. */
const takeBackMs = 300_000

/**
 * Serves one connection: reads one order, decides by its own configuration whether it may be done, does it and tells the
 * course. It believes nothing of the runner: signature, target, expiry, type and payload are examined again, and a grant
 * is good for one execution. Never rejects, and resolves whatever the runner does: at the order's timeout at the latest.
 */
export async function runExecutor(options: ExecutorOptions): Promise<void> {
  const { input, output, logger, shutdown } = options
  const stopping = new AbortController()
  shutdown?.addEventListener('abort', () => stopping.abort(ended), { once: true })
  const course = new ToldCourse(output, stopping.signal)
  // When the runner is gone, the end of what is read says so.
  for (const side of [input, output]) side.on('error', () => undefined)
  try {
    course.end(await serve(options, stopping, course))
  } catch (error) {
    logger.error({ error: messageOf(error) }, 'The executor failed.')
    course.end(refused('executor_failed', messageOf(error)))
  } finally {
    stopping.abort(gone)
    output.end()
  }
}

async function serve(options: ExecutorOptions, stopping: AbortController, course: ToldCourse): Promise<ActionResult> {
  const { peerUid, input, logger, ownEnv = {}, clock = systemClock, actions = allActions } = options
  const config = await readExecutorConfig(options.configPath)
  if (peerUid === null || peerUid !== (await readAccounts()).uidOf(config.runnerUser)) {
    logger.error({ peerUid }, 'Somebody who is not the runner was refused.')
    return refused('refused_peer', `The executor serves the user ${config.runnerUser} alone.`)
  }
  const lines = jsonLines(input, maxLineBytes)
  const { policy, policyProblem, stateDir } = config
  if (policyProblem !== null) logger.error({ problem: policyProblem }, lastGoodStays)
  const asked = await nextLine(lines)
  if (lookSchema.safeParse(asked).success) return looked
  const { claim, hears = false } = requestSchema.parse(asked)
  course.heard = hears
  const { orderId, attempt } = claim
  const now = clock.now()
  const newest = await newestSpent(stateDir)
  const behindMs = newest.issuedAt - grantSkewMs - now
  if (behindMs > 0) logger.warn({ behindMs, folder: join(stateDir, 'spent') }, clockSetBack)
  const verdict = admit(claim, { identity: config, policy, journal: { has: () => false }, now, newest })
  if ('refusal' in verdict) return refusedOrder(claim, verdict.refusal, logger)
  const { grant, type: entry } = verdict.admitted
  const opened = await openSecrets(grant, entry, config.sealKeyPem)
  if ('refusal' in opened) return refusedOrder(claim, opened.refusal, logger)
  const chosen = dispatch(
    claim,
    { ...verdict.admitted, payload: opened.payload },
    { actions, executor: null, root: true },
  )
  if ('refusal' in chosen) return refusedOrder(claim, chosen.refusal, logger)
  const spent = await spendGrant(stateDir, grant)
  if (spent !== null) {
    logger.error({ orderId, attempt, why: spent }, 'A grant that was spent before was refused.')
    return refused('already_executed', spent)
  }
  void watchForStop(lines, stopping)
  const { type, dryRun, payload } = grant
  const redaction = new Redaction([claim.lease, ...secretsIn([plainPartOf(payload), ownEnv]), ...opened.values])
  // The runner must not learn from what it is told what the executor alone knows.
  course.redaction = redaction
  if (policyProblem !== null) course.log(`${lastGoodStays} ${policyProblem}`)
  logger.info({ orderId, attempt, type, dryRun }, 'An order is done as root.')
  const result = await doAsRoot({ grant, dispatch: chosen.dispatched, config, stopping, course })
  logger.info({ orderId, attempt, type, ok: result.ok, summary: redaction.text(result.summary) }, 'It ended.')
  return result
}

/** What was read is kept, and that was asked for. */
const looked: ActionResult = { ok: true, summary: '', output: {} }

function refusedOrder({ orderId, attempt }: Claim, { code, message }: Refusal, logger: Logger): ActionResult {
  logger.error({ orderId, attempt, code }, 'An order was refused.')
  return refused(code, message)
}

async function nextLine(lines: AsyncGenerator<unknown>): Promise<unknown> {
  return (await withDeadline(lines.next(), requestMs, () => new Error('Nothing was asked in time.'))).value
}

/** The runner says stop, or goes away: then nobody would hear the result. */
async function watchForStop(lines: AsyncGenerator<unknown>, stopping: AbortController): Promise<void> {
  try {
    const { value } = await lines.next()
    const parsed = stopSchema.safeParse(value)
    stopping.abort(parsed.success ? parsed.data.stop : gone)
  } catch {
    stopping.abort(gone)
  }
}

const ended: Stop = { kind: 'interrupted', message: 'The executor was stopped while it did this order.' }
const gone: Stop = { kind: 'interrupted', message: 'The runner went away.' }

interface RootExecution {
  grant: Grant
  dispatch: Dispatch
  config: Pick<ExecutorConfig, 'stateDir' | 'policy'>
  stopping: AbortController
  course: ToldCourse
}

/** The order's time is kept here too: a runner that never says stop does not get root for longer. */
async function doAsRoot({ grant, dispatch, config, stopping, course }: RootExecution): Promise<ActionResult> {
  const { stateDir, policy } = config
  const { orderId, attempt, dryRun, timeoutSec } = grant
  const marker = orderMarker(orderId, attempt)
  const late: Stop = { kind: 'timed_out', message: `It did not end within ${timeoutSec} s.` }
  const timer = setTimeout(() => stopping.abort(late), timeoutSec * 1000)
  const { signal } = stopping
  const capture: ActionContext['capture'] = (printed, stream) => course.capture(printed, stream)
  const programs = { cwd: '/', killGraceMs, marker, capture }
  const context: ActionContext = {
    runner: { stateDir, workDir: '/', childEnv: {}, killGraceMs, root: true, measureClockSkewMs: async () => null },
    machine: localHost({ ...programs, signal }),
    machineAfterStop: localHost({ ...programs, signal: new AbortController().signal }),
    signal,
    dryRun,
    policy,
    marker,
    log: (text) => course.log(text),
    capture,
    step: course.step,
  }
  const running = dispatch.run(context).catch((error: unknown) => failed(error))
  try {
    const result = await Promise.race([running, deafness(signal, () => killGraceMs + takeBackMs)])
    return result ?? failed(new Error('The action did not end when it was told to.'))
  } finally {
    clearTimeout(timer)
  }
}

function failed(error: unknown): ActionResult {
  const { reason = 'failed', message } = error as { reason?: string; message: string }
  if (!mayPass(error)) return refused(reason, message)
  return { ok: false, summary: message, errors: [{ code: reason, message }] }
}

function refused(code: string, message: string): ActionResult {
  return { ok: false, summary: message, errors: [{ code, message }], retryable: false }
}

import type { Readable, Writable } from 'node:stream'
import { type Clock, systemClock } from '@ikoma/kernel'
import type { ActionContext, ActionResult, Actions } from '../action.ts'
import { actions as allActions } from '../actions/index.ts'
import { type Admission, admit } from '../admit.ts'
import { localHost } from '../host/local-host.ts'
import { orderMarker } from '../process-tree.ts'
import type { Stop } from '../stop.ts'
import { messageOf } from '../trouble.ts'
import { type ExecutorConfig, readExecutorConfig } from './executor-config.ts'
import { jsonLines } from './lines.ts'
import { type ExecutorAnswer, maxLineBytes, requestSchema, stopSchema } from './messages.ts'
import { claimOnce } from './spent-grants.ts'

export interface ExecutorOptions {
  /** Where only root writes: whom it serves, whose signature it trusts, what it allows. */
  configPath: string
  /** The number of the user at the other end, as the kernel told systemd. */
  peerUid: number
  input: Readable
  output: Writable
  clock?: Clock
  actions?: Actions
}

const killGraceMs = 5_000
const requestMs = 10_000

/**
 * Serves one connection: reads one order, decides by its own configuration whether it may be done, does it and tells the
 * course. It believes nothing of the runner: signature, target, expiry, type and payload are examined again, and a grant
 * is good for one execution.
 */
export async function runExecutor(options: ExecutorOptions): Promise<void> {
  const { input, output, clock = systemClock, actions = allActions } = options
  const tell = (answer: ExecutorAnswer) => void output.write(`${JSON.stringify(answer)}\n`)
  const stopping = new AbortController()
  try {
    const config = await readExecutorConfig(options.configPath)
    if (options.peerUid !== config.runnerUid) return tell({ result: refused('refused_peer', peerMessage(options)) })
    const lines = jsonLines(input, maxLineBytes)
    const { claim } = requestSchema.parse(await nextLine(lines))
    const { policy } = config
    const gate = { identity: config, policy, actions, root: true, journal: { has: () => false }, now: clock.now() }
    const verdict = admit(claim, gate)
    if ('refusal' in verdict) return tell({ result: refused(verdict.refusal.code, verdict.refusal.message) })
    if (!(await claimOnce(config.stateDir, claim, clock.now()))) {
      return tell({ result: refused('already_executed', 'This grant was executed here before.') })
    }
    void watchForStop(lines, stopping)
    tell({ result: await execute(verdict.admitted, config, stopping.signal, tell) })
  } catch (error) {
    tell({ result: refused('executor_failed', messageOf(error)) })
  } finally {
    stopping.abort()
    output.end()
  }
}

async function nextLine(lines: AsyncGenerator<unknown>): Promise<unknown> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(reject, requestMs, new Error('Nothing was asked in time.')).unref()
  })
  return (await Promise.race([lines.next(), late])).value
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

const gone: Stop = { kind: 'interrupted', message: 'The runner went away.' }

function execute(
  admission: Admission,
  { stateDir, policy }: ExecutorConfig,
  signal: AbortSignal,
  tell: (answer: ExecutorAnswer) => void,
): Promise<ActionResult> {
  const { orderId, attempt, dryRun } = admission.grant
  const marker = orderMarker(orderId, attempt)
  const context: ActionContext = {
    host: { stateDir, workDir: '/', childEnv: {}, killGraceMs, root: true, measureClockSkewMs: async () => null },
    machine: localHost({ cwd: '/', killGraceMs, marker, signal }),
    signal,
    dryRun,
    policy,
    marker,
    log: (text) => tell({ log: text }),
    capture: async () => '',
    async step(name, run) {
      tell({ begin: name })
      try {
        const result = await run()
        tell({ end: name })
        return result
      } catch (error) {
        tell({ end: name, error: messageOf(error) })
        throw error
      }
    },
  }
  return admission.run(context).catch((error: unknown) => failed(error))
}

function failed(error: unknown): ActionResult {
  const { reason = 'failed', message } = error as { reason?: string; message: string }
  return { ok: false, summary: message, errors: [{ code: reason, message }] }
}

function refused(code: string, message: string): ActionResult {
  return { ok: false, summary: message, errors: [{ code, message }], retryable: false }
}

function peerMessage({ peerUid }: ExecutorOptions): string {
  return `The executor serves the runner's user alone, not user ${peerUid}.`
}

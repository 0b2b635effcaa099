import { mkdir } from 'node:fs/promises'
import { arch } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '@ikoma/kernel'
import { actions as allActions } from './actions/index.ts'
import { type RunnerConfig, type RunnerSettings, settingsOf } from './config.ts'
import { type Executor, executorAt } from './executor/executor-client.ts'
import { machineHash } from './host/machine-identity.ts'
import type { Logger } from './logger.ts'
import type { Actions, RunnerFacts } from './order/action.ts'
import { HeldPolicy } from './order/held-policy.ts'
import { refuseUnreadable, runOrder } from './order/run-order.ts'
import type { Stop } from './order/stop.ts'
import { Turns } from './order/turns.ts'
import { LogOutbox } from './output/log-outbox.ts'
import { Comeback } from './protocol/comeback.ts'
import { type ControlPlaneClient, createControlPlaneClient, type Hold } from './protocol/control-plane-client.ts'
import { HeardOf } from './protocol/heard-of.ts'
import { journalFile } from './protocol/identity.ts'
import { type IdentityHolder, identityHolder } from './protocol/identity-holder.ts'
import { newInstance } from './protocol/instance.ts'
import { Journal } from './protocol/journal.ts'
import { type Loop, startLoop } from './protocol/loop.ts'
import { type Monotonic, monotonic } from './protocol/monotonic.ts'
import { Bell, pause } from './protocol/pause.ts'
import { recover } from './protocol/recover.ts'
import { ReportOutbox } from './protocol/report-outbox.ts'
import { publicSealKey, sealKeyPath } from './protocol/seal-key.ts'
import { lockState } from './protocol/state-lock.ts'
import { messageOf } from './protocol/trouble.ts'

/** A file of some hundred bytes, which is in memory anyway. */
const policyEveryMs = 2_000

export interface RunnerDeps {
  logger: Logger
  clock?: Clock
  /** What leases and timeouts of orders are counted by. */
  time?: Monotonic
  actions?: Actions
}

export interface Runner {
  runnerId: string
  /** Orders being executed. */
  running(): number
  /** Resolves after stop(); rejects when the runner cannot go on and the process should end. */
  done: Promise<void>
  /** Claims no more, lets running orders end within the grace time, then interrupts them. Untold reports stay in the journal. */
  stop(): Promise<void>
}

/** Starts the runner that is enrolled in `config.stateDir`. Rejects with an AppError when it cannot be started. */
export async function startRunner(config: RunnerConfig, deps: RunnerDeps): Promise<Runner> {
  const settings = settingsOf(config)
  const { stateDir } = settings
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const unlock = await lockState(stateDir)
  try {
    const policy = await HeldPolicy.open(settings.policyFile, deps.logger)
    // A state directory that a former version made has none yet.
    const opensWith = await publicSealKey(sealKeyPath(stateDir))
    const identity = await identityHolder(settings)
    const machine = machineHash(settings.machineIdFile)
    const journal = await Journal.open(join(stateDir, journalFile), { machine, logger: deps.logger })
    return await run({ settings, deps, policy, identity, journal, machine, unlock, opensWith })
  } catch (error) {
    await unlock()
    throw error
  }
}

interface Parts {
  settings: RunnerSettings
  deps: RunnerDeps
  policy: HeldPolicy
  identity: IdentityHolder
  journal: Journal
  machine: string | null
  unlock(): Promise<void>
  /** The public key that secrets of its own orders are encrypted to: an admin may have to tell it to the control plane. */
  opensWith: string
}

async function run({ settings, deps, policy, identity, journal, machine, unlock, opensWith }: Parts): Promise<Runner> {
  const { logger, clock = systemClock, time = monotonic, actions = allActions } = deps
  const { version, killGraceMs } = settings
  const pathCut = (limitSec: number) =>
    logger.info({ limitSec }, 'What is between here and the control plane cuts requests that wait: they wait for less.')
  const controlPlane = createControlPlaneClient(identity.current, newInstance(machine), pathCut)
  const folder = join(settings.stateDir, 'logs')
  const comeback = new Comeback()
  const logOutbox = new LogOutbox({ folder, send: controlPlane.sendLog, clock, comeback, logger })
  const tellLog = (hold: Hold) => logOutbox.deliver(hold)
  const outbox = new ReportOutbox({ complete: controlPlane.complete, tellLog, journal, comeback, logger })
  const stopping = new AbortController()
  const shutdown = new AbortController()
  // Before the reports, which come after their logs.
  await logOutbox.start()
  await recover({ journal, outbox, logOutbox, clock, logger, killGraceMs })
  const runner = factsOf(settings, controlPlane, clock)
  const executor = settings.executorSocket === null ? null : executorAt(settings.executorSocket)
  const privilege = privilegeOf(executor)
  const order = {
    controlPlane,
    policy: () => policy.latest(),
    journal,
    outbox,
    logOutbox,
    actions,
    executor,
    turns: new Turns(),
    runner,
    clock,
    logger,
  }
  const orderDeps = { ...order, time, identity: identity.current, shutdown: shutdown.signal }
  const { runnerId, concurrency } = identity.current()
  const heardOf = new HeardOf(settings.stateDir)
  await heardOf.begin()
  const news = new Bell()
  const look = () => void executor?.look().catch((error) => logger.warn({ error: messageOf(error) }, notLooked))
  look()
  policy.onNews = () => {
    news.ring()
    look()
  }
  void watchPolicy(policy, stopping.signal)
  const loop = startLoop({
    ...settings,
    controlPlane,
    runOrder: (claim) => runOrder(claim, orderDeps),
    refuseOrder: (claim) => refuseUnreadable(claim, orderDeps),
    auditHead: () => journal.auditHead,
    state: () => ({ ...stateOf(journal, controlPlane), orderTypes: policy.current.types, policy: policy.told() }),
    news,
    reloadIdentity: identity.reload,
    renewToken: async () => {
      await identity.renew(controlPlane.renewToken)
      logger.info({}, 'The token was replaced, and this runner has made itself a new one.')
    },
    about: { version, capabilities: { node: process.version, arch: arch(), privilege } },
    concurrency: Math.min(settings.concurrency ?? concurrency, concurrency),
    heardOf: (error) => heardOf.tell(error),
    comeback,
    logger,
    stopping: stopping.signal,
  })
  const about = { runnerId, url: identity.current().url, scopes: policy.current.scopes, privilege, opensWith }
  logger.info(about, 'The runner has started.')
  if (privilege !== 'executor') logger[privilege === 'root' ? 'warn' : 'info']({}, unsplit[privilege])
  const closing = { loop, settings, controlPlane, outbox, logOutbox, journal, stopping, shutdown, logger, unlock }
  let stopped: Promise<void> | null = null
  const stop = () => {
    stopped ??= close(closing)
    return stopped
  }
  const done = Promise.race([loop.ended, loop.failed]).then(stop, async (error) => {
    logger.error({ error: messageOf(error) }, 'The runner cannot go on.')
    await stop()
    throw error
  })
  // Whoever only calls stop() need not look at it.
  done.catch(() => {})
  return { runnerId, running: loop.running, done, stop }
}

const notLooked = 'The executor was not told to read the policy: it does with the next order.'

/** An administrator who corrects it by hand need not start the runner again, nor wait until the control plane has heard of it. */
async function watchPolicy(policy: HeldPolicy, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    await pause(policyEveryMs, stopping)
    await policy.refresh()
  }
}

function stateOf(journal: Journal, { pathLimitSec }: ControlPlaneClient): Record<string, unknown> {
  const limitSec = pathLimitSec()
  return { ...(journal.full && { diskFull: true }), ...(limitSec !== null && { pathLimitSec: limitSec }) }
}

/** Who does what needs root: an executor of its own, or this very process, with the rights it has. */
function privilegeOf(executor: Executor | null): 'executor' | 'root' | 'none' {
  if (executor) return 'executor'
  return process.getuid?.() === 0 ? 'root' : 'none'
}

const unsplit = {
  root: 'There is no executor: this process talks to the network and is root. On a server: ikoma runner install.',
  none: 'There is no executor: orders that need root are tried with the rights of this process, and refused there.',
}

interface Closing extends Pick<Parts, 'settings' | 'journal' | 'unlock'> {
  loop: Loop
  controlPlane: ControlPlaneClient
  outbox: ReportOutbox
  logOutbox: LogOutbox
  stopping: AbortController
  shutdown: AbortController
  logger: Logger
}

async function close({ loop, settings, stopping, shutdown, ...parts }: Closing): Promise<void> {
  const { logger } = parts
  stopping.abort()
  const graceOver = new AbortController()
  await Promise.race([loop.ended, loop.failed.catch(() => {}), pause(settings.stopGraceSec * 1000, graceOver.signal)])
  graceOver.abort()
  shutdown.abort({ kind: 'interrupted', message: 'The runner was stopped while this order ran.' } satisfies Stop)
  await loop.ended
  await Promise.all([parts.outbox.close(), parts.logOutbox.close()])
  const body = { status: 'OFFLINE', version: settings.version } as const
  await parts.controlPlane.heartbeat(body, 2_000).catch((error) => {
    logger.debug({ error: messageOf(error) }, 'The control plane could not be told that the runner stops.')
  })
  await parts.journal.close()
  await parts.unlock()
}

function factsOf(settings: RunnerSettings, controlPlane: ControlPlaneClient, clock: Clock): RunnerFacts {
  const { stateDir, childEnv, ownEnv = {}, killGraceMs, version } = settings
  return {
    stateDir,
    workDir: join(stateDir, 'work'),
    childEnv,
    ownEnv,
    killGraceMs,
    root: process.geteuid?.() === 0,
    async measureClockSkewMs() {
      const sentAt = clock.now()
      try {
        const { serverTime } = await controlPlane.heartbeat({ status: 'ONLINE', version }, 5_000)
        return Math.round(Date.parse(serverTime) - (sentAt + clock.now()) / 2)
      } catch {
        return null
      }
    },
  }
}

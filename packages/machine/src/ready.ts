import { AppError } from '@ikoma/kernel'
import type { Host } from './host.ts'
import { withLastWords } from './last-words.ts'
import { mustRun, outputOf } from './must-run.ts'
import { isListening } from './system/index.ts'

/** When a service that was started counts as there. */
export interface Ready {
  port: number
  /** Answered with less than 500, asked on that port of this machine. */
  path?: string | undefined
  withinSec: number
}

export interface Gate {
  /** How long it is watched where nothing says when it is ready. */
  settleSec: number
  ready?: Ready | undefined
  /** Ports that it had before it was started anew. */
  formerPorts?: readonly number[]
  /** Where its variables say that it will listen: waited for, and no failure. */
  saidPort?: number | undefined
}

/** What was started, as what runs it has it. */
export interface Started {
  /** As people call it: `gateway.service`. */
  name: string
  /** Where its log is: `service.systemd.logs, or journalctl -u gateway.service`. */
  log: string
  state(): Promise<{ up: boolean; restarts: number }>
  /** The ports that its processes listen on. */
  ports(): Promise<number[]>
  /** Why it is not up any more. */
  failed(): Promise<AppError>
  /** Its last words, without what is secret of its environment. */
  said(): Promise<string[]>
}

/** Rejects when it ends, or is started again by itself, before it is ready; or is not ready in time. */
export async function becomesReady(host: Host, started: Started, gate: Gate): Promise<void> {
  const { settleSec, ready, formerPorts = [], saidPort } = gate
  if (ready) {
    const what =
      ready.path === undefined ? `listen on port ${ready.port}` : `answer ${ready.path} on port ${ready.port}`
    return mustBe(host, started, { isReady: () => isThere(host, ready), what, withinSec: ready.withinSec })
  }
  await staysUp(started, () => watch(host, settleSec))
  if (formerPorts.length > 0) {
    const isReady = async () => (await isListening(host, formerPorts)) || (await started.ports()).length > 0
    const what = `listen on any port, as it did before on ${formerPorts.join(', ')}`
    const cure = ' If that is as it should be, stop it first: what did not run before need not listen.'
    return mustBe(host, started, { isReady, what, cure, withinSec: formerSec })
  }
  if (saidPort === undefined) return
  const isReady = () => isListening(host, [saidPort])
  await staysUp(started, async () => void (await wait(host, started, { isReady, withinSec: saidSec })))
}

/** Most programs that listen are told where by this variable. */
export function portSaidBy({ PORT = '' }: Readonly<Record<string, string>>): number | undefined {
  return /^[1-9]\d{0,4}$/.test(PORT) ? Number(PORT) : undefined
}

const formerSec = 60
const saidSec = 30
const pauseSec = 0.5

interface Awaited {
  isReady: () => Promise<boolean>
  withinSec: number
}

type Must = Awaited & { what: string; cure?: string }

async function mustBe(host: Host, started: Started, { what, cure = '', ...awaited }: Must): Promise<void> {
  let is = false
  await staysUp(started, async () => {
    is = await wait(host, started, awaited)
  })
  if (is) return
  // A log that cannot be read hides nothing of the failure itself.
  const words = await started.said().catch(() => [])
  const said = withLastWords(words, started.log)
  const message = `${started.name} runs, and does not ${what} within ${awaited.withinSec} s. ${said}.${cure}`
  throw new AppError('unprocessable', message, { reason: 'service_not_ready' })
}

/** Whether it became so; given up when it is not up any more, which is for the caller to judge. */
async function wait(host: Host, started: Started, { isReady, withinSec }: Awaited): Promise<boolean> {
  const { restarts } = await started.state()
  for (let waitedSec = 0; waitedSec < withinSec; waitedSec += pauseSec) {
    if (await isReady()) return true
    const state = await started.state()
    if (!state.up || state.restarts !== restarts) return false
    // A program of the machine, so that what stops the order ends it.
    await mustRun(host, { argv: ['sleep', String(pauseSec)] })
  }
  return false
}

/** Rejects when it is not up at the end of a wait, or had to be started again. */
async function staysUp(started: Started, waited: () => Promise<void>): Promise<void> {
  const before = await started.state()
  await waited()
  const { up, restarts } = await started.state()
  if (!up || restarts !== before.restarts) throw await started.failed()
}

async function watch(host: Host, sec: number): Promise<void> {
  if (sec > 0) await outputOf(host, { argv: ['sleep', String(sec)], timeoutSec: sec + 30 })
}

/** Whether it is there now. What answers listens, also where no table of this machine has its socket. */
export async function isThere(host: Host, { port, path }: Ready): Promise<boolean> {
  if (path === undefined) return isListening(host, [port])
  const at = { address: '127.0.0.1', port }
  const visited = await host.visit({ scheme: 'http', at, name: 'localhost', path, timeoutSec: 5 })
  return !('failure' in visited) && visited.status < 500
}

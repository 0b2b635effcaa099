import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { mustRun } from '../must-run.ts'
import { isListening, listeningSockets, processOrigin } from '../system/index.ts'
import { stayUp, unitState } from './systemctl.ts'

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

/** Rejects when the unit ends, or is started again by itself, before it is ready; or is not ready in time. */
export async function becomeReady(host: Host, unit: string, gate: Gate): Promise<void> {
  const { settleSec, ready, formerPorts = [], saidPort } = gate
  if (ready) {
    const isReady = async () => (await isListening(host, [ready.port])) && (await answers(host, ready))
    const what =
      ready.path === undefined ? `listen on port ${ready.port}` : `answer ${ready.path} on port ${ready.port}`
    return mustBe(host, unit, { isReady, what, withinSec: ready.withinSec })
  }
  await stayUp(host, unit, settleSec)
  if (formerPorts.length > 0) {
    const isReady = async () => (await isListening(host, formerPorts)) || (await portsOf(host, unit)).length > 0
    const what = `listen on any port, as it did before on ${formerPorts.join(', ')}`
    return mustBe(host, unit, { isReady, what, withinSec: formerSec })
  }
  if (saidPort === undefined) return
  const isReady = () => isListening(host, [saidPort])
  await stayUp(host, unit, async () => void (await wait(host, unit, { isReady, withinSec: saidSec })))
}

const formerSec = 60
const saidSec = 30
const pauseSec = 0.5

interface Awaited {
  isReady: () => Promise<boolean>
  withinSec: number
}

async function mustBe(host: Host, unit: string, { what, ...awaited }: Awaited & { what: string }): Promise<void> {
  let is = false
  await stayUp(host, unit, async () => {
    is = await wait(host, unit, awaited)
  })
  if (is) return
  const message = `${unit} runs, and does not ${what} within ${awaited.withinSec} s. Its log says why: service.systemd.logs, or journalctl -u ${unit}. If that is as it should be, stop it first: what did not run before need not listen.`
  throw new AppError('unprocessable', message, { reason: 'service_not_ready' })
}

/** Whether it became so; given up when the unit is not up any more, which is for the caller to judge. */
async function wait(host: Host, unit: string, { isReady, withinSec }: Awaited): Promise<boolean> {
  const { restarts } = await unitState(host, unit)
  for (let waitedSec = 0; waitedSec < withinSec; waitedSec += pauseSec) {
    if (await isReady()) return true
    const state = await unitState(host, unit)
    if (state.activeState !== 'active' || state.restarts !== restarts) return false
    // A program of the machine, so that what stops the order ends it.
    await mustRun(host, { argv: ['sleep', String(pauseSec)] })
  }
  return false
}

/** The ports that processes of this unit listen on; none where that cannot be seen. */
export async function portsOf(host: Host, unit: string): Promise<number[]> {
  const ports = new Set<number>()
  for (const { port, pid } of await listeningSockets(host).catch(() => [])) {
    if (pid !== null && (await processOrigin(host, pid)).unit === unit) ports.add(port)
  }
  return [...ports]
}

async function answers(host: Host, { port, path }: Ready): Promise<boolean> {
  if (path === undefined) return true
  const at = { address: '127.0.0.1', port }
  const visited = await host.visit({ scheme: 'http', at, name: 'localhost', path, timeoutSec: 5 })
  return !('failure' in visited) && visited.status < 500
}

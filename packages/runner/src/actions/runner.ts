import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { OutputOf } from '@ikoma/api'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import { messageOf } from '../protocol/trouble.ts'
import { findTools, systemdState } from './find-tools.ts'
import { readDisk, readMemory } from './memory-and-disk.ts'

export const runner = {
  'runner.selftest': runSelftest,
} satisfies FamilyActions<'runner'>

type Output = OutputOf<'runner.selftest'>
type Check = Output['checks'][number]

const maxSkewMs = 5_000
const minDiskBytes = 2 ** 30
const minMemoryBytes = 128 * 2 ** 20

/** Looks whether the runner can do its work. Only a state directory that cannot be written fails it: the rest is to be known. */
async function runSelftest(_payload: object, context: ActionContext): Promise<ActionResult<Output>> {
  const { runner } = context
  const writable = await checkStateDirectory(context)
  const disk = await readDisk(runner.stateDir)
  const memory = await readMemory()
  const clockSkewMs = await context.step('clock', () => runner.measureClockSkewMs())
  const tools = await context.step('tools', () => findTools(context))
  const privileges = readPrivileges()
  const checks = [
    writable,
    checkClock(clockSkewMs),
    atLeast('disk', disk.freeBytes, minDiskBytes),
    atLeast('memory', memory.availableBytes, minMemoryBytes),
    checkSystemd(await systemdState(context)),
    checkPrivileges(privileges),
  ]
  for (const { name, status, detail } of checks) context.log(`${status.toUpperCase()} ${name}: ${detail}`)
  const stateDirectory = { path: runner.stateDir, writable: writable.status === 'ok' }
  const output = { checks, stateDirectory, clockSkewMs, disk, memory, tools, privileges }
  tellGateway(output, context)
  if (writable.status === 'fail') {
    const errors = [{ code: 'state_directory_not_writable', message: writable.detail }]
    return { ok: false, summary: writable.detail, output, errors }
  }
  const warnings = checks.filter(({ status }) => status === 'warn').map(({ name }) => name)
  const summary =
    warnings.length === 0 ? 'The runner can do its work.' : `The runner works; look at: ${warnings.join(', ')}.`
  return { ok: true, summary, output }
}

async function checkStateDirectory({ runner, step }: ActionContext): Promise<Check> {
  const name = 'state directory'
  try {
    await step(name, () => writeProbe(runner.stateDir))
    return { name, status: 'ok', detail: `${runner.stateDir} can be written.` }
  } catch (error) {
    return { name, status: 'fail', detail: `${runner.stateDir} cannot be written: ${messageOf(error)}` }
  }
}

async function writeProbe(directory: string): Promise<void> {
  const probe = join(directory, `.selftest-${randomBytes(6).toString('hex')}`)
  try {
    const file = await open(probe, 'wx', 0o600)
    try {
      await file.writeFile('ikoma')
      await file.sync()
    } finally {
      await file.close()
    }
  } finally {
    await rm(probe, { force: true })
  }
}

function checkClock(skewMs: number | null): Check {
  const name = 'clock'
  if (skewMs === null) return { name, status: 'warn', detail: 'The control plane did not tell its time.' }
  const detail = `${Math.abs(skewMs)} ms ${skewMs < 0 ? 'ahead of' : 'behind'} the control plane.`
  return { name, status: Math.abs(skewMs) > maxSkewMs ? 'warn' : 'ok', detail }
}

function atLeast(name: string, bytes: number, least: number): Check {
  const mebibytes = Math.round(bytes / 2 ** 20)
  return { name, status: bytes < least ? 'warn' : 'ok', detail: `${mebibytes} MiB available.` }
}

function checkSystemd(state: string | null): Check {
  const name = 'systemd'
  if (state === null) return { name, status: 'ok', detail: 'Not running here.' }
  return { name, status: state === 'degraded' ? 'warn' : 'ok', detail: `It is ${state}.` }
}

function readPrivileges(): Output['privileges'] {
  const uid = process.getuid?.() ?? -1
  return { uid, user: userName(uid), root: uid === 0 }
}

function userName(uid: number): string {
  try {
    return userInfo().username
  } catch {
    // In a container a user may be a mere number.
    return String(uid)
  }
}

function checkPrivileges({ root, user }: Output['privileges']): Check {
  const detail = root ? 'Runs as root: what an order breaks is not contained.' : `Runs as ${user}.`
  return { name: 'privileges', status: root ? 'warn' : 'ok', detail }
}

/** The two lines that the gateway of the source documents read its evidence and platform facts from. */
function tellGateway({ stateDirectory, tools }: Output, { log }: ActionContext): void {
  const checks = {
    filesystem_ok: stateDirectory.writable,
    docker_ok: tools.docker?.found ?? false,
    compose_ok: (tools['docker compose']?.found || tools['docker-compose']?.found) ?? false,
  }
  const result = { success: checks.filesystem_ok, type: 'runner.selftest', checks, timestamp: new Date().toISOString() }
  log(`ORDER_RESULT_JSON: ${JSON.stringify(result)}`)
  log(`PLATFORM_FACTS_JSON: ${JSON.stringify({ component: 'runner', checks })}`)
}

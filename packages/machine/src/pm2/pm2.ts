import { AppError } from '@ikoma/kernel'
import type { Exit, Host } from '../host.ts'
import { refusePowerfulUser } from '../safety/index.ts'
import { homeOf } from '../system/index.ts'
import { unitState } from '../systemd/index.ts'

export interface Pm2Account {
  user: string
  home: string
}

/** A process as PM2 has it. */
export interface Pm2State {
  name: string
  /** `online`, `stopped`, `errored`, … */
  status: string
  pid: number | null
  restarts: number
  startedAt: string | null
  cpuPercent: number
  memoryBytes: number
  /** What it was started with; null where no order did. */
  revision: string | null
  outFile: string
  errorFile: string
}

/** In the environment of a process: by it PM2 tells what it was started with. */
export const revisionVariable = 'IKOMA_REVISION'

export const pm2Unit = (user: string) => `pm2-${user}.service`

export const pm2Home = ({ home }: Pm2Account) => `${home}/.pm2`

export async function pm2Account(host: Host, user: string): Promise<Pm2Account> {
  await refusePowerfulUser(host, user)
  return { user, home: await homeOf(host, user) }
}

/** Whether PM2 runs for the account. Asked before PM2 itself, which would start a second one outside of systemd. */
export async function isPm2Up(host: Host, { user }: Pm2Account): Promise<boolean> {
  return (await unitState(host, pm2Unit(user))).activeState === 'active'
}

/**
 * Runs pm2 as the account, and rejects when PM2 does not run for it. PM2 gives a process everything in the environment
 * of who starts it: that is next to nothing, and no mark of the order, by which the process would be ended with it.
 */
export async function pm2(host: Host, account: Pm2Account, args: readonly string[]): Promise<string> {
  if (!(await isPm2Up(host, account))) throw notUp(account)
  const { code, stdout, stderr } = await runAs(host, account, ['pm2', ...args])
  if (code === 0) return stdout
  if (code === 127) throw pm2Absent()
  const said = (stderr.trim() || stdout.trim()).slice(-2_000)
  throw new AppError('unavailable', `pm2 failed with ${code ?? 'a signal'}: ${said}`, { reason: 'tool_failed' })
}

export async function listPm2(host: Host, account: Pm2Account): Promise<Pm2State[]> {
  const text = lastLine(await pm2(host, account, ['jlist']))
  try {
    return (JSON.parse(text) as Told[]).map(stateOf)
  } catch {
    throw new AppError('unavailable', `What pm2 says of its processes cannot be understood.`, {
      reason: 'tool_failed',
    })
  }
}

/** One, or its instances; rejects when there is none. */
export async function findPm2Processes(host: Host, account: Pm2Account, name: string): Promise<Pm2State[]> {
  const found = (await listPm2(host, account)).filter((each) => each.name === name)
  if (found.length > 0) return found
  const message = `PM2 of ${account.user} has no process ${name}. service.pm2.apply makes one.`
  throw new AppError('unprocessable', message, { reason: 'no_such_service' })
}

/** The last lines of what a process wrote, as the account may read them. */
export async function readPm2Log(host: Host, account: Pm2Account, path: string, lines: number): Promise<string[]> {
  const { code, stdout } = await runAs(host, account, ['tail', `--bytes=${maxLogBytes}`, '--', path])
  // A log that is not there has not been written to.
  return code === 0 && stdout !== '' ? stdout.replace(/\n$/, '').split('\n').slice(-lines) : []
}

const maxLogBytes = 200_000

/** What PM2 starts at the next boot, by name and revision; empty where nothing was saved. */
export async function savedPm2(host: Host, account: Pm2Account): Promise<Pick<Pm2State, 'name' | 'revision'>[]> {
  const path = `${pm2Home(account)}/dump.pm2`
  // The account could have put anything else there.
  if ((await host.look(path))?.kind !== 'file') return []
  try {
    const saved: unknown = JSON.parse((await host.read(path)) ?? '[]')
    return Array.isArray(saved) ? saved.map((each) => ({ name: String(each.name), revision: revisionOf(each) })) : []
  } catch {
    return []
  }
}

export function pm2Absent(): AppError {
  return new AppError('unprocessable', 'pm2 is not installed on this server.', { reason: 'tool_absent' })
}

function runAs(host: Host, { user, home }: Pm2Account, command: readonly string[]): Promise<Exit> {
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  const variables = [`HOME=${home}`, `PM2_HOME=${home}/.pm2`, path, 'LC_ALL=C.UTF-8', 'PM2_DISABLE_VERSION_CHECK=true']
  return host.run({ argv: ['runuser', '-u', user, '--', 'env', '-i', ...variables, ...command], cwd: '/' })
}

/** Before it may come what PM2 has to say about itself. */
const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '[]'

interface Told {
  name?: unknown
  pid?: unknown
  monit?: { cpu?: unknown; memory?: unknown }
  pm2_env?: {
    status?: unknown
    restart_time?: unknown
    pm_uptime?: unknown
    pm_out_log_path?: unknown
    pm_err_log_path?: unknown
    env?: Record<string, unknown>
  }
}

function stateOf({ name, pid, monit, pm2_env: about }: Told): Pm2State {
  const since = Number(about?.pm_uptime)
  return {
    name: String(name),
    status: String(about?.status),
    pid: Number(pid) || null,
    restarts: Number(about?.restart_time) || 0,
    startedAt: since > 0 && about?.status === 'online' ? new Date(since).toISOString() : null,
    cpuPercent: Number(monit?.cpu) || 0,
    memoryBytes: Number(monit?.memory) || 0,
    revision: revisionOf(about),
    outFile: String(about?.pm_out_log_path),
    errorFile: String(about?.pm_err_log_path),
  }
}

function revisionOf(about: { env?: Record<string, unknown> } | undefined): string | null {
  const revision = about?.env?.[revisionVariable]
  return typeof revision === 'string' ? revision : null
}

function notUp({ user }: Pm2Account): AppError {
  return new AppError('unprocessable', `PM2 does not run for ${user}. Start it first: service.pm2.startup.`, {
    reason: 'pm2_not_running',
  })
}

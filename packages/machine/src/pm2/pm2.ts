import { AppError } from '@ikoma/kernel'
import type { Exit, Host } from '../host.ts'
import { toolFailed } from '../must-run.ts'
import { type NamedAccounts, refuseOthersAccount, refusePowerfulUser } from '../safety/index.ts'
import { homeOf, logEndArgv, logEndBytes, wholeLines } from '../system/index.ts'
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
  /** How the last run ended, where one has. */
  exitCode: number | null
  cpuPercent: number
  memoryBytes: number
  /** What it was started with; null where no order did. */
  revision: string | null
  outFile: string
  errorFile: string
}

/** The variable of a process by which PM2 tells what it was started with. */
export const revisionVariable = 'IKOMA_REVISION'

export const pm2Unit = (user: string) => `pm2-${user}.service`

export const pm2Home = ({ home }: Pm2Account) => `${home}/.pm2`

/** The account whose PM2 orders may touch: an app's, or one that the policy names. */
export async function pm2Account(host: Host, user: string, named: NamedAccounts): Promise<Pm2Account> {
  await refusePowerfulUser(host, user)
  await refuseOthersAccount(host, user, named)
  return { user, home: await homeOf(host, user) }
}

/** Whether PM2 runs for the account as an order started it: as a unit, so that its processes are in a sandbox. */
export async function isPm2Up(host: Host, account: Pm2Account): Promise<boolean> {
  return (await unitState(host, pm2Unit(account.user))).activeState === 'active' && (await isListening(host, account))
}

/**
 * Whether there is a PM2 to ask, whoever started it: any question starts one where there is none. The kernel knows who
 * listens; the file of the socket is still there when PM2 was killed.
 */
async function isListening(host: Host, account: Pm2Account): Promise<boolean> {
  const sockets = (await host.read('/proc/net/unix')) ?? ''
  const listening = [...sockets.matchAll(/^\S+ \S+ \S+ 00010000 \S+ \S+ +\d+ (.+)$/gm)]
  return listening.some(([, path]) => path === `${pm2Home(account)}/rpc.sock`)
}

/** Runs pm2 as the account, and rejects when no order has PM2 run for it. */
export async function pm2(host: Host, account: Pm2Account, args: readonly string[]): Promise<string> {
  if (!(await isPm2Up(host, account))) throw notUp(account)
  return askPm2(host, account, args)
}

/**
 * Runs pm2 as the account, only where there is one to ask. PM2 gives a process everything in the environment of who
 * starts it: that is next to nothing, and no mark of the order, by which the process would be ended with it.
 */
async function askPm2(host: Host, account: Pm2Account, args: readonly string[]): Promise<string> {
  const exit = await runAs(host, account, ['pm2', ...args])
  if (exit.code === 0) return exit.stdout
  throw exit.code === 127 ? pm2Absent() : toolFailed('pm2', exit)
}

export async function listPm2(host: Host, account: Pm2Account): Promise<Pm2State[]> {
  return processesIn(await pm2(host, account, ['jlist'])).map(stateOf)
}

/** A process with its variables: to know what must be hidden, never to be shown. */
export interface Pm2Reading {
  state: Pm2State
  environment: Record<string, string>
}

/** What any PM2 of the account has, also one that no order started; null where none runs. */
export async function readPm2(host: Host, account: Pm2Account): Promise<Pm2Reading[] | null> {
  if (!(await isListening(host, account))) return null
  return processesIn(await askPm2(host, account, ['jlist'])).map((told) => {
    const variables = Object.entries(told.pm2_env?.env ?? {}).map(([name, value]) => [name, String(value)])
    return { state: stateOf(told), environment: Object.fromEntries(variables) }
  })
}

function processesIn(told: string): Told[] {
  try {
    const said: unknown = JSON.parse(lastLine(told))
    // It belongs to the account, which may have put another program in its place.
    if (Array.isArray(said) && said.every((each) => typeof each === 'object' && each !== null)) return said
    throw new SyntaxError('It is no list of processes.')
  } catch {
    throw new AppError('unavailable', 'What pm2 says of its processes cannot be understood.', { reason: 'tool_failed' })
  }
}

/** A process, or its instances; rejects when there is none. */
export async function findPm2Processes(host: Host, account: Pm2Account, name: string): Promise<Pm2State[]> {
  const found = (await listPm2(host, account)).filter((each) => each.name === name)
  if (found.length > 0) return found
  const message = `PM2 of ${account.user} has no process ${name}. service.pm2.apply makes one.`
  throw new AppError('unprocessable', message, { reason: 'no_such_service' })
}

interface LogPart {
  lines: number
  /** What comes after so many bytes; the end of all of it, where it is left out. */
  from?: number
  /** What must not be seen in them. */
  secrets?: readonly string[] | undefined
}

/** The last lines of what a process wrote, as the account may read them: the app says where, and could name any file. */
export async function readPm2Log(host: Host, account: Pm2Account, path: string, part: LogPart): Promise<string[]> {
  const { lines, from = 0, secrets } = part
  const since = from === 0 ? null : (await logLength(host, account, path)) - from
  // Of more than fits only the beginning would be heard; one that is shorter than before was begun anew.
  const isWhole = since !== null && since >= 0 && since < logEndBytes
  const argv = isWhole ? (['tail', `--bytes=+${from + 1}`, '--', path] as const) : logEndArgv(path)
  const { code, stdout } = await runAs(host, account, argv, secrets)
  // A log that is not there has not been written to.
  return code === 0 ? wholeLines(stdout, lines) : []
}

/** How many bytes a log has, as its account may know; 0 where there is none. */
export async function logLength(host: Host, account: Pm2Account, path: string): Promise<number> {
  const { code, stdout } = await runAs(host, account, ['stat', '--dereference', '--format=%s', '--', path])
  return code === 0 ? Number(stdout.trim()) || 0 : 0
}

/** What PM2 starts at the next boot, by name and revision; empty where nothing was saved. */
export async function savedPm2(host: Host, account: Pm2Account): Promise<Pick<Pm2State, 'name' | 'revision'>[]> {
  const path = `${pm2Home(account)}/dump.pm2`
  try {
    const saved: unknown = JSON.parse((await host.readAs(path, account.user)) ?? '[]')
    return Array.isArray(saved) ? saved.map((each) => ({ name: String(each.name), revision: revisionOf(each) })) : []
  } catch {
    // The account could have put anything else there.
    return []
  }
}

/**
 * Has PM2 keep what runs for the next boot. The files hold the variables of all processes, and PM2 makes them as its caller's
 * mask says: afterwards the account alone reads them, with its own rights, for they may be links.
 */
export async function savePm2(host: Host, account: Pm2Account): Promise<void> {
  await pm2(host, account, ['save', '--force'])
  const dumps = ['dump.pm2', 'dump.pm2.bak'].map((name) => `${pm2Home(account)}/${name}`)
  // The second is there only from the second time on.
  await runAs(host, account, ['chmod', '--silent', '600', '--', ...dumps])
}

export function pm2Absent(): AppError {
  return new AppError('unprocessable', 'pm2 is not installed on this server.', { reason: 'tool_absent' })
}

function runAs(
  host: Host,
  { user, home }: Pm2Account,
  command: readonly string[],
  /** Left out, nothing is hidden, not even what looks like a secret: what pm2 lists is to be read. */
  secrets?: readonly string[],
): Promise<Exit> {
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  const variables = [`HOME=${home}`, `PM2_HOME=${home}/.pm2`, path, 'LC_ALL=C.UTF-8', 'PM2_DISABLE_VERSION_CHECK=true']
  const argv = ['runuser', '-u', user, '--', 'env', '-i', ...variables, ...command] as const
  return host.run({ argv, cwd: '/', ...(secrets && { secrets }) })
}

/** Before its answer may come what PM2 has to say about itself. */
const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '[]'

interface Told {
  name?: unknown
  pid?: unknown
  monit?: { cpu?: unknown; memory?: unknown }
  pm2_env?: {
    status?: unknown
    restart_time?: unknown
    pm_uptime?: unknown
    exit_code?: unknown
    pm_out_log_path?: unknown
    pm_err_log_path?: unknown
    env?: Record<string, unknown>
  }
}

function stateOf({ name, pid, monit, pm2_env: about }: Told): Pm2State {
  const since = Number(about?.pm_uptime)
  return {
    name: String(name),
    status: String(about?.status ?? 'unknown'),
    pid: Number(pid) || null,
    restarts: Number(about?.restart_time) || 0,
    startedAt: since > 0 && about?.status === 'online' ? new Date(since).toISOString() : null,
    exitCode: Number.isInteger(about?.exit_code) ? Number(about?.exit_code) : null,
    cpuPercent: Number(monit?.cpu) || 0,
    memoryBytes: Number(monit?.memory) || 0,
    revision: revisionOf(about),
    outFile: String(about?.pm_out_log_path ?? ''),
    errorFile: String(about?.pm_err_log_path ?? ''),
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

import { readPm2Log } from '@ikoma/machine/pm2'
import type { Pm2Process } from '../evidence.ts'
import { linesOf, maxLines, type RawLine } from './logs.ts'
import type { Look } from './look.ts'

export interface SeenPm2 {
  process: Pm2Process
  /** Values to hide. */
  environment: Record<string, string>
  errorLog: string | null
}

/** What is read of it; each entry also holds the process's whole environment. */
interface Listed {
  name?: unknown
  pm2_env?: {
    status?: string
    restart_time?: number
    pm_uptime?: number
    pm_err_log_path?: string
    env?: Record<string, unknown>
  }
}

export async function seePm2(
  look: Look,
  { name, user, now }: { name: string; user: string; now: number },
): Promise<SeenPm2 | null> {
  return look.at(`pm2 ${name}`, null, async () => {
    const home = await homeOf(look, user)
    // Any question to PM2 starts its daemon where there is none.
    if ((await look.host.look(`${home}/.pm2/rpc.sock`)) === null) return unknown
    const ask = ['runuser', '--user', user, '--', 'pm2', 'jlist'] as const
    return parsePm2(await look.ask(ask, { HOME: home, PM2_HOME: `${home}/.pm2` }), name, now)
  })
}

export function parsePm2(said: string, name: string, now: number): SeenPm2 {
  // It may greet first.
  const entries = JSON.parse(said.slice(Math.max(0, said.search(/\[(\{|\]\s*$)/)))) as Listed[]
  const found = entries.find((each) => each.name === name)?.pm2_env
  if (!found) return unknown
  const {
    status = 'unknown',
    restart_time: restarts = 0,
    pm_uptime: startedAt,
    pm_err_log_path: path,
    env = {},
  } = found
  const upSec = status === 'online' && startedAt !== undefined ? Math.round((now - startedAt) / 1000) : null
  const environment = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, String(value)]))
  return { process: { status, restarts, upSec }, environment, errorLog: path ?? null }
}

const unknown: SeenPm2 = { process: { status: null, restarts: 0, upSec: null }, environment: {}, errorLog: null }

/** As the account: the app says where its log is, and could name what only root may read. */
export async function pm2Log(
  look: Look,
  { errorLog }: SeenPm2,
  { name, user }: { name: string; user: string },
): Promise<RawLine[]> {
  if (errorLog === null) return []
  return look.at(errorLog, [], async () => {
    const account = { user, home: await homeOf(look, user) }
    return linesOf((await readPm2Log(look.host, account, errorLog, maxLines)).join('\n'), `pm2 ${name}`)
  })
}

async function homeOf(look: Look, user: string): Promise<string> {
  const entry = await look.ask(['getent', 'passwd', '--', user])
  return entry.trim().split(':')[5] || `/home/${user}`
}

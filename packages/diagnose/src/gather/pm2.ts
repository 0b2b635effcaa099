import { leftOutOf, type Pm2Account, readPm2, readPm2Log } from '@ikoma/machine/pm2'
import { homeOf } from '@ikoma/machine/system'
import type { Pm2Process } from '../evidence.ts'
import { linesOf, maxLines, type RawLine } from './logs.ts'
import type { Look } from './look.ts'

const maxUntimed = 40
const unknown: Pm2Process = { status: null, restarts: 0, upSec: null, exitCode: null, leftOut: null }

export interface SeenPm2 {
  account: Pm2Account
  process: Pm2Process
  /** Values to hide. */
  environment: Record<string, string>
  /** Empty where PM2 does not know the process. */
  errorLog: string
}

export async function seePm2(
  look: Look,
  { name, user, now }: { name: string; user: string; now: number },
): Promise<SeenPm2 | null> {
  return look.at(`pm2 ${name}`, null, async () => {
    const account = { user, home: await homeOf(look.host, user) }
    const processes = await readPm2(look.host, account)
    const found = processes?.find(({ state }) => state.name === name)
    if (!processes || !found) return { account, process: unknown, environment: {}, errorLog: '' }
    const { status, restarts, startedAt, errorFile, exitCode } = found.state
    const all = processes.map(({ state }) => state)
    const leftOut = (await leftOutOf(look.host, account, found.state, all))?.ofThisRun ?? null
    const upSec = startedAt === null ? null : Math.round((now - Date.parse(startedAt)) / 1000)
    return {
      account,
      process: { status, restarts, upSec, exitCode, leftOut },
      environment: found.environment,
      errorLog: errorFile,
    }
  })
}

export async function pm2Log(look: Look, { account, errorLog }: SeenPm2, name: string): Promise<RawLine[]> {
  if (errorLog === '') return []
  return look.at(errorLog, [], async () => {
    // They have no times: what is far up may be of a run whose fault was mended.
    return linesOf(await readPm2Log(look.host, account, errorLog, { lines: maxLines }), `pm2 ${name}`).slice(
      0,
      maxUntimed,
    )
  })
}

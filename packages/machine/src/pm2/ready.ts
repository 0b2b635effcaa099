import { AppError } from '@ikoma/kernel'
import { secretsOf } from '../compose/index.ts'
import type { Host } from '../host.ts'
import { withLastWords } from '../last-words.ts'
import { becomesReady, type Gate } from '../ready.ts'
import { listeningSockets, parentOf } from '../system/index.ts'
import { meaningOfExit, unitState } from '../systemd/index.ts'
import { listPm2, logLength, type Pm2Account, type Pm2State, pm2Unit, readPm2, readPm2Log } from './pm2.ts'

/** A process, or its instances, before an order starts it anew. */
export interface Former {
  ports: readonly number[]
  /** What its logs held already, in bytes by path: what it says later comes after. */
  logged: Readonly<Record<string, number>>
}

export async function formerOf(host: Host, account: Pm2Account, name: string): Promise<Former> {
  const states = (await listPm2(host, account)).filter((each) => each.name === name)
  const logged: Record<string, number> = {}
  for (const path of logsOf(states)) logged[path] = await logLength(host, account, path)
  return { ports: await portsOf(host, account, states), logged }
}

const logsOf = (states: readonly Pm2State[]) =>
  [...new Set(states.flatMap((each) => [each.errorFile, each.outFile]))].filter((path) => path !== '')

/** Rejects when one of these ends, or is started again by itself, before it is ready; or is not ready in time. */
export async function becomePm2Ready(
  host: Host,
  account: Pm2Account,
  { names, former, ...gate }: Gate & { names: readonly string[]; former: ReadonlyMap<string, Former> },
): Promise<void> {
  const own = async () => (await listPm2(host, account)).filter(({ name }) => names.includes(name))
  const first = new Map((await own()).map((each, at) => [`${each.name} ${at}`, each.restarts]))
  const started = {
    name: names.join(', '),
    log: logOf(account, names),
    async state() {
      const states = await own()
      const restarts = states.reduce((sum, each) => sum + each.restarts, 0)
      return { up: states.length > 0 && states.every(({ status }) => status === 'online'), restarts }
    },
    ports: async () => portsOf(host, account, await own()),
    async failed() {
      const states = await own()
      const again = states.find((each, at) => each.restarts > (first.get(`${each.name} ${at}`) ?? 0))
      const bad = states.find(({ status }) => status !== 'online') ?? again
      return failedPm2(host, account, { bad, names, former })
    },
    async said() {
      const [state] = await own()
      return state ? lastWords(host, account, state, former.get(state.name)) : []
    },
  }
  await becomesReady(host, started, gate)
}

const logOf = ({ user }: Pm2Account, names: readonly string[]) =>
  `service.pm2.logs, or runuser -u ${user} -- pm2 logs ${names.join(' ')}`

interface Failed {
  bad: Pm2State | undefined
  names: readonly string[]
  former: ReadonlyMap<string, Former>
}

/** Why a process did not stay up: how it ended, and what it said since the order started it. */
async function failedPm2(host: Host, account: Pm2Account, { bad, names, former }: Failed): Promise<AppError> {
  const reason = 'service_does_not_stay_up'
  if (!bad) return new AppError('unprocessable', `${names.join(', ')}: PM2 has no such process any more.`, { reason })
  const { name, status, restarts, exitCode } = bad
  const ended = exitCode === null ? '' : `, its last run ended with ${meaningOfExit(exitCode, 'exit-code')}`
  const end = `it is ${status}, and was started ${restarts} times again${ended}`
  // A log that cannot be read hides nothing of the failure itself.
  const words = await lastWords(host, account, bad, former.get(name)).catch(() => [])
  const said = withLastWords(words, logOf(account, [name]))
  return new AppError('unprocessable', `${name} does not stay up: ${end}. ${said}`, { reason })
}

/** Its errors, or what else it printed where there are none, without what is secret of its environment. */
async function lastWords(host: Host, account: Pm2Account, state: Pm2State, former?: Former): Promise<string[]> {
  const read = (await readPm2(host, account))?.find((each) => each.state.name === state.name)
  const secrets = secretsOf(read?.environment ?? {})
  for (const path of [state.errorFile, state.outFile]) {
    const from = former?.logged[path] ?? 0
    const lines = await readPm2Log(host, account, path, { lines: 40, from, secrets })
    if (lines.some((line) => line.trim() !== '')) return lines
  }
  return []
}

/** Ports of these processes and of what they started; those of a cluster are PM2's own. None where that cannot be seen. */
async function portsOf(host: Host, account: Pm2Account, states: readonly Pm2State[]): Promise<number[]> {
  const pids = new Set(states.flatMap(({ pid }) => pid ?? []))
  if (states.length > 1) pids.add((await unitState(host, pm2Unit(account.user))).mainPid ?? 0)
  const ports = new Set<number>()
  for (const { port, pid } of await listeningSockets(host).catch(() => [])) {
    for (let at = pid; at !== null && at > 1; at = await parentOf(host, at)) {
      if (pids.has(at)) ports.add(port)
      // What PM2 itself holds is nobody's below it.
      if (pids.has(at)) break
    }
  }
  return [...ports]
}

import { createHash } from 'node:crypto'
import type { Host } from '../host.ts'
import { type Change, type Desired, planFor } from '../plan.ts'
import { type Gate, portSaidBy } from '../ready.ts'
import type { NamedAccounts } from '../safety/index.ts'
import { directory, file } from '../system/index.ts'
import { clockOf, clockPath, clockProgram } from './clock.ts'
import { type Pm2Process, renderPm2Ecosystem } from './ecosystem-file.ts'
import { ecosystemPath } from './ecosystem-path.ts'
import { limitedMemory, memoryLimitOf } from './memory.ts'
import { listPm2, type Pm2Account, type Pm2State, pm2, pm2Account, revisionVariable, savedPm2, savePm2 } from './pm2.ts'
import { becomePm2Ready, type Former, formerOf } from './ready.ts'

export interface WantedProcesses {
  user: string
  processes: readonly (Pm2Process & Pick<Gate, 'ready'>)[]
  settleSec: number
}

/** What is to be in PM2 by a name: a process, or the clock that starts one. */
interface Marked {
  name: string
  revision: string
  instances: number
  /** It runs for a while and ends. */
  ends: boolean
  gate: Pick<Gate, 'ready' | 'saidPort'>
}

/** Processes under PM2 as they are written here, kept for the next boot. Those that people started are left alone. */
export function pm2Processes({ user, processes, settleSec }: WantedProcesses, named: NamedAccounts): Desired {
  const wanted = processes.flatMap(marked)
  const files = filesOf(user, processes)
  return async (host) => {
    const account = await pm2Account(host, user, named)
    const running = await listPm2(host, account)
    const stale = wanted.filter((process) => !isSo(process, running)).map(({ name }) => name)
    const unwanted = running.filter((each) => each.revision !== null && !wanted.some(({ name }) => name === each.name))
    const changes: Change[] = [...(await planFor(files, host))]
    const former = new Map<string, Former>()
    const limited = await limitedMemory(host, user, memoryLimitOf(processes))
    const names = [...new Set([...stale, ...unwanted.map(({ name }) => name)])]
    if (names.length > 0) changes.unshift(announced(account, names, running))
    for (const name of new Set(unwanted.map((each) => each.name))) changes.push(removed(account, name))
    changes.push(...limited)
    for (const name of stale) changes.push(started(account, name, former))
    if (stale.length > 0) changes.push(watched(account, wanted, { settleSec, former }))
    const saved = await isSaved(host, account, running)
    return names.length > 0 || !saved ? [...changes, kept(account)] : changes
  }
}

/** What runs now runs after the next boot. */
export function pm2Saved(user: string, named: NamedAccounts): Desired {
  return async (host) => {
    const account = await pm2Account(host, user, named)
    return (await isSaved(host, account, await listPm2(host, account))) ? [] : [kept(account)]
  }
}

function filesOf(user: string, processes: readonly Pm2Process[]): Desired[] {
  const clock = clockPath(user)
  const environmentOf = (process: Pm2Process) => ({ ...process.environment, [revisionVariable]: revisionOf(process) })
  const content = renderPm2Ecosystem(
    processes.map((process) => ({ ...process, environment: environmentOf(process) })),
    clock,
  )
  const timed = processes.some(({ cron }) => cron !== undefined)
  return [
    directory({ path: '/etc/pm2', mode: 0o755, owner: 'root', group: 'root' }),
    ...(timed ? [file({ path: clock, content: clockProgram, mode: 0o644, owner: 'root', group: 'root' })] : []),
    // The file has the variables of the processes.
    file({ path: ecosystemPath(user), content, mode: 0o640, owner: 'root', group: user, secret: true }),
  ]
}

/** When it counts as started is no part of how it runs. */
function revisionOf({ ready: _, ...process }: WantedProcesses['processes'][number]): string {
  // PM2 itself started these once, and killed runs: such a one is not as it should be.
  const clock = process.cron === undefined ? {} : { clock: 1 }
  const text = JSON.stringify({ ...process, ...clock })
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

function marked(process: WantedProcesses['processes'][number]): Marked[] {
  const { name, cron, instances = 1, ready, environment = {} } = process
  const gate = { ready, saidPort: portSaidBy(environment) }
  const revision = revisionOf(process)
  if (cron === undefined) return [{ name, revision, instances, ends: false, gate }]
  return [
    { name, revision, instances, ends: true, gate },
    { name: clockOf(name), revision, instances: 1, ends: true, gate },
  ]
}

/** Whether a process runs as it is wanted; one that a clock starts is stopped in between. */
function isSo({ name, revision, instances, ends }: Marked, running: readonly Pm2State[]): boolean {
  const found = running.filter((each) => each.name === name)
  const good = found.filter((each) => each.revision === revision && (ends || each.status === 'online'))
  return good.length === instances && found.length === instances
}

/** Comes before the file, so that taking it back comes after the file is as it was: then the former processes run. */
function announced(account: Pm2Account, names: readonly string[], running: readonly Pm2State[]): Change {
  const former = names.filter((name) => running.some((each) => each.name === name && each.revision !== null))
  return {
    title: `make ready to change ${names.join(', ')}`,
    diff: null,
    apply: async () => {},
    async undo(host) {
      const now = new Set((await listPm2(host, account)).map(({ name }) => name))
      for (const name of names.filter((each) => now.has(each))) await pm2(host, account, ['delete', name])
      for (const name of former) await pm2(host, account, ['start', ecosystemPath(account.user), '--only', name])
    },
  }
}

const nothingToTakeBack = async () => {}

function removed(account: Pm2Account, name: string): Change {
  const apply = async (host: Host) => void (await pm2(host, account, ['delete', name]))
  return { title: `stop ${name}, which is not wanted any more`, diff: null, apply, undo: nothingToTakeBack }
}

/** PM2 takes the new arguments of a process only when it has forgotten the old ones. */
function started(account: Pm2Account, name: string, former: Map<string, Former>): Change {
  return {
    title: `start ${name}`,
    diff: null,
    async apply(host) {
      former.set(name, await formerOf(host, account, name))
      const there = (await listPm2(host, account)).some((each) => each.name === name)
      if (there) await pm2(host, account, ['delete', name])
      await pm2(host, account, ['start', ecosystemPath(account.user), '--only', name])
    },
    undo: nothingToTakeBack,
  }
}

/** All that are kept up for a while together, then each of them until it is ready. */
function watched(
  account: Pm2Account,
  wanted: readonly Marked[],
  { settleSec, former }: { settleSec: number; former: ReadonlyMap<string, Former> },
): Change {
  const up = wanted.filter(({ ends }) => !ends)
  const settling = up.filter(({ gate }) => gate.ready === undefined).map(({ name }) => name)
  return {
    title: `see that ${wanted.map(({ name }) => name).join(', ')} stay up`,
    diff: null,
    async apply(host) {
      if (settling.length > 0) await becomePm2Ready(host, account, { names: settling, former, settleSec })
      for (const { name, gate } of up.filter((each) => former.has(each.name))) {
        const formerPorts = former.get(name)?.ports ?? []
        await becomePm2Ready(host, account, { names: [name], former, settleSec: 0, ...gate, formerPorts })
      }
    },
    undo: nothingToTakeBack,
  }
}

function kept(account: Pm2Account): Change {
  return {
    title: `keep the processes of ${account.user} for the next boot`,
    diff: null,
    apply: (host) => savePm2(host, account),
    undo: null,
  }
}

async function isSaved(host: Host, account: Pm2Account, running: readonly Pm2State[]): Promise<boolean> {
  const told = (all: readonly Pick<Pm2State, 'name' | 'revision'>[]) =>
    JSON.stringify(all.map(({ name, revision }) => `${name} ${revision}`).sort())
  return told(await savedPm2(host, account)) === told(running)
}

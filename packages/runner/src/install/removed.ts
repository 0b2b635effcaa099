import { type Change, type Desired, type Host, mustRun, oneStage, type Stage } from '@ikoma/machine'
import { noFile } from '@ikoma/machine/system'
import { reloadedAfter, stoppedUnit, unitPath } from '@ikoma/machine/systemd'
import * as places from './places.ts'
import { noRunnerUser } from './runner-user.ts'

/** What `installed` makes is gone, but for what cannot be made again: settings, identity, journal, and who owns them. */
export function removed(): Stage[] {
  return oneStage(unitsGone())
}

function unitsGone(): Desired[] {
  const units = [places.runnerUnit, places.executorSocket, places.executorTemplate]
  return [
    stoppedUnit(places.runnerUnit),
    stoppedUnit(places.executorSocket),
    noConnections,
    reloadedAfter(units.map((unit) => noFile(unitPath(unit)))),
    noSocket,
  ]
}

/** That is gone too, but nothing of others: folders only when they are empty then, and the user only with the last of them. */
export function purged(): Stage[] {
  const settings = [places.executorConfig, places.executorSealKey, places.policyFile, places.runnerEnvironment]
  const state = [places.stateDir, places.executorStateDir]
  return oneStage([
    ...unitsGone(),
    ...settings.map((path) => noFile(path)),
    emptied(places.settingsDir, settings.map(nameOf)),
    ...state.map(noTree),
    emptied(places.home, state.map(nameOf)),
    async (host) => ((await onlyHolds(host, places.home, state.map(nameOf))) ? noRunnerUser(host) : []),
  ])
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1)

/** systemd takes the socket away when it stops listening, unless it was killed. */
const noSocket: Desired = async (host) => {
  if ((await host.look(places.socketDir)) === null) return []
  const apply = async (on: Host) => {
    await on.remove(places.socketPath)
    await on.remove(places.socketDir)
  }
  return [{ title: `remove ${places.socketDir}`, diff: null, apply, undo: null }]
}

/** No order is being done as root. */
const noConnections: Desired = async (host) => {
  const instances = places.executorTemplate.replace('@', '@*')
  const list = ['systemctl', 'list-units', '--plain', '--no-legend', '--state=active', '--', instances] as const
  if ((await host.run({ argv: list })).stdout.trim() === '') return []
  const apply = (on: Host) => mustRun(on, { argv: ['systemctl', 'stop', '--', instances] })
  return [{ title: 'stop what the executor is doing', diff: null, apply, undo: null }]
}

/** A folder that holds nothing but what goes before it is gone as well. */
function emptied(path: string, going: readonly string[]): Desired {
  return async (host) => {
    if ((await host.look(path)) === null || !(await onlyHolds(host, path, going))) return []
    return [{ title: `remove ${path}`, diff: null, apply: (on) => on.remove(path), undo: null }]
  }
}

async function onlyHolds(host: Host, path: string, going: readonly string[]): Promise<boolean> {
  return (await host.list(path)).every((name) => going.includes(name))
}

function noTree(path: string): Desired {
  return async (host) => {
    if ((await host.look(path)) === null) return []
    const apply = (on: Host) => mustRun(on, { argv: ['rm', '--recursive', '--one-file-system', '--', path] })
    const gone: Change = { title: `remove ${path} and all in it`, diff: null, apply, undo: null }
    return [gone]
  }
}

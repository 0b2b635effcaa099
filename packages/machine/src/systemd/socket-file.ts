import { account, each, seconds, unitName, whole } from '../values/index.ts'
import { rootHardening } from './hardening.ts'
import { commandLine, unitText, visiblePath } from './words.ts'

export interface ConnectionSocket {
  description: string
  /** Where it listens; its folder is made, for everybody to enter. */
  path: string
  /** The group whose members may connect, beside root. */
  group: string
  maxConnections: number
}

export interface RootConnectionUnit {
  description: string
  /** The program by its absolute path, then its arguments. systemd adds one: `<number>-<pid>-<uid>` of who connected. */
  execStart: readonly string[]
  /** Between SIGTERM and SIGKILL. */
  stopTimeoutSec: number
  after?: readonly string[]
}

/** The file `name.socket`: every connection gets a `name@.service` of its own. */
export function renderConnectionSocket(socket: ConnectionSocket): string {
  return [
    '[Unit]',
    `Description=${unitText(socket.description, 'description')}`,
    '',
    '[Socket]',
    `ListenStream=${visiblePath(socket.path, 'path')}`,
    'Accept=yes',
    'SocketUser=root',
    `SocketGroup=${account(socket.group, 'group')}`,
    'SocketMode=0660',
    'DirectoryMode=0755',
    'RemoveOnStop=yes',
    `MaxConnections=${whole(socket.maxConnections, 'maxConnections', 1, 1_000)}`,
    '',
    '[Install]',
    'WantedBy=sockets.target',
    '',
  ].join('\n')
}

/** The file `name@.service`: root, for one connection, which is its standard input and output. */
export function renderRootConnectionUnit(unit: RootConnectionUnit): string {
  const after = each(unit.after, 'after', unitName)
  return [
    '[Unit]',
    `Description=${unitText(unit.description, 'description')}`,
    ...(after.length > 0 ? [`After=${after.join(' ')}`] : []),
    // Whoever may start units by name must not be able to choose the name, which says who connected.
    'RefuseManualStart=yes',
    // Otherwise every connection that ended badly would be listed until somebody resets it.
    'CollectMode=inactive-or-failed',
    '',
    '[Service]',
    'Type=simple',
    `ExecStart=${commandLine(unit.execStart, 'execStart')} %i`,
    'StandardInput=socket',
    'StandardOutput=socket',
    'StandardError=journal',
    `TimeoutStopSec=${seconds(unit.stopTimeoutSec, 'stopTimeoutSec')}`,
    'KillMode=mixed',
    ...rootHardening(),
    '',
  ].join('\n')
}

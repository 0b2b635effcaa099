import { renderConnectionSocket, renderRootConnectionUnit, renderServiceUnit } from '@ikoma/machine/systemd'
import type { Bundle } from './bundle.ts'
import * as places from './places.ts'

/** Orders that need root at a time. Each is a process of some 60 MB, so it is also what a runner gone bad can take. */
const maxConnections = 32

/** The process that talks to the network: nobody's rights, and what its user has below one folder. */
export function renderRunnerUnit({ node, entry, build }: Bundle): string {
  return renderServiceUnit({
    description: 'IKOMA runner',
    after: [places.executorSocket],
    wants: [places.executorSocket],
    user: places.user,
    workingDirectory: places.stateDir,
    // It mostly waits: with room for more garbage it would only take more memory.
    execStart: [node, '--max-semi-space-size=1', entry, 'runner', 'run'],
    environment: {
      MALLOC_ARENA_MAX: '1',
      // For what `shell.run` starts: the home of its user belongs to root.
      HOME: `${places.stateDir}/work`,
      NODE_ENV: 'production',
      // A new bundle in the same place makes this another unit, so that installing it starts the runner again.
      IKOMA_BUILD: build,
      IKOMA_RUNNER_DIR: places.stateDir,
      IKOMA_POLICY_FILE: places.policyFile,
      IKOMA_EXECUTOR_SOCKET: places.socketPath,
    },
    environmentFiles: [places.runnerEnvironment],
    // Each app's folder in it belongs to the same user; the executor's own is root's.
    readWritePaths: [places.home],
    restart: 'always',
    // It lets running orders end, and then delivers their reports.
    stopTimeoutSec: 60,
    stopSignalTo: 'main-process',
  })
}

export function renderExecutorSocket(): string {
  return renderConnectionSocket({
    description: 'IKOMA executor: where the runner asks for what needs root',
    path: places.socketPath,
    group: places.user,
    maxConnections,
  })
}

export function renderExecutorUnit({ node, entry }: Bundle): string {
  return renderRootConnectionUnit({
    description: 'IKOMA executor: one signed order, done as root',
    execStart: [node, '--max-semi-space-size=1', entry, 'executor', 'run', '--peer'],
    stopTimeoutSec: 30,
  })
}

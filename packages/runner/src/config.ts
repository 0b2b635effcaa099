import { join } from 'node:path'
import { AppError } from '@ikoma/kernel'
import { machineIdFile } from './host/machine-identity.ts'

export interface RunnerConfig {
  /** Where the runner keeps its identity, journal and local policy. Belongs to one runner process at a time. */
  stateDir: string
  /** Instead of `policy.json` in the state directory: where the runner itself cannot write it. */
  policyFile?: string
  version: string
  /** All that programs see of the environment; the runner's own is never passed on. */
  childEnv: Record<string, string>
  /** The runner's own environment: what its names say is secret is hidden in all that the runner tells. */
  ownEnv?: Readonly<Record<string, string | undefined>>
  /** Instead of the address it enrolled with. */
  url?: string
  /** Instead of the authorities that were kept at enrolment, in PEM. */
  ca?: string
  /** Fewer orders at a time than the control plane granted. */
  concurrency?: number
  heartbeatSec?: number
  /** How long a claim request stays open while there is nothing to do. */
  waitSec?: number
  /** How long running orders may go on after stop(). */
  stopGraceSec?: number
  /** Where the root executor listens; without one this process does everything itself. */
  executorSocket?: string | null
  /** Where this machine's identity is, when not in /etc/machine-id. */
  machineIdFile?: string
  /** Between SIGTERM and SIGKILL. */
  killGraceMs?: number
}

export type RunnerSettings = Required<Omit<RunnerConfig, 'url' | 'ca' | 'concurrency' | 'ownEnv'>> &
  Pick<RunnerConfig, 'url' | 'ca' | 'concurrency' | 'ownEnv'>

export function settingsOf(config: RunnerConfig): RunnerSettings {
  const { concurrency } = config
  if (concurrency !== undefined && (!Number.isInteger(concurrency) || concurrency < 1)) {
    throw new AppError('invalid', `The runner's concurrency must be a whole number from 1, not ${concurrency}.`, {
      reason: 'runner_config_invalid',
    })
  }
  const policyFile = join(config.stateDir, 'policy.json')
  const times = { heartbeatSec: 30, waitSec: 25, stopGraceSec: 20, killGraceMs: 5_000 }
  return { policyFile, ...times, executorSocket: null, machineIdFile, ...config }
}

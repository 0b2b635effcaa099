import type { Desired, Stage } from '@ikoma/machine'
import { directory, file, renderEnvironmentFile } from '@ikoma/machine/system'
import { runningUnit, unitPath } from '@ikoma/machine/systemd'
import { allowance } from './allowance.ts'
import { type Bundle, refuseUnsafeBundle } from './bundle.ts'
import { executorSealKey } from './executor-seal-key.ts'
import * as places from './places.ts'
import { runnerUser } from './runner-user.ts'
import { type Enrolling, identity, isTrustKnown, type Moving, trust } from './trust.ts'
import { renderExecutorSocket, renderExecutorUnit, renderRunnerUnit } from './units.ts'

export interface Installation {
  program: Bundle
  enrolling: Enrolling | null
  /** Scopes that the policy allows beside looking; undefined leaves a policy as it is. */
  allow: readonly string[] | undefined
  /** Where the control plane is by now, for a server that is enrolled with it. */
  moving?: Moving | null
  /** Give up the identity that is there. */
  newIdentity?: boolean
  /** How long the runner must stay up to count as started. */
  settleSec: number
}

const rootFolder = { owner: 'root', group: 'root', mode: 0o755 }

/**
 * A runner that is nobody and an executor that is root, both started at boot. Every folder on the way to what root writes
 * belongs to root: the runner's user owns what is inside its own, and can turn no path elsewhere.
 */
export function installed(installation: Installation): Stage[] {
  const { program, enrolling, allow, settleSec, moving = null, newIdentity = false } = installation
  const renewal = { wanted: newIdentity, done: false }
  const unit = (name: string, content: string) => file({ path: unitPath(name), content, ...places.byRoot })
  const ground: Desired[] = [
    async (host) => refuseUnsafeBundle(program, host).then(() => []),
    directory({ path: places.home, ...rootFolder }),
    runnerUser,
    directory({ path: places.settingsDir, ...rootFolder }),
    directory({ path: places.executorStateDir, ...rootFolder, mode: 0o700 }),
    executorSealKey,
    identity(enrolling, renewal, moving),
  ]
  const units = [
    runningUnit({
      unit: places.executorSocket,
      reads: [
        unit(places.executorTemplate, renderExecutorUnit(program)),
        unit(places.executorSocket, renderExecutorSocket()),
      ],
    }),
    runningUnit({
      unit: places.runnerUnit,
      reads: [allowance(allow), environment, unit(places.runnerUnit, renderRunnerUnit(program))],
      settleSec,
    }),
  ]
  return [
    { title: 'make the account and its folders, and enrol', desired: ground },
    {
      title: `write ${places.executorConfig}, with what the enrolment tells`,
      desired: [trust(renewal)],
      foreseen: isTrustKnown,
    },
    { title: 'start the executor and the runner', desired: units },
  ]
}

/** For its administrator to change; made once. */
const environment: Desired = async (host) => {
  if ((await host.look(places.runnerEnvironment)) !== null) return []
  return file({
    path: places.runnerEnvironment,
    content: renderEnvironmentFile({ LOG_LEVEL: 'info' }),
    ...places.byRoot,
    mode: 0o640,
  })(host)
}

import { dirname } from 'node:path'
import { AppError } from '@ikoma/kernel'
import type { FileAccess } from '@ikoma/machine'
import { onlyOwnerWrites } from '@ikoma/machine/safety'
import { unitPath } from '@ikoma/machine/systemd'
import * as places from '../install/places.ts'

const units = [places.runnerUnit, places.executorSocket, places.executorTemplate].map(unitPath)
const ownGround = [
  ...[places.settingsDir, places.stateDir, places.executorStateDir, places.socketDir],
  ...units.flatMap((unit) => [unit, `${unit}.d`]),
  // The program itself, wherever it is.
  process.execPath,
  dirname(process.argv[1] ?? process.execPath),
]

/**
 * What decides over orders is not for orders to change: the policy, whom the executor believes, which grants were spent,
 * the runner's identity, the units and the program. Their owner does that, with `ikoma runner install`. Nor may a folder
 * above be given to anybody but root, who could then put another in its place.
 */
export function refuseOwnGround(path: string, access?: FileAccess): void {
  const inside = ownGround.some((own) => path === own || path.startsWith(`${own}/`))
  const above = ownGround.some((own) => own.startsWith(path === '/' ? path : `${path}/`))
  const staysRoots = access?.owner === 'root' && onlyOwnerWrites(access)
  if (!inside && (!above || staysRoots)) return
  throw new AppError('unprocessable', `${path} is IKOMA's own, or above it, and not for orders to change.`, {
    reason: 'own_ground',
  })
}

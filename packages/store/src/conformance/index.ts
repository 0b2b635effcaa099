import { describe } from 'vitest'
import { describeAccess } from './access.ts'
import { describeAudit } from './audit.ts'
import { describeAuditEdits } from './audit-edits.ts'
import { describeLifecycle } from './lifecycle.ts'
import { describeLogs } from './logs.ts'
import { describeAdvancing } from './orders-advance.ts'
import { describeClaiming } from './orders-claim.ts'
import { describeListing } from './orders-list.ts'
import { describePlacing } from './orders-place.ts'
import { describePruning } from './orders-prune.ts'
import { describeSweeping } from './orders-sweep.ts'
import { describeRegistry } from './registry.ts'
import { describeResourceKeys } from './resource-keys.ts'
import { describeSchedules } from './schedules.ts'
import { describeSecrets } from './secrets.ts'
import type { OpenStore } from './world.ts'

export { describeOrderModel } from './order-model.ts'
export { recycled, type WipeableStore } from './recycled.ts'
export type { OpenStore } from './world.ts'

/** What every store must do. Each test opens an empty one and destroys it. */
export function describeStore(name: string, open: OpenStore): void {
  describe(`${name} as a store`, () => {
    describePlacing(open)
    describeClaiming(open)
    describeAdvancing(open)
    describeSweeping(open)
    describeResourceKeys(open)
    describeListing(open)
    describeLogs(open)
    describePruning(open)
    describeRegistry(open)
    describeAccess(open)
    describeSchedules(open)
    describeSecrets(open)
    describeAudit(open)
    describeAuditEdits(open)
    describeLifecycle(open)
  })
}

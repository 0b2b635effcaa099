import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')
export const node = join(root, 'node_modules', '.bin', 'node')

/** The product as it is shipped; `IKOMA_E2E=sources` runs it from the sources, without a build. */
export const entry =
  process.env.IKOMA_E2E === 'sources' ? join(root, 'packages/cli/src/main.ts') : join(root, 'dist/index.cjs')

/** Time constants that let minutes pass in seconds. */
export const quickTiming = {
  IKOMA_CLAIM_LEASE_SEC: '3',
  IKOMA_RUN_LEASE_SEC: '3',
  IKOMA_TIMEOUT_GRACE_SEC: '2',
  IKOMA_STALE_GRACE_SEC: '1',
  IKOMA_STOP_GRACE_SEC: '1',
  IKOMA_RETRY_BASE_SEC: '0.1',
  IKOMA_RECONCILE_SEC: '0.5',
}

export { settleVersions } from './audit/audit-versions.ts'
export { type ControlPlane, createControlPlane } from './control-plane.ts'
export { type Keyring, openKeyring } from './keyring.ts'

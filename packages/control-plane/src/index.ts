export { settleVersions } from './audit/audit-versions.ts'
export { type ControlPlane, createControlPlane } from './control-plane.ts'
export { type Keyring, keyring, openKeyring } from './keyring.ts'

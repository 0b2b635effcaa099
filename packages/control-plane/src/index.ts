export { type ControlPlane, createControlPlane } from './control-plane.ts'
export { type Keyring, openKeyring } from './keyring.ts'
export { settleVersions } from './versions.ts'

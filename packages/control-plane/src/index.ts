export { type ControlPlane, type ControlPlaneOptions, createControlPlane } from './control-plane.ts'
export { type Keyring, openKeyring } from './keyring.ts'

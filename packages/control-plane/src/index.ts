export { settleAudit } from './audit/audit-rule.ts'
export { type ControlPlane, createControlPlane } from './control-plane.ts'
export { type Keyring, keyring, openKeyring } from './keyring.ts'

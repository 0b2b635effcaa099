export { firewall, readFirewall } from './firewall.ts'
export { openPorts } from './open-ports.ts'
export { awaitsConfirmation, confirmedFirewall, wasRolledBack } from './rollback.ts'
export { readUfw } from './ufw.ts'

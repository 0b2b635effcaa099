export { type FirewallReport, firewall, readFirewall, type WantedFirewall } from './firewall.ts'
export { awaitsConfirmation, confirmedFirewall, wasRolledBack } from './rollback.ts'
export { renderRollbackService, renderRollbackTimer } from './rollback-unit.ts'

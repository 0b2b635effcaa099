export { needPostgresTools, postgresEnvironment, refuseOpenAuthFile } from './postgres.ts'
export { isVerifierOf, scramVerifier } from './scram.ts'

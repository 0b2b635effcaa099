export { needPostgresTools, postgresEnvironment, refuseOpenAuthFile } from './postgres.ts'

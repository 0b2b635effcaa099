export * from './fixtures.ts'
export { type PostgresServer, startPostgres } from './postgres-server.ts'

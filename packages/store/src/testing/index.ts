export { submitting, type WriteCall } from '../writes.ts'
export * from './fixtures.ts'
export { type PostgresServer, startPostgres } from './postgres-server.ts'

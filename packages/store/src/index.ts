export { openPostgresStore } from './postgres/store.ts'
export { openSqliteStore } from './sqlite/store.ts'

export { type Caller, type StartedApp, type TestedApp, type Thing, testEveryRoute } from './routes/index.ts'
export { type TestDatabase, testDatabase } from './test-database.ts'

export { type Database, openDatabase, type Transaction, type TransactionOptions } from './database.ts'
export { DatabaseError, databaseError } from './errors.ts'
export { assertRowSecurity, countVisible, currentSetting, forceRowSecurity } from './row-security.ts'

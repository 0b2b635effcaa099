import type { Answering, EngineVerbs, PostgresVerbs } from '../verbs.ts'
import { findDatabase, setDatabase } from './database.ts'
import { dropDatabase, makeDatabase } from './database-making.ts'
import { copyPostgres, provablePostgres, provePostgres } from './postgres.ts'
import { postgresState, queryPostgres } from './query.ts'
import { dropRole, findRole, setRole } from './role.ts'
import { restorePostgres, undoPostgres } from './swap.ts'

export const verbs: Answering<EngineVerbs & PostgresVerbs> = {
  provable: provablePostgres,
  copy: copyPostgres,
  prove: provePostgres,
  restore: restorePostgres,
  undo: undoPostgres,
  ready: postgresState,
  query: queryPostgres,
  role: findRole,
  setRole,
  dropRole,
  database: findDatabase,
  makeDatabase,
  setDatabase,
  dropDatabase,
}

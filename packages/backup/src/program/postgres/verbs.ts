import type { Answering, EngineVerbs, PostgresVerbs } from '../verbs.ts'
import { copyPostgres, provablePostgres, provePostgres } from './postgres.ts'
import { postgresState, queryPostgres } from './query.ts'
import { restorePostgres, undoPostgres } from './swap.ts'

export const verbs: Answering<EngineVerbs & PostgresVerbs> = {
  provable: provablePostgres,
  copy: copyPostgres,
  prove: provePostgres,
  restore: restorePostgres,
  undo: undoPostgres,
  ready: postgresState,
  query: queryPostgres,
}

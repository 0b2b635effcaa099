import type { Answering, EngineVerbs } from '../verbs.ts'
import { copySqlite, proveSqlite } from './sqlite.ts'
import { restoreSqlite, undoSqlite } from './swap.ts'

export const verbs: Answering<EngineVerbs> = {
  copy: copySqlite,
  prove: proveSqlite,
  restore: restoreSqlite,
  undo: undoSqlite,
}

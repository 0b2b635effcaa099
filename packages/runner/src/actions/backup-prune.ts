import type { PayloadOf } from '@ikoma/api'
import { databaseTool, prunedShelf } from '@ikoma/backup'
import type { Action } from '../order/action.ts'
import { converging } from './converging.ts'

/** Removes what is older than it is kept for, and never the last proven ones. */
export const pruneBackups: Action<'backup.prune'> = async (payload, context) => {
  const tool = await databaseTool()
  return converging(({ keepDays, keepProven, ...shelf }: PayloadOf<'backup.prune'>) => [
    prunedShelf(tool, shelf, { keepDays, keepProven }),
  ])(payload, context)
}

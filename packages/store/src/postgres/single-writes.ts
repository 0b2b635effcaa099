import type { WriteArgs, WriteResult } from '../writes.ts'
import type { ColdVerb } from './hot-writes.ts'
import type { Transaction } from './transaction.ts'

/** The writes that are not hot, run one by one. */
export type SingleWrites = { [V in ColdVerb]: (tx: Transaction, ...args: WriteArgs<V>) => Promise<WriteResult<V>> }

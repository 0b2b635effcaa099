import type { Trace } from '../trace.ts'
import type { WriteArgs, WriteResult, WriteVerb } from '../writes.ts'

/** Each write of the port, synchronous, inside the batch's transaction. */
export type SyncWrites = { [V in WriteVerb]: (trace: Trace, ...args: WriteArgs<V>) => WriteResult<V> }

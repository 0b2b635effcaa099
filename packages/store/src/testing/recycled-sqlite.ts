import { recycled } from '../conformance/recycled.ts'
import { openTemporary } from '../sqlite/testing/temporary.ts'

/** An empty SQLite store for one test; `destroy` it. The file of tests that imports this has one at a time, for many. */
export const openRecycledSqlite = recycled(openTemporary)

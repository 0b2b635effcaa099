import { recycling } from '../conformance/recycled.ts'
import { openTemporary } from '../sqlite/testing/temporary.ts'

const { take, close } = recycling(openTemporary)

/** An empty SQLite store for one test; `destroy` it. It serves many tests, one after the other. */
export const openRecycledSqlite = take

/** After each file of tests: the modules of this one may stay for the next. */
export const closeRecycledSqlite = close

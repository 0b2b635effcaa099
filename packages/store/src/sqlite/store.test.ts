import { describeStore } from '../conformance/index.ts'
import { openTemporary } from './testing/temporary.ts'

describeStore('SQLite', openTemporary)

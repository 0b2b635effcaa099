import { describeStore, recycled } from '../conformance/index.ts'
import { openTemporary } from './testing/temporary.ts'

describeStore('SQLite', recycled(openTemporary))

import { describeOrderModel } from '../conformance/index.ts'
import { openTemporary } from './testing/temporary.ts'

describeOrderModel('SQLite', openTemporary)

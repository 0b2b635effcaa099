import { inject } from 'vitest'
import { describeOrderModel } from '../conformance/index.ts'
import { openTemporary } from '../testing/test-database.ts'

describeOrderModel('PostgreSQL', () => openTemporary(inject('postgresUrl')))

import { inject } from 'vitest'
import { describeStore } from '../conformance/index.ts'
import { openTemporary } from './test-database.ts'

describeStore('PostgreSQL', () => openTemporary(inject('postgresUrl')))

import { inject } from 'vitest'
import { describeStore, recycled } from '../conformance/index.ts'
import { openTemporary } from '../testing/test-database.ts'

describeStore(
  'PostgreSQL',
  recycled(() => openTemporary(inject('postgresUrl'))),
)

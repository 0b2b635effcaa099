import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'
import { postgresMachine } from './backup.ts'

export const postgresCases: OrderTypeCase[] = [
  {
    type: 'db.postgres.ready',
    kind: 'look',
    payload: {},
    bad: { payload: { host: '-h evil' }, field: 'host' },
    machine: postgresMachine,
    needs: [],
    expectDone: (_, result) => expect(result).toMatchObject({ output: { version: '15.18' } }),
  },
  {
    type: 'db.postgres.query',
    kind: 'look',
    payload: { database: 'app', sql: 'SELECT 1', runAs: 'postgres', role: 'reader' },
    bad: { payload: { database: 'app', sql: 'SELECT 1', runAs: 'reader', authFile: '/etc/../x' }, field: 'authFile' },
    machine: postgresMachine,
    needs: [],
    expectDone: (_, result) => expect(result).toMatchObject({ output: { rows: [['SELECT 1']] } }),
  },
]

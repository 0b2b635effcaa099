import { clusterOf } from '@ikoma/backup/testing/program-tools'
import { scramVerifier } from '@ikoma/machine/postgres'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'
import { postgresMachine } from './backup.ts'

const password = 'correct horse'
const role = { login: true, createdb: false, connectionLimit: 5, validUntil: null, memberOf: ['staff'] }
const database = {
  ...{
    owner: 'shop',
    encoding: 'UTF8',
    locale: 'C.UTF-8',
    connectionLimit: -1,
    publicConnects: true,
    publicSchemas: false,
  },
  ...{ connects: [], shutOut: [], publicCreates: true, ownerCreates: false, extensions: [], ours: true },
}
/** Once, as its salt is by chance. */
const kept = { ...role, verifier: scramVerifier(password), ours: true }

/** A PostgreSQL with these roles and databases. */
function clusterMachine(roles: Record<string, unknown>, databases: Record<string, unknown>) {
  const machine = postgresMachine()
  machine.state.cluster = structuredClone({ roles, databases })
  return machine
}

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
  {
    type: 'db.postgres.role.apply',
    kind: 'change',
    payload: { name: 'shop', createdb: true, memberOf: ['pg_read_all_data'] },
    bad: { payload: { name: 'pg_shop' }, field: 'name' },
    machine: () => clusterMachine({}, {}),
    needs: [],
    expectDone: (machine) =>
      expect(clusterOf(machine).roles).toMatchObject({ shop: { createdb: true, memberOf: ['pg_read_all_data'] } }),
  },
  {
    type: 'db.postgres.role.apply',
    kind: 'change',
    payload: { name: 'shop', password, connectionLimit: 20, memberOf: [] },
    bad: { payload: { name: 'shop', password: 'pässword' }, field: 'password' },
    machine: () => clusterMachine({ shop: kept }, {}),
    needs: [],
    expectDone: (machine) =>
      expect(clusterOf(machine).roles).toEqual({ shop: { ...kept, connectionLimit: 20, memberOf: [] } }),
  },
  {
    type: 'db.postgres.database.apply',
    kind: 'change',
    payload: { name: 'shop', owner: 'shop', mayConnect: ['reader'], extensions: ['pg_trgm'] },
    bad: { payload: { name: 'template1', owner: 'shop' }, field: 'name' },
    machine: () => clusterMachine({ shop: kept }, {}),
    needs: [],
    expectDone: (machine) =>
      expect(clusterOf(machine).databases).toMatchObject({ shop: { publicConnects: false, connects: ['reader'] } }),
  },
  {
    type: 'db.postgres.database.apply',
    kind: 'change',
    payload: { name: 'shop', owner: 'shop' },
    bad: { payload: { name: 'shop', owner: 'postgres' }, field: 'owner' },
    machine: () => clusterMachine({ shop: kept }, { shop: database }),
    needs: [],
    expectDone: (machine) =>
      expect(clusterOf(machine).databases).toEqual({
        shop: { ...database, publicConnects: false, publicCreates: false, ownerCreates: true },
      }),
  },
]

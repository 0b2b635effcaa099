import { databasesOf, programTools, putBackup } from '@ikoma/backup/testing/program-tools'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'

const database = '/srv/app/app.db'
const shelf = '/var/backups/ikoma/app'
const ids = ['20200105T020000Z-aaaaaa', '20200104T020000Z-bbbbbb', '20200103T020000Z-cccccc', '20200102T020000Z-dddddd']
const [newest = '', second = '', third = '', oldest = ''] = ids

/** A database, and four backups of it, all of them old. */
function machine(): SimulatedHost {
  const created = new SimulatedHost({ files: { [database]: 'rows of today' }, tools: programTools })
  for (const id of ids) putBackup(created, { id, proven: id !== third })
  return created
}

/** A PostgreSQL with one database, and a backup of that. */
export function postgresMachine(): SimulatedHost {
  const files = { '/var/backups/dpkg.status.0': '' }
  const created = new SimulatedHost({ files, tools: programTools, state: { databases: { app: 'rows of today' } } })
  putBackup(created, { id: newest, postgres: true })
  return created
}

const provenStays = 'what was proven of the backup stays true'

export const backupCases: OrderTypeCase[] = [
  {
    type: 'db.sqlite.backup',
    kind: 'act',
    payload: { path: database, name: 'app' },
    bad: { payload: { path: database, name: '../app' }, field: 'name' },
    machine: () => {
      const files = { [database]: 'rows of today', '/var/backups/dpkg.status.0': '' }
      return new SimulatedHost({ files, tools: programTools })
    },
    needs: [],
    async expectDone(machine, result) {
      expect(result).toMatchObject({ output: { backup: { state: 'proven', source: database } } })
      const { id } = (result.output as { backup: { id: string } }).backup
      const names = await machine.list(shelf)
      expect(names).toEqual(expect.arrayContaining([`${id}.json`, `${id}.sqlite.gz`]))
    },
  },
  {
    type: 'db.sqlite.restore',
    kind: 'act',
    payload: { path: database, name: 'app', backup: newest },
    bad: { payload: { path: database, name: 'app', backup: newest, undo: newest }, field: 'backup' },
    machine,
    needs: [],
    staysAfterStop: provenStays,
    async expectDone(machine, result) {
      expect(await machine.read(database)).toBe('rows')
      const { former } = result.output as { former: { place: string } }
      expect(await machine.look(former.place)).toMatchObject({ kind: 'file' })
    },
  },
  {
    type: 'db.postgres.backup',
    kind: 'act',
    payload: { database: 'app', name: 'app' },
    bad: { payload: { database: 'app host=evil', name: 'app' }, field: 'database' },
    machine: postgresMachine,
    needs: ['pg_dump', 'pg_restore'],
    expectDone: (_, result) =>
      expect(result).toMatchObject({ output: { backup: { state: 'proven', source: 'app', engine: 'postgres' } } }),
  },
  {
    type: 'db.postgres.restore',
    kind: 'act',
    payload: { database: 'app', name: 'app', backup: newest },
    bad: { payload: { database: 'app', name: 'app' }, field: 'backup' },
    machine: postgresMachine,
    needs: ['pg_dump', 'pg_restore'],
    staysAfterStop: provenStays,
    expectDone: (machine) => expect(databasesOf(machine).app).toBe('rows'),
  },
  {
    type: 'backup.list',
    kind: 'look',
    payload: { name: 'app' },
    bad: { payload: { name: 'app', directory: '/var/../etc' }, field: 'directory' },
    machine,
    needs: [],
    expectDone: (_, result) => expect(result).toMatchObject({ output: { total: 4, lastProven: newest } }),
  },
  {
    type: 'backup.verify',
    kind: 'act',
    payload: { name: 'app', backup: third },
    bad: { payload: { name: 'app', backup: '-rf' }, field: 'backup' },
    machine,
    needs: [],
    staysAfterStop: provenStays,
    expectDone: (_, result) => expect(result).toMatchObject({ output: { backup: { id: third, state: 'proven' } } }),
  },
  {
    type: 'backup.prune',
    kind: 'change',
    payload: { name: 'app', keepProven: 2 },
    bad: { payload: { name: 'app', keepProven: 0 }, field: 'keepProven' },
    machine,
    needs: [],
    staysAfterStop: 'a backup that was removed is gone',
    async expectDone(machine) {
      const kept = [newest, second].flatMap((id) => [`${id}.json`, `${id}.sqlite.gz`])
      expect(await machine.list(shelf)).toEqual(kept.sort())
      expect(await machine.look(`${shelf}/${oldest}.json`)).toBeNull()
    },
  },
]

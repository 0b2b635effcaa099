import { userInfo } from 'node:os'
import { bucketOf, databasesOf, programTools, putBackup } from '@ikoma/backup/testing/program-tools'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'

const database = '/srv/app/app.db'
const folder = '/var/backups/ikoma/app'
const s3 = { endpoint: 'https://s3.example.com', bucket: 'backups', authFile: '/etc/ikoma/s3' }
const shelf = { name: 'app', s3 }
const ids = ['20200105T020000Z-aaaaaa', '20200104T020000Z-bbbbbb', '20200103T020000Z-cccccc', '20200102T020000Z-dddddd']
const [newest = '', second = '', third = ''] = ids

/** A database, and an empty bucket. */
function emptyMachine(): SimulatedHost {
  const created = new SimulatedHost({
    files: { [database]: 'rows of today', '/var/backups/dpkg.status.0': '' },
    tools: programTools,
    state: { bucket: {}, databases: { app: 'rows of today' } },
  })
  // Whoever runs the tests is whoever the executor would be.
  const { username } = userInfo()
  created.put(s3.authFile, 'sesame', { mode: 0o600, owner: username, group: username })
  return created
}

/** Four backups of it, all of them old. */
function machine(): SimulatedHost {
  const created = emptyMachine()
  for (const id of ids) putBackup(created, { id, proven: id !== third, s3: true })
  return created
}

function postgresMachine(): SimulatedHost {
  const created = emptyMachine()
  putBackup(created, { id: newest, postgres: true, s3: true })
  return created
}

/** What passed through the folder is gone from it. */
async function expectNothingHere(on: SimulatedHost): Promise<void> {
  const names = await on.list(folder)
  // Of orders that were killed: they are cleared a day after.
  expect(names.filter((name) => name.endsWith('.json'))).toEqual([])
}

const bad = (more: object) => ({ ...s3, ...more })
const provenStays = 'what was proven of the backup stays true'

export const backupS3Cases: OrderTypeCase[] = [
  {
    type: 'db.sqlite.backup',
    kind: 'act',
    payload: { path: database, ...shelf },
    bad: {
      payload: { path: database, name: 'app', s3: bad({ endpoint: 'http://s3.example.com' }) },
      field: 's3.endpoint',
    },
    machine: emptyMachine,
    needs: [],
    async expectDone(on, result) {
      expect(result).toMatchObject({ output: { backup: { state: 'proven', source: database } } })
      const { id } = (result.output as { backup: { id: string } }).backup
      expect(Object.keys(bucketOf(on))).toEqual(expect.arrayContaining([`${id}.json`, `${id}.sqlite.gz`]))
      await expectNothingHere(on)
    },
  },
  {
    type: 'db.sqlite.restore',
    kind: 'act',
    payload: { path: database, ...shelf, backup: newest },
    bad: { payload: { path: database, name: 'app', s3: bad({ bucket: '../x' }), backup: newest }, field: 's3.bucket' },
    machine,
    needs: [],
    staysAfterStop: provenStays,
    async expectDone(on, result) {
      expect(await on.read(database)).toBe('rows')
      const { former } = result.output as { former: { place: string } }
      expect(await on.look(former.place)).toMatchObject({ kind: 'file' })
      await expectNothingHere(on)
    },
  },
  {
    type: 'db.postgres.backup',
    kind: 'act',
    payload: { database: 'app', ...shelf },
    bad: { payload: { database: 'app', name: 'app', s3: bad({ region: 'eu west' }) }, field: 's3.region' },
    machine: postgresMachine,
    needs: ['pg_dump', 'pg_restore'],
    expectDone: (_, result) =>
      expect(result).toMatchObject({ output: { backup: { state: 'proven', source: 'app', engine: 'postgres' } } }),
  },
  {
    type: 'db.postgres.restore',
    kind: 'act',
    payload: { database: 'app', ...shelf, backup: newest },
    bad: {
      payload: { database: 'app', name: 'app', s3: bad({ authFile: 'sesame' }), backup: newest },
      field: 's3.authFile',
    },
    machine: postgresMachine,
    needs: ['pg_dump', 'pg_restore'],
    staysAfterStop: provenStays,
    expectDone: (on) => expect(databasesOf(on).app).toBe('rows'),
  },
  {
    type: 'backup.list',
    kind: 'look',
    payload: shelf,
    bad: { payload: { name: 'app', s3: bad({ prefix: '../other' }) }, field: 's3.prefix' },
    machine,
    needs: [],
    expectDone: (_, result) => expect(result).toMatchObject({ output: { total: 4, lastProven: newest } }),
  },
  {
    type: 'backup.verify',
    kind: 'act',
    payload: { ...shelf, backup: third },
    bad: { payload: { name: 'app', s3: bad({ rootFile: '-' }) }, field: 's3.rootFile' },
    machine,
    needs: [],
    staysAfterStop: provenStays,
    expectDone: (_, result) => expect(result).toMatchObject({ output: { backup: { id: third, state: 'proven' } } }),
  },
  {
    type: 'backup.prune',
    kind: 'change',
    payload: { ...shelf, keepProven: 2 },
    bad: { payload: { name: 'app', s3: bad({ endpoint: 'https://a:b@s3.example.com' }) }, field: 's3.endpoint' },
    machine,
    needs: [],
    staysAfterStop: 'a backup that was removed is gone',
    expectDone(on) {
      const kept = [newest, second].flatMap((id) => [`${id}.json`, `${id}.sqlite.gz`])
      expect(Object.keys(bucketOf(on)).sort()).toEqual(kept.sort())
    },
  },
]

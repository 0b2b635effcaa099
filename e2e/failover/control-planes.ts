import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from '../kit/database.ts'
import { adminKey, type ControlPlane, World } from '../kit/world.ts'
import { type Cluster, values } from './cluster.ts'
import { environmentOf } from './files.ts'

/** Short, so that what a lost answer held is given again while the test waits. */
const timing = {
  IKOMA_CLAIM_LEASE_SEC: '10',
  IKOMA_RUN_LEASE_SEC: '30',
  IKOMA_STALE_GRACE_SEC: '60',
  IKOMA_RECONCILE_SEC: '4',
}

export function newWorldOn(cluster: Cluster): World {
  const unused = () => Promise.reject(new Error('what is stored is looked at through the control plane'))
  const folder = join(cluster.folder, 'ikoma')
  mkdirSync(folder)
  const database: Database = { dialect: 'postgres', env: {}, query: unused, tables: unused, drop: async () => {} }
  return new World(folder, database)
}

/** Two processes as on two machines: each has its copy of the keys; the first reaches PostgreSQL directly, the second by PgBouncer. */
export async function startControlPlanes(world: World): Promise<[ControlPlane, ControlPlane]> {
  const [a, b] = [world.folderFor('a'), world.folderFor('b')]
  const one = await start(world, { folder: a, address: '10.0.0.1', files: ['ikoma.env'] })
  cpSync(join(a, 'keys'), join(b, 'keys'), { recursive: true })
  // Each remembers by itself how it last saw the audit end.
  rmSync(join(b, 'keys', 'audit.head'), { force: true })
  const two = await start(world, { folder: b, address: '10.0.0.2', files: ['ikoma.env', 'ikoma-pgbouncer.env'] })
  return [one, two]
}

interface Started {
  folder: string
  address: string
  files: string[]
}

function start(world: World, { folder, address, files }: Started): Promise<ControlPlane> {
  const given = files.map((name) => environmentOf(name, { ...values, ADDRESS: address }))
  const env: Record<string, string> = Object.assign({}, ...given)
  for (const [name, value] of Object.entries(env)) env[name] = value.replace('/var/lib/ikoma', folder)
  return world.ready(world.ikoma(['serve'], { ...env, ...timing }), adminKey)
}

import { appPlaces, isAppPlace, type PayloadOf } from '@ikoma/api'
import {
  type DatabaseTool,
  databaseTool,
  getManifest,
  ownerOfDatabase,
  refuseInUse,
  restoreSqlite as restore,
  undoSqliteRestore,
} from '@ikoma/backup'
import { AppError } from '@ikoma/kernel'
import type { Host } from '@ikoma/machine'
import { refuseOwnGround } from '../host/own-ground.ts'
import type { Action } from '../order/action.ts'
import { restoredResult } from './backup-report.ts'

type Payload = PayloadOf<'db.sqlite.restore'>

/** Puts a proven backup in the place of a database that nobody has open, or takes that back. */
export const restoreSqlite: Action<'db.sqlite.restore'> = async (payload, context) => {
  const { machine: host, dryRun } = context
  const { path, name, directory, s3, undo, backup } = payload
  refuseOwnGround(path)
  const tool = await databaseTool()
  const shelf = { name, directory, s3 }
  const manifest = backup === undefined ? null : await getManifest(host, tool, { shelf, id: backup })
  const live = { path, owner: payload.owner ?? (await ownerOfDatabase(host, path)) }
  if (context.host.root) refuseSystems(live)
  if (dryRun) return plan(payload, host, tool)
  const running = { host, tool, course: context }
  const former = manifest
    ? await restore(running, live, { shelf, manifest })
    : await undoSqliteRestore(running, live, undo ?? '')
  return restoredResult({ place: path, backup, undo }, former)
}

/** As root this could put chosen bytes into whatever root runs or believes. */
function refuseSystems({ path, owner }: { path: string; owner: string }): void {
  if (isAppPlace(path) && owner !== 'root' && owner !== 'ikoma') return
  throw new AppError('unprocessable', `${path} of ${owner}: only an app's own database is restored, ${appPlaces}.`, {
    reason: 'not_an_apps',
  })
}

async function plan({ path, backup, undo }: Payload, host: Host, tool: DatabaseTool) {
  await refuseInUse(host, tool, path)
  const what = backup === undefined ? `put back the database before ${undo}` : `restore ${backup}`
  const summary = `Would ${what} as ${path}, and keep the present one beside it.`
  return { ok: true as const, summary, output: { restored: null, former: null } }
}

import { appPlaces, isAppPlace, type OutputOf, type PayloadOf } from '@ikoma/api'
import {
  type BackupProgram,
  engineOf,
  getManifest,
  listBackups,
  localProgram,
  lookThrough,
  ownerOfDatabase,
  placeOf,
  postgresEngine,
  prunedShelf,
  refuseInUse,
  restorePostgres,
  restoreSqlite,
  type Shelf,
  sqliteEngine,
  takeBackup,
  undoPostgresRestore,
  undoSqliteRestore,
  verifyBackup,
  worthOf,
} from '@ikoma/backup'
import { AppError } from '@ikoma/kernel'
import type { Host } from '@ikoma/machine'
import { needPostgresTools } from '@ikoma/machine/postgres'
import { refuseOthersAccount } from '@ikoma/machine/safety'
import { refuseOwnGround } from '../host/own-ground.ts'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import { namedBy } from '../order/policy.ts'
import { restoredResult, toldBackup, verdictOn, warningOf, wouldRestore } from './backup-report.ts'
import { converging } from './converging.ts'
import { refuseOthersRights } from './others-rights.ts'

export const backup = {
  'db.sqlite.backup': backUpSqlite,
  'db.sqlite.restore': bringBackSqlite,
  'db.postgres.backup': backUpPostgres,
  'db.postgres.restore': bringBackPostgres,
  'backup.list': list,
  'backup.verify': verify,
  'backup.prune': prune,
} satisfies FamilyActions<'backup'>

/** Copies a SQLite database while it is in use, and proves the copy. */
async function backUpSqlite(
  { path, suspectFallPercent, mayShrink, ...shelf }: PayloadOf<'db.sqlite.backup'>,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'db.sqlite.backup'>>> {
  const { machine, dryRun, marker } = context
  const owner = await ownerOfDatabase(machine, path)
  if (dryRun) {
    const summary = `Would back up ${path} as ${owner} into ${placeOf(shelf)}, and prove that.`
    return { ok: true, summary, output: { backup: null } }
  }
  const tool = await localProgram()
  const engine = sqliteEngine(tool, path, owner)
  const limits = { suspectFallPercent, mayShrink }
  const manifest = await takeBackup({ host: machine, tool, course: context, shelf, engine, takenBy: marker, limits })
  return verdictOn({ manifest, state: worthOf(manifest) })
}

/** Puts a proven backup in the place of a database that nobody has open, or takes that back. */
async function bringBackSqlite(
  payload: PayloadOf<'db.sqlite.restore'>,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'db.sqlite.restore'>>> {
  const { machine, dryRun } = context
  const { path, name, directory, s3, undo, backup: id } = payload
  const restore = { place: path, backup: id, undo }
  refuseOwnGround(path)
  const tool = await localProgram()
  const shelf = { name, directory, s3 }
  const manifest = id === undefined ? null : await getManifest(machine, tool, { shelf, id })
  const live = { path, owner: payload.owner ?? (await ownerOfDatabase(machine, path)) }
  if (context.runner.root) await refuseSystems(live, context)
  if (dryRun) {
    await refuseInUse(machine, tool, path)
    return wouldRestore(restore)
  }
  const running = { host: machine, tool, course: context }
  const former = manifest
    ? await restoreSqlite(running, live, { shelf, manifest })
    : await undoSqliteRestore(running, live, undo ?? '')
  return restoredResult(restore, former)
}

/** As root this could put chosen bytes into whatever root runs or believes. */
async function refuseSystems(
  { path, owner }: { path: string; owner: string },
  { machine, policy }: ActionContext,
): Promise<void> {
  if (isAppPlace(path) && owner !== 'root' && owner !== 'ikoma') {
    return refuseOthersAccount(machine, owner, namedBy(policy))
  }
  throw new AppError('unprocessable', `${path} of ${owner}: only an app's own database is restored, ${appPlaces}.`, {
    reason: 'not_an_apps',
  })
}

/** Dumps a PostgreSQL database while it is in use, and proves the dump in a scratch database. */
async function backUpPostgres(
  payload: PayloadOf<'db.postgres.backup'>,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'db.postgres.backup'>>> {
  const { machine, dryRun, marker } = context
  const { database, name, directory, s3, suspectFallPercent, mayShrink, ...connection } = payload
  const shelf = { name, directory, s3 }
  const tool = await localProgram()
  await refuseOthersRights(connection.runAs, context)
  const engine = postgresEngine(tool, database, connection)
  if (dryRun) {
    await engine.check(machine)
    const summary = `Would back up ${database} as ${connection.runAs} into ${placeOf(shelf)}, and prove that.`
    return { ok: true, summary, output: { backup: null } }
  }
  const limits = { suspectFallPercent, mayShrink }
  const manifest = await takeBackup({ host: machine, tool, course: context, shelf, engine, takenBy: marker, limits })
  return verdictOn({ manifest, state: worthOf(manifest) })
}

/** Puts a proven backup in the place of a database that nobody is connected to, or takes that back. */
async function bringBackPostgres(
  payload: PayloadOf<'db.postgres.restore'>,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'db.postgres.restore'>>> {
  const { machine, dryRun } = context
  const { database, name, directory, s3, backup: id, undo, ...connection } = payload
  const restore = { place: database, backup: id, undo }
  const shelf = { name, directory, s3 }
  const tool = await localProgram()
  await needPostgresTools(machine)
  await refuseOthersRights(connection.runAs, context)
  const manifest = id === undefined ? null : await getManifest(machine, tool, { shelf, id })
  if (dryRun) return wouldRestore(restore)
  const running = { host: machine, tool, course: context }
  const live = { database, connection }
  const former = manifest
    ? await restorePostgres(running, live, { shelf, manifest })
    : await undoPostgresRestore(running, live, undo ?? '')
  return restoredResult(restore, former)
}

/** Reads every byte of the backups: what is told as proven is so now. */
async function list(
  { limit, ...shelf }: PayloadOf<'backup.list'>,
  { machine, log }: ActionContext,
): Promise<ActionResult<OutputOf<'backup.list'>>> {
  const { backups: found, strays } = await lookThrough(machine, await localProgram(), shelf)
  for (const { manifest, state } of found.slice(0, limit)) log(`${manifest.id} ${state} ${manifest.bytes} bytes`)
  const proven = found.filter(({ state }) => state === 'proven')
  const lastProven = proven[0]?.manifest.id ?? null
  const suspect = found.filter(({ state }) => state === 'suspect').map(({ manifest }) => manifest.id)
  const summary = `${found.length} backups of ${shelf.name}, ${proven.length} of them proven; the last: ${lastProven ?? 'none'}.${warningOf(found, strays)}`
  for (const { file, why } of strays.slice(0, maxStrays)) log(`${file}: ${why}`)
  const backups = found.slice(0, limit).map(toldBackup)
  const output = { backups, total: found.length, lastProven, strays: strays.slice(0, maxStrays) }
  return { ok: true, summary, output: { ...output, suspect: suspect.slice(0, maxSuspect) } }
}

/** As many as a report may well hold. */
const maxSuspect = 200
const maxStrays = 20

/** Restores a backup into a scratch database once more; its manifest says afterwards whether it is good. */
async function verify(
  { backup: id, runAs, accept, ...shelf }: PayloadOf<'backup.verify'>,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'backup.verify'>>> {
  const { machine, dryRun } = context
  const tool = await localProgram()
  const shelved = await chosen(machine, tool, { shelf, id })
  const { manifest } = shelved
  if (dryRun) {
    const summary = `Would prove ${manifest.id}, which is ${shelved.state}.`
    return { ok: true, summary, output: { backup: toldBackup(shelved) } }
  }
  if (runAs !== undefined) await refuseOthersRights(runAs, context)
  const engine = engineOf(tool, { ...manifest, runAs: runAs ?? manifest.runAs })
  return verdictOn(await verifyBackup({ host: machine, tool, course: context, shelf, engine, manifest, accept }))
}

/** The newest without an id. */
async function chosen(machine: Host, tool: BackupProgram, { shelf, id }: { shelf: Shelf; id: string | undefined }) {
  const all = await listBackups(machine, tool, shelf)
  const found = all.find(({ manifest }) => id === undefined || manifest.id === id)
  if (found) return found
  // Says whether it is not there or cannot be read.
  if (id !== undefined) await getManifest(machine, tool, { shelf, id })
  throw new AppError('unprocessable', `There is no backup in ${placeOf(shelf)}.`, { reason: 'backup_not_found' })
}

/** Removes what is older than it is kept for, and never the last proven ones. */
async function prune(payload: PayloadOf<'backup.prune'>, context: ActionContext) {
  const { keepDays, keepProven, ...shelf } = payload
  const tool = await localProgram()
  return converging(() => [prunedShelf(tool, shelf, { keepDays, keepProven })])(payload, context)
}

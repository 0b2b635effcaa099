import { existsSync } from 'node:fs'
import { chmod, chown, link, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { receiveFile, sync } from '../bytes.ts'
import { Problem } from '../problem.ts'
import type { EngineVerbs } from '../verbs.ts'
import { checkDatabase } from './sqlite.ts'

const companions = ['-wal', '-journal']

/** Puts a backup that it is given in the place of the live database. The former one is kept beside it, and named. */
export async function restoreSqlite({ source, id, expected }: EngineVerbs['restore']['ask']) {
  const live = await realpath(source).catch(() => source)
  const draft = `${live}.restoring-${id}`
  await removeDrafts(live)
  try {
    await receiveFile(draft, expected)
    checkDatabase(draft, expected)
    if (existsSync(live)) await giveAccessOf(live, draft)
    return { former: await swap(live, draft, `${live}.before-${id}`) }
  } finally {
    for (const suffix of ['', '-shm', ...companions]) await rm(`${draft}${suffix}`, { force: true })
  }
}

/** Puts a former database back; the one that was in its place is kept in turn. */
export async function undoSqlite({ source, former, id }: EngineVerbs['undo']['ask']) {
  const live = await realpath(source).catch(() => source)
  const kept = `${live}.before-${former}`
  if (!existsSync(kept)) throw new Problem('no_such_former', `There is no former database ${kept}.`)
  return { former: await swap(live, kept, `${live}.before-${id}`) }
}

/** Removes what restores that were killed have left. */
async function removeDrafts(live: string): Promise<void> {
  const begin = `${basename(live)}.restoring-`
  for (const name of await readdir(dirname(live))) {
    if (name.startsWith(begin)) await rm(join(dirname(live), name), { force: true })
  }
}

async function giveAccessOf(live: string, draft: string): Promise<void> {
  const { mode, uid, gid } = await stat(live)
  // A group that its owner is not in cannot be given by the owner.
  await chown(draft, uid, gid).catch(() => undefined)
  await chmod(draft, mode & 0o777)
}

/** Puts `next` in the place of `live`: a crash at any moment leaves the one database or the other there, whole. */
async function swap(live: string, next: string, keepAs: string): Promise<string | null> {
  const there = existsSync(live)
  if (there) {
    foldIn(live)
    await link(live, keepAs)
    // A write-ahead log that stayed would be replayed into the new one.
    await moveCompanions(live, keepAs)
  }
  await rm(`${live}-shm`, { force: true })
  await moveCompanions(next, live)
  await rename(next, live)
  await sync(dirname(live))
  return there ? keepAs : null
}

/** Folds the log in, so that the file alone is the database. One that is broken stays as it is, with its log. */
function foldIn(path: string): void {
  try {
    const database = new DatabaseSync(path)
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    database.close()
  } catch {
    // The broken database is kept as it is.
  }
}

async function moveCompanions(from: string, to: string): Promise<void> {
  for (const suffix of companions) {
    if (existsSync(`${from}${suffix}`)) await rename(`${from}${suffix}`, `${to}${suffix}`)
  }
}

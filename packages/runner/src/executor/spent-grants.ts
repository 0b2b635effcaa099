import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Grant, grantSkewMs } from '@ikoma/api'
import { isNoRoom, syncDirectory } from '../host/durable-file.ts'
import { isBelowFloor, keepUntil, type Newest, newestWith } from '../order/grant-memory.ts'

/**
 * What root remembers of grants: a folder with a file for each attempt that was done, `<order>.<attempt>`, in which it says
 * until when; `at.<ms>`, when the newest of them was issued; `seq.<n>`, where the audit stood then; `seqfloor.<n>`, up to where
 * it is not known what was executed; `floor.<order>`, below which nothing is remembered.
 *
 * Time is what the control plane signed: this server's clock decides nothing, so that setting it on makes nothing be
 * forgotten, and setting it back makes nothing good again. What was forgotten had expired by then, and stays so.
 */
export interface Bounds {
  /** 4 KiB of disk each. A server on which root does more orders within their day forgets the oldest, and refuses them. */
  maxRecords: number
  /** Looking through all of them costs; this often is enough. */
  lookEvery: number
}

const defaultBounds: Bounds = { maxRecords: 20_000, lookEvery: 64 }

/** What a former version wrote says nothing of the order's expiry. */
const keepUnknownMs = 7 * 24 * 60 * 60_000

/** How far the grants that were executed have come: what this server's clock says counts only beyond. */
export async function newestSpent(stateDir: string): Promise<Newest> {
  return newestOf(await namesIn(folderOf(stateDir)))
}

function newestOf(names: string[]): Newest {
  const seqs = (start: string) => {
    const found = names.filter((name) => name.startsWith(start)).map(attemptOf)
    return found.length === 0 ? null : Math.max(...found)
  }
  return { issuedAt: markOf(names), seq: seqs('seq.'), floorSeq: seqs('seqfloor.') }
}

/**
 * Null the first time for each attempt of an order, and on disk before it is: a runner cannot have it done twice. Nor can
 * it have an earlier attempt done after a later one, with a grant that it kept back, nor more attempts than the order has.
 * Else why not.
 */
export async function spendGrant(stateDir: string, grant: Grant, bounds = defaultBounds): Promise<string | null> {
  const folder = folderOf(stateDir)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const own = `${grant.orderId.toLowerCase()}.${grant.attempt}`
  if (!(await makeRecord(join(folder, own), String(keepUntil(grant) ?? 'never')))) {
    return 'This grant was executed here before.'
  }
  const known = await namesIn(folder)
  const before = newestOf(known)
  await moveMark(folder, known, newestWith(before, grant))
  await syncDirectory(folder)
  // After its own is there: of two that come at once, the earlier attempt sees the later one or was first.
  const names = await namesIn(folder)
  const refused = isBelowFloor(before, grant) ? olderThanKnown : whyNot(grant, own, names)
  if (refused === null && names.length % bounds.lookEvery === 0) await forget(folder, names, bounds)
  return refused
}

const olderThanKnown = 'This grant is older than what is remembered here.'

function whyNot(grant: Grant, own: string, names: string[]): string | null {
  const orderId = grant.orderId.toLowerCase()
  const others = names.filter((name) => name.startsWith(`${orderId}.`) && name !== own)
  if (others.some((name) => attemptOf(name) > grant.attempt)) return 'A later attempt of this order was executed here.'
  if (others.length >= grant.maxAttempts) {
    return `This order was executed here ${others.length} times, which is all it has.`
  }
  const until = keepUntil(grant)
  if (until !== null && until < markOf(names) - grantSkewMs) return olderThanKnown
  if (orderId <= floorOf(names)) return 'So many newer orders were executed here that this one may have been too.'
  return null
}

/** Down to the ninth part of the bound at once, or every order would look through all. */
async function forget(folder: string, names: string[], { maxRecords }: Bounds): Promise<void> {
  const now = markOf(names) - grantSkewMs
  const left: string[] = []
  for (const name of names.filter(isRecord)) {
    if ((await untilOf(join(folder, name))) < now) await rm(join(folder, name), { force: true })
    else left.push(name)
  }
  if (left.length <= maxRecords) return
  const dropped = left.sort().slice(0, left.length - Math.floor((maxRecords * 9) / 10))
  const floor = (dropped.at(-1) ?? '').replace(/\.\d+$/, '')
  await makeRecord(join(folder, `floor.${floor}`), '')
  await syncDirectory(folder)
  for (const name of dropped) await rm(join(folder, name), { force: true })
  for (const name of names) if (name.startsWith('floor.') && name < `floor.${floor}`) await rm(join(folder, name))
}

/** The files say it by their names alone, so that of two executors none can take back what the other wrote. */
async function moveMark(folder: string, known: string[], after: Newest): Promise<void> {
  const before = newestOf(known)
  // The floor first, and the number last: whoever is killed in between finds the same out again.
  if (after.floorSeq !== before.floorSeq) await makeRecord(join(folder, `seqfloor.${after.floorSeq}`), '')
  if (after.issuedAt !== before.issuedAt) await replaceRecord(folder, known.filter(isMark), `at.${after.issuedAt}`)
  if (after.seq !== null && after.seq !== before.seq)
    await replaceRecord(folder, known.filter(isSeq), `seq.${after.seq}`)
}

async function replaceRecord(folder: string, former: string[], name: string): Promise<void> {
  await makeRecord(join(folder, name), '')
  await syncDirectory(folder)
  for (const other of former) if (other !== name) await rm(join(folder, other), { force: true })
}

/** False when it is there already. On disk, but for its name, which `syncDirectory` writes. */
async function makeRecord(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      // A full disk leaves it empty, which is as good as a record, kept by its time.
      await file.writeFile(text).catch(unlessNoRoom)
      await file.sync()
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function unlessNoRoom(error: unknown): void {
  if (!isNoRoom(error)) throw error
}

async function untilOf(path: string): Promise<number> {
  const text = await readFile(path, 'utf8').catch(() => '')
  if (text === 'never') return Number.POSITIVE_INFINITY
  if (/^\d+$/.test(text)) return Number(text)
  const facts = await stat(path).catch(() => null)
  return facts ? facts.mtimeMs + keepUnknownMs : Number.NEGATIVE_INFINITY
}

const folderOf = (stateDir: string) => join(stateDir, 'spent')
const isRecord = (name: string) => /^[0-9a-f-]{36}\.\d+$/.test(name)
const isSeq = (name: string) => /^seq\.\d+$/.test(name)
const isMark = (name: string) => /^at\.\d+$/.test(name)
const attemptOf = (name: string) => Number(name.slice(name.lastIndexOf('.') + 1))

function markOf(names: string[]): number {
  return Math.max(Number.NEGATIVE_INFINITY, ...names.filter(isMark).map(attemptOf))
}

function floorOf(names: string[]): string {
  return names.reduce((floor, name) => (name.startsWith('floor.') && name.slice(6) > floor ? name.slice(6) : floor), '')
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

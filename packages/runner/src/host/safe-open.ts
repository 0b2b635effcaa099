import type { Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { AppError } from '@ikoma/kernel'
import { accessOf, accountOf, belongsTo, othersRename, othersWrite } from '@ikoma/machine/safety'
import { openPlace, walkPath } from './walk-path.ts'

/** Somebody who could have led us elsewhere on the way: whether they may read a file themselves. */
type Hand = (facts: Stats) => boolean

interface Way {
  self: string
  hands: Hand[]
  /** Anybody may add to the folder that was passed last. */
  addable: boolean
  /** Whether some account could put another link into the place of one that we follow. */
  turnable: boolean
  /** We followed a link that an account made, or could have made. */
  led: boolean
  /** Since then everybody may pass: it is nothing that was hidden from that account. */
  passable: boolean
}

/**
 * Opens what is at a path, step by step, each within the folder that was opened before: nothing can be exchanged between
 * a look and the opening, and whoever has the handle has what was judged. A link of root in a folder of root is followed. Where
 * an account could have chosen what is opened, by a link or a second name, it is opened only when that account may read it
 * itself: it is the account's own, or everybody's. Rejects with the errors of open(2), or `unsafe_path`.
 */
export async function openSafely(
  path: string,
  { kind = 'file', followLast = true }: { kind?: 'file' | 'directory'; followLast?: boolean } = {},
): Promise<FileHandle> {
  const self = accountOf(process.getuid?.() ?? 0)
  const way: Way = { self, hands: [], addable: false, turnable: false, led: false, passable: true }
  const found = await walkPath(path, {
    passed: (facts) => note(facts, way),
    link(facts, last) {
      if (last && !followLast) throw unexpected(path)
      followed(facts, way)
    },
    turned: () => unsafe(path),
  })
  try {
    const facts = await found.stat()
    if (kind === 'directory' && !facts.isDirectory()) throw Object.assign(new Error(path), { code: 'ENOTDIR' })
    if (kind === 'file' && !facts.isFile()) throw unexpected(path)
    if (!mayOpen(facts, way)) throw unsafe(path)
    return await openPlace(found)
  } finally {
    await found.close()
  }
}

/** Who may change what is in a folder that we pass. */
function note(facts: Stats, way: Way): void {
  if (!facts.isDirectory()) return
  const access = accessOf(facts)
  const ours = belongsTo(access, way.self)
  if (!ours) way.hands.push(ownerOf(facts))
  if (othersRename(access)) way.hands.push((facts.mode & 0o002) === 0 ? groupOf(facts) : anybody)
  // Where the sticky bit is set, what is there stays, and anybody may put more beside it.
  way.addable = othersWrite(access)
  way.turnable ||= !ours || othersRename(access)
  if (way.led) way.passable &&= (facts.mode & 0o001) !== 0
}

function followed(link: Stats, way: Way): void {
  const ours = belongsTo(accessOf(link), way.self)
  if (!ours) way.hands.push(ownerOf(link))
  way.led ||= way.turnable || !ours
}

function mayOpen(facts: Stats, { hands, addable, led, passable }: Way): boolean {
  const secondName = facts.isFile() && facts.nlink > 1 && (hands.length > 0 || addable)
  if (!led && !secondName) return true
  if (passable && (facts.mode & 0o004) !== 0) return true
  return hands.length > 0 && hands.every((mayRead) => mayRead(facts))
}

const ownerOf =
  ({ uid }: Stats): Hand =>
  (facts) =>
    facts.uid === uid
const groupOf =
  ({ gid }: Stats): Hand =>
  (facts) =>
    facts.gid === gid && (facts.mode & 0o040) !== 0
const anybody: Hand = () => false

function unexpected(path: string): AppError {
  return new AppError('unprocessable', `${path} is not a regular file.`, { reason: 'unexpected_file' })
}

function unsafe(path: string): AppError {
  const message = `${path} is a link that an account of the server could have made, to what is not its own. Put the file itself there.`
  return new AppError('unprocessable', message, { reason: 'unsafe_path' })
}

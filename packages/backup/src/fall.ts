import { type BackupManifest, type FallLimits, usualFall } from '@ikoma/api'

/** Under this, a table that was emptied may well be meant. */
const leastRowsOfTable = 100
/** A fall of fewer rows or bytes than these says nothing, unless nothing is left. */
const leastRows = 10
const leastBytes = 64 * 1024

type Held = Pick<BackupManifest, 'id' | 'tables' | 'bytes'>

/** What a backup holds so much less of than the last good one that it may be of a database that was emptied; or null. */
export function fallBetween(before: Held, now: Held, limits: FallLimits): string | null {
  const counted = (tables: Held['tables']) => Object.entries(tables).filter(([name]) => !isMeant(name, limits))
  const [had, has] = [counted(before.tables), counted(now.tables)]
  const falls = [
    fallOf('tables', [had.length, has.length], limits, 1),
    fallOf('rows', [sum(had), sum(has)], limits, leastRows),
    ...emptied(had, has),
    // Where rows may come and go, so may their bytes.
    sum(had) === sum(Object.entries(before.tables))
      ? fallOf('bytes', [before.bytes, now.bytes], limits, leastBytes)
      : null,
  ]
  const told = falls.filter((fall) => fall !== null)
  return told.length === 0 ? null : `Against ${before.id}, it has ${told.slice(0, maxTold).join(', ')}.`
}

const maxTold = 5

function fallOf(what: string, [had, has]: [number, number], limits: FallLimits, least: number): string | null {
  const lost = had - has
  const isFall = lost > 0 && lost * 100 >= limits.suspectFallPercent * had && (lost >= least || has === 0)
  return isFall ? `${has} of ${had} ${what}` : null
}

type Counts = readonly (readonly [table: string, rows: number])[]

/** Tables that lost every row while the others may hide it, and that are not there again under another name. */
function emptied(had: Counts, has: Counts): string[] {
  const now = new Map(has)
  const before = new Set(had.map(([name]) => name))
  const added = has.filter(([name]) => !before.has(name)).map(([, rows]) => rows)
  const renamed = (rows: number) => added.some((others) => others * 2 >= rows)
  return had
    .filter(([name, rows]) => rows >= leastRowsOfTable && (now.get(name) ?? 0) === 0)
    .filter(([name, rows]) => now.has(name) || !renamed(rows))
    .map(([name, rows]) => `none of the ${rows} rows of ${name}`)
}

function isMeant(table: string, { mayShrink }: FallLimits): boolean {
  return mayShrink.some((each) => (each.endsWith('*') ? table.startsWith(each.slice(0, -1)) : table === each))
}

const sum = (counts: Counts) => counts.reduce((total, [, rows]) => total + rows, 0)

/** Whose backups are compared: those of one database, though others fill the same shelf. */
export const sourceOf = ({ engine, source }: Pick<BackupManifest, 'engine' | 'source'>) =>
  JSON.stringify([engine, source])

/** The same, newest first; those from before backups were compared are compared now. */
export function withFalls(newestFirst: readonly BackupManifest[]): BackupManifest[] {
  const lastGood = new Map<string, BackupManifest>()
  const judged = newestFirst.toReversed().map((manifest) => {
    const before = lastGood.get(sourceOf(manifest))
    const compared = before && manifest.proof ? fallBetween(before, manifest, usualFall) : null
    const { suspect = compared } = manifest
    if (isGood({ ...manifest, suspect })) lastGood.set(sourceOf(manifest), manifest)
    return { ...manifest, suspect }
  })
  return judged.reverse()
}

export function isGood({ proof, suspect }: Pick<BackupManifest, 'proof' | 'suspect'>): boolean {
  return proof !== null && suspect === null
}

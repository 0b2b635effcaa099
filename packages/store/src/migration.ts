import { AppError } from '@ikoma/kernel'

/** One generated step of a schema; applied whole or not at all. */
export interface Migration {
  tag: string
  statements: string[]
}

export function refuseNewer(applied: Iterable<string>, migrations: Migration[]): void {
  const known = new Set(migrations.map(({ tag }) => tag))
  const unknown = [...applied].filter((tag) => !known.has(tag))
  if (unknown.length > 0) {
    const message = `The database was written by a newer IKOMA (${unknown.join(', ')}). Start that version.`
    throw new AppError('conflict', message, { reason: 'schema_newer' })
  }
}

/** `missing` are the columns of the current schema that a pushed database does not have. */
export function refuseIncomplete(missing: string[]): void {
  if (missing.length > 0) {
    const message = `The database lacks ${missing.slice(0, 5).join(', ')}. Run npx drizzle-kit push again.`
    throw new AppError('conflict', message, { reason: 'schema_incomplete' })
  }
}

export interface Applied {
  tag: string
  at: number | string
}

export interface Migrated {
  isNew: boolean
  /** Whether tokens and schedules had no seal before this version. */
  unsealed: boolean
}

/** Both kinds of seals came with one start: what is not sealed was written by a version that had none. */
export function wasUnsealed(applied: Applied[]): boolean {
  const at = (name: string) => applied.find(({ tag }) => tag.slice(tag.indexOf('_') + 1) === name)?.at
  return at('closed_doors') !== undefined && String(at('seals')) === String(at('closed_doors'))
}

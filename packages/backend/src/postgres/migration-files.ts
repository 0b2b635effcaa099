import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@ikoma/kernel'

export interface MigrationFile {
  /** As `20260101120000000_bays`: the file's name without its ending. */
  name: string
  hasDown: boolean
}

/** The migrations of a folder in their order. Refuses a name that has no time before it. */
export function readMigrations(folder: string): MigrationFile[] {
  if (!existsSync(folder)) {
    throw new AppError('invalid', `There is no folder of migrations at ${folder}.`, { reason: 'migrations_missing' })
  }
  const files = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.startsWith('.'),
  )
  const wrong = files.find(({ name }) => !/^\d{17}_[a-z0-9_-]+\.sql$/.test(name))
  if (wrong) {
    throw new AppError(
      'invalid',
      `${join(folder, wrong.name)} is no migration: they are called <17 digits of time>_<name>.sql.`,
      {
        reason: 'migration_name',
      },
    )
  }
  return files
    .map(({ name }) => ({
      name: name.slice(0, -'.sql'.length),
      hasDown: hasDown(join(folder, name), readFileSync(join(folder, name), 'utf8')),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** The one that somebody means by its name, or by a part of it that no other has. */
export function findMigration(names: readonly string[], tag: string): string {
  if (names.includes(tag)) return tag
  const found = names.filter((name) => name.startsWith(tag) || name.endsWith(`_${tag}`))
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  const why = found.length === 0 ? 'There is no migration' : 'There are several migrations'
  throw new AppError('not_found', `${why} called "${tag}". They are: ${names.join(', ') || 'none'}.`, {
    reason: 'migration_not_found',
  })
}

const heading = (direction: string) => new RegExp(`^\\s*--[\\s-]*${direction}\\s+migration.*`, 'im')

/** A section of comments alone would take nothing back, and say that it did. */
function hasDown(path: string, text: string): boolean {
  const [up, down] = [text.search(heading('up')), text.search(heading('down'))]
  // Without its first heading, node-pg-migrate would run the way back right after the way there.
  if (up < 0 || (down >= 0 && down < up)) {
    throw new AppError('invalid', `${path} must begin with "-- Up Migration"; its "-- Down Migration" comes after.`, {
      reason: 'migration_form',
    })
  }
  return downHalf(text).trim() !== ''
}

/** The statements of a migration's way back, without comments. */
export function downHalf(text: string): string {
  const down = text.search(heading('down'))
  return down < 0 ? '' : text.slice(down).replace(/--.*|\/\*[\s\S]*?\*\//g, '')
}

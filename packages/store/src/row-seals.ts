import {
  type AttachedRunner,
  type BrokenRow,
  inForm,
  isNewerForm,
  macOf,
  type RowFault,
  type Runner,
  rowText,
  type SchedulePatch,
  type Server,
} from '@ikoma/domain'
import { AppError } from '@ikoma/kernel'
import { createSealer, type Sealer } from '@ikoma/kernel/node'
import { getColumns, type Table } from 'drizzle-orm'
import { mutableNames } from './order-fields.ts'

export const sealedTables = [
  'orders',
  'order_logs',
  'idempotency',
  'servers',
  'runners',
  'enrolments',
  'tokens',
  'schedules',
] as const
export type SealedTable = (typeof sealedTables)[number]

/** The key of the seals, and what former versions may have left. */
export interface Sealing {
  /** Not in the database: who can write that cannot seal. */
  sealKey: Uint8Array
  /**
   * Until when a process of the former version may write beside this one: what it leaves is taken as it is. Null where
   * that is not known yet: the database may be of a former version, and is looked through when it is opened.
   */
  formerUntil?: number | null
  /** Hears, once it was opened, what was sealed again, and until when a former version may write beside this one. */
  onOpened?: ((opened: Opened) => void) | undefined
}

export interface Opened {
  formerUntil: number
  /** How many rows of each table were sealed again, and how many were not because their former seal was broken. */
  sealed: Record<string, number>
  refused: Record<string, number>
}

interface Row {
  rowSeal: string
}

/**
 * What a runner tells of itself with each sign of life decides nothing. Of an order the placement is under a seal of its
 * own, which is under this one. Whether it waits for its turn follows from the others of its resource key; whether it
 * still waits for its time is added below.
 */
const left: Partial<Record<SealedTable, readonly string[]>> = {
  runners: ['reported', 'capabilities', 'version', 'lastSeenAt', 'instance'],
}

const orderNames = ['id', 'seal', 'placementSeal', 'reportDigest', ...mutableNames].filter((name) => name !== 'wait')

interface RowSealsOptions {
  sealKey: Uint8Array
  tables: Record<SealedTable, Table>
  /** Whether a former version may have written meanwhile. */
  takesFormer?: (() => boolean) | undefined
  /** Hears of each broken row that is shown. */
  met?: ((row: BrokenRow) => void) | undefined
}

/** Seals rows as they are written, and says of a row that was read whether it still is what was written. */
export class RowSeals {
  readonly sealer: Sealer
  readonly #names: Record<SealedTable, readonly string[]>
  /** Whether a former version may have written meanwhile. */
  readonly takesFormer: () => boolean
  readonly #met: (row: BrokenRow) => void

  constructor({ sealKey, tables, takesFormer = () => false, met = () => undefined }: RowSealsOptions) {
    this.sealer = createSealer(sealKey)
    this.#names = namesOf(tables)
    this.takesFormer = takesFormer
    this.#met = met
  }

  of(table: SealedTable, row: object): string {
    return inForm(this.sealer.seal(this.#text(table, row)))
  }

  /** The row with its seal, to be inserted. */
  sealed<T extends object>(table: SealedTable, row: T): T & Row {
    return { ...row, rowSeal: this.of(table, row) }
  }

  fault(table: SealedTable, row: Row): RowFault | undefined {
    if (this.isWhole(table, row)) return undefined
    if (isNewerForm(row.rowSeal)) return 'newer'
    return this.takesFormer() ? undefined : 'broken'
  }

  isWhole(table: SealedTable, row: Row): boolean {
    const mac = macOf(row.rowSeal)
    return mac !== null && this.sealer.isSeal(this.#text(table, row), mac)
  }

  #text(table: SealedTable, row: object): string {
    const text = rowText(table, this.#names[table], row)
    return table === 'orders' && (row as { wait?: unknown }).wait === 'time' ? `${text} time` : text
  }

  /** The seal of a row that was `before`: what was broken stays so, or the next write would make it good. */
  again(table: SealedTable, before: Row, after: object): string {
    return this.fault(table, before) === undefined ? this.of(table, after) : before.rowSeal
  }

  /** The row before a change; rejects one that cannot be taken as it is. */
  whole<T extends Row>(table: SealedTable, id: string, row: T): T {
    const fault = this.fault(table, row)
    if (fault !== undefined) throw faulty(table, id, fault)
    return row
  }

  /** The row as the port shows it. */
  shown<T extends Row & { id: string }>(table: SealedTable, row: T): Shown<T> {
    const fault = this.fault(table, row)
    const { rowSeal: _rowSeal, ...shown } = row
    if (fault === undefined) return shown
    if (fault === 'broken') this.#met({ table, id: row.id })
    return { ...shown, fault }
  }

  /** A runner with the server it serves: what either row says decides what it may do. */
  attached({ runner, server }: { runner: SealedRunner; server: SealedServer | null }): AttachedRunner {
    const shown = this.shown('runners', runner)
    const fault = shown.fault ?? (server === null ? undefined : this.shown('servers', server).fault)
    return { ...shown, serverId: server?.id ?? null, ...(fault === undefined ? {} : { fault }) }
  }
}

export type Shown<T> = Omit<T, 'rowSeal'> & { fault?: RowFault }
type SealedRunner = Omit<Runner, 'fault'> & Row
type SealedServer = Omit<Server, 'fault'> & Row

function namesOf(tables: Record<SealedTable, Table>): Record<SealedTable, readonly string[]> {
  const named = sealedTables.map((table) => {
    const unsealed = ['rowSeal', ...(left[table] ?? [])]
    const names = Object.keys(getColumns(tables[table])).filter((name) => !unsealed.includes(name))
    return [table, table === 'orders' ? orderNames : names.sort()]
  })
  return Object.fromEntries(named) as Record<SealedTable, readonly string[]>
}

/** The schedule before a patch. Who writes its order again answers for it as it then stands, whatever it was. */
export function rewritable<T extends Row & { id: string }>(seals: RowSeals, before: T, patch: SchedulePatch): T {
  if (patch.order !== undefined && seals.fault('schedules', before) === 'broken') return before
  return seals.whole('schedules', before.id, before)
}

/** A row that cannot be changed, because nobody can tell what it was. */
function faulty(table: SealedTable, id: string, fault: RowFault): AppError {
  const noun = table.replace('_', ' ').replace(/s$/, '')
  if (fault === 'newer') {
    return new AppError('conflict', `This ${noun} was written by a newer IKOMA. Change it with that version.`, {
      reason: 'newer_version',
    })
  }
  return new AppError('conflict', `This ${noun} was changed in the database. Delete it and make it again.`, {
    reason: 'seal_broken',
    details: { table, id },
  })
}

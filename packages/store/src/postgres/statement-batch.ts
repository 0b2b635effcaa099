import type pg from 'pg'
import { getTypeParser } from './connection.ts'

export interface Statement {
  name: string
  text: string
}

export type Value = string | number | readonly string[] | null | undefined

/** A statement on its way, and who waits for its rows. */
interface Asked {
  statement: Statement
  values: Value[]
  resolve: (answer: Answer) => void
  reject: (error: unknown) => void
}

export interface Answer {
  /** What PostgreSQL says it did; after a failure a commit answers ROLLBACK. */
  command: string
  rows: Record<string, unknown>[]
}

/** What is asked in one turn of the event loop travels together, in order. */
export class StatementQueue {
  readonly #client: pg.PoolClient
  readonly #prepare: boolean
  #waiting: Asked[] = []

  constructor(client: pg.PoolClient, prepare: boolean) {
    this.#client = client
    this.#prepare = prepare
  }

  ask(statement: Statement, values: Value[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      // After all that is said in this turn, also by promises that are already settled.
      if (this.#waiting.length === 0) process.nextTick(() => this.#send())
      this.#waiting.push({ statement, values, resolve, reject })
    })
  }

  /** What was not sent yet never is: behind a rollback it would be a transaction of its own. */
  drop(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }

  #send(): void {
    if (this.#waiting.length > 0) this.#client.query(new StatementBatch(this.#waiting.splice(0), this.#prepare))
  }
}

interface Column {
  name: string
  parse: (text: string) => unknown
}

/** What a connection has prepared, with the columns that each statement answers. */
const preparedOn = new WeakMap<pg.Connection, Map<string, Column[]>>()

/**
 * Statements that travel together: one write to the socket, one answer read from it, one Sync at the end. When one
 * fails, PostgreSQL passes over those behind it, and all that were not answered reject with its error. The driver's own
 * pipelining has a Sync, and so an answer of its own, for each statement.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
class StatementBatch implements pg.Submittable {
  readonly #asked: Asked[]
  readonly #prepare: boolean
  #prepared = new Map<string, Column[]>()
  #answered = 0
  #columns: Column[] = []
  #rows: Record<string, unknown>[] = []
  #failed = false

  constructor(asked: Asked[], prepare: boolean) {
    this.#asked = asked
    this.#prepare = prepare
  }

  /** The driver replaces this, to clear its timer. */
  callback: (error?: unknown) => void = () => undefined

  submit(connection: pg.Connection): void {
    this.#prepared = preparedOn.get(connection) ?? new Map()
    preparedOn.set(connection, this.#prepared)
    connection.stream.cork()
    try {
      const sent = new Set<string>()
      for (const { statement, values } of this.#asked) this.#send(connection, statement, values, sent)
      connection.sync()
    } finally {
      connection.stream.uncork()
    }
  }

  #send(connection: pg.Connection, { name: given, text }: Statement, values: Value[], sent: Set<string>): void {
    const name = this.#prepare ? given : ''
    if (name === '' || !(this.#prepared.has(name) || sent.has(name))) {
      // A batch that failed leaves open whether it got that far; closing what does not exist is no error.
      if (name !== '') connection.close({ type: 'S', name }, true)
      connection.parse({ name, text, types: [] }, true)
      sent.add(name)
    }
    connection.bind({ portal: '', statement: name, values: values.map(encode) }, true)
    if (name === '' || !this.#prepared.has(name)) connection.describe({ type: 'P', name: '' }, true)
    connection.execute({ portal: '', rows: 0 } as unknown as pg.ExecuteConfig, true)
  }

  handleRowDescription({ fields }: { fields: pg.FieldDef[] }): void {
    this.#columns = fields.map(({ name, dataTypeID }) => ({ name, parse: getTypeParser(dataTypeID, 'text') }))
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    if (this.#rows.length === 0 && this.#columns.length === 0) this.#columns = this.#known() ?? []
    const row: Record<string, unknown> = {}
    for (const [index, { name, parse }] of this.#columns.entries()) {
      const text = fields[index]
      row[name] = text === null || text === undefined ? null : parse(text)
    }
    this.#rows.push(row)
  }

  handleCommandComplete({ text }: { text: string }): void {
    const asked = this.#asked[this.#answered]
    if (!asked) return
    if (this.#prepare && !this.#known()) this.#prepared.set(asked.statement.name, this.#columns)
    const rows = this.#rows
    this.#answered += 1
    this.#columns = []
    this.#rows = []
    asked.resolve({ command: text, rows })
  }

  handleError(error: unknown): void {
    this.#fail(error)
    this.callback(error)
  }

  handleReadyForQuery(): void {
    if (!this.#failed) this.callback()
  }

  /** The driver's timeout fails it a second time. */
  #fail(error: unknown): void {
    this.#failed = true
    for (const { reject } of this.#asked.slice(this.#answered)) reject(error)
    this.#answered = this.#asked.length
  }

  #known(): Column[] | undefined {
    const name = this.#asked[this.#answered]?.statement.name
    return name === undefined ? undefined : this.#prepared.get(name)
  }
}

function encode(value: Value): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'object') return `{${value.map((each) => `"${each.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
  return String(value)
}

import { createHash } from 'node:crypto'
import type { SimulatedHost, Tool, ToolCall } from '@ikoma/machine/testing/simulated-host'
import type { AskOf, Part, PostgresDatabase, PostgresDatabaseChange, PostgresRole, Verbs } from '../program/verbs.ts'

type Simulated<P extends Part> = { [V in keyof Verbs[P]]?: (ask: AskOf<Verbs[P][V]>, call: ToolCall) => Outcome }

interface Outcome {
  answer?: unknown
  problem?: { reason: string; message: string }
  /** The text on standard output. */
  output?: string
}

const content = { tables: { customer: 1 }, schemaSha256: 'a'.repeat(64) }

const files: Simulated<'files'> = {
  digest: ({ files }, { machine }) => ({ answer: files.map((file) => digestOf(machine, file)) }),
  clear: ({ directory }, { machine }) => {
    machine.move(directory, null)
    machine.putDirectory(directory, { mode: 0o700, owner: 'root', group: 'root' })
    return { answer: null }
  },
  holders: () => ({ answer: { pids: [] } }),
}

const sqlite: Simulated<'sqlite'> = {
  copy: ({ source: path }, { machine }) => ({
    answer: { ...content, ...digest(machine.contentOf(path) ?? ''), engineVersion: '3.53.4' },
    output: machine.contentOf(path) ?? '',
  }),
  prove: ({ expected }, { input }) =>
    digest(input).sha256 === expected.sha256
      ? { answer: { checks: ['sha256', 'integrity_check'] } }
      : { problem: { reason: 'backup_damaged', message: 'other bytes' } },
  restore: ({ source: path, id }, { input, machine }) => {
    const former = `${path}.before-${id}`
    machine.put(former, machine.contentOf(path) ?? '')
    machine.put(path, input)
    return { answer: { former } }
  },
}

const postgres: Simulated<'postgres'> = {
  provable: () => ({ answer: null }),
  ready: () => ({
    answer: { version: '15.18', inRecovery: false, connections: 3, maxConnections: 100, sizeBytes: 8_000_000 },
  }),
  query: ({ sql }) => ({ answer: { columns: ['asked'], rows: [[sql]], truncated: false } }),
  copy: (_, { machine, env }) => {
    const output = textOf(machine, env.PGDATABASE ?? '')
    return { answer: { ...content, ...digest(output), engineVersion: '15.18' }, output }
  },
  prove: ({ expected }, { input }) =>
    digest(input).sha256 === expected.sha256
      ? { answer: { checks: ['sha256', 'pg_restore'] } }
      : { problem: { reason: 'backup_damaged', message: 'other bytes' } },
  restore: ({ source: database, id }, { input, machine }) => {
    const former = `${database}_before_${id}`
    const databases = databasesOf(machine)
    databases[former] = textOf(machine, database)
    databases[database] = input
    return { answer: { former } }
  },
  role: ({ name }, { machine }) => ({ answer: ownOf(clusterOf(machine).roles, name) ?? null }),
  setRole: ({ name, make, grant, revoke, password, ...options }, { machine, input }) => {
    const { roles } = clusterOf(machine)
    const { memberOf = [], verifier = null, ours = make } = ownOf(roles, name) ?? {}
    const member = [...memberOf.filter((each) => !revoke.includes(each)), ...grant].sort()
    roles[name] = { ...options, memberOf: member, verifier: password ? input || null : verifier, ours }
    return { answer: null }
  },
  dropRole: ({ name }, { machine }) => {
    delete clusterOf(machine).roles[name]
    return { answer: null }
  },
  database: ({ name }, { machine }) => ({ answer: ownOf(clusterOf(machine).databases, name) ?? null }),
  makeDatabase: ({ name, encoding, locale, ...change }, { machine }) => {
    const made = { encoding, locale: locale ?? 'C.UTF-8', shutOut: [], ours: true, ...changed(change) }
    clusterOf(machine).databases[name] = made
    return { answer: null }
  },
  setDatabase: ({ name, ...change }, { machine }) => {
    const { databases } = clusterOf(machine)
    const before = ownOf(databases, name)
    if (!before) return { problem: { reason: 'no_such_database', message: `database "${name}" does not exist` } }
    databases[name] = { ...before, ...changed(change, before) }
    return { answer: null }
  },
  dropDatabase: ({ name }, { machine }) => {
    delete clusterOf(machine).databases[name]
    return { answer: null }
  },
}

function changed(
  { grantConnect, revokeConnect, dropExtensions, extensions, ...change }: Omit<PostgresDatabaseChange, 'name'>,
  before?: PostgresDatabase,
) {
  const { connects = [], extensions: there = [] } = before ?? {}
  return {
    ...change,
    connects: [...connects.filter((each) => !revokeConnect.includes(each)), ...grantConnect].sort(),
    extensions: [...there.filter((each) => !dropExtensions.includes(each)), ...extensions].sort(),
  }
}

/** What is called like something of JavaScript's own is not there either. */
function ownOf<T>(all: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined
}

interface Cluster {
  roles: Record<string, PostgresRole>
  databases: Record<string, PostgresDatabase>
}

/** Roles and databases of the simulated PostgreSQL, as they are told. */
export function clusterOf({ state }: SimulatedHost): Cluster {
  return state.cluster as Cluster
}

const s3: Simulated<'s3'> = {
  list: (_, { machine }) => ({ answer: Object.keys(bucketOf(machine)).sort() }),
  read: ({ file }, { machine }) => ({ answer: bucketOf(machine)[file] ?? null }),
  write: ({ file }, { machine, input }) => {
    bucketOf(machine)[file] = input
    return { answer: null }
  },
  put: ({ file, sent }, { machine, input }) => {
    if (digest(input).sha256 !== sent.sha256) return { problem: { reason: 'backup_damaged', message: 'other bytes' } }
    bucketOf(machine)[file] = input
    return { answer: null }
  },
  get: ({ file }, { machine }) => {
    const text = bucketOf(machine)[file]
    return { answer: text === undefined ? null : digest(text), output: text ?? '' }
  },
  digest: ({ files }, { machine }) => ({
    answer: files.map((file) => bucketOf(machine)[file]).map((text) => (text === undefined ? null : digest(text))),
  }),
  remove: ({ file }, { machine }) => {
    delete bucketOf(machine)[file]
    return { answer: null }
  },
}

/** Our program for databases on a simulated machine, where a database is a text, and a backup is the same text. */
const parts: { [P in Part]: Simulated<P> } = { files, sqlite, postgres, s3 }

/** The one shelf of the simulated bucket. */
export function bucketOf({ state }: SimulatedHost): Record<string, string> {
  return state.bucket as Record<string, string>
}

/** What the databases of the simulated PostgreSQL hold. */
export function databasesOf({ state }: SimulatedHost): Record<string, string> {
  return state.databases as Record<string, string>
}

/** A database that is called like something of JavaScript's own is not there either. */
function textOf(machine: SimulatedHost, name: string): string {
  return Object.hasOwn(databasesOf(machine), name) ? (databasesOf(machine)[name] ?? '') : ''
}

export const programTools: Record<string, Tool> = {
  [process.execPath]: (call) => {
    const [, , part, verb] = call.args
    const verbs = parts[part as Part] as Record<string, (ask: unknown, call: ToolCall) => Outcome>
    const { output = '', ...line } = (verbs[verb ?? ''] ?? unknownVerb)(JSON.parse(call.env.IKOMA_ASK ?? ''), call)
    return { code: line.problem ? 1 : 0, stdout: output, stderr: JSON.stringify(line) }
  },
  pg_dump: () => ({}),
  pg_restore: () => ({}),
  // Whoever runs the tests, the databases are root's.
  id: () => ({ stdout: 'root\n' }),
  setpriv: (call) => {
    const [name = '', ...args] = call.args.slice(call.args.indexOf('--') + 1)
    return programTools[name]?.({ ...call, args }) ?? { code: 127 }
  },
}

const unknownVerb = (): Outcome => ({
  problem: { reason: 'tool_failed', message: 'The simulated program knows no such verb.' },
})

/** A backup on a shelf of the simulated machine, or in its bucket; proven unless `proven` is false. */
export function putBackup(
  machine: SimulatedHost,
  {
    id,
    proven = true,
    postgres = false,
    s3 = false,
  }: { id: string; proven?: boolean; postgres?: boolean; s3?: boolean },
): void {
  const text = 'rows'
  const takenAt = id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*/, '$1-$2-$3T$4:$5:$6Z')
  const manifest = {
    version: 1,
    id,
    name: 'app',
    engine: postgres ? 'postgres' : 'sqlite',
    engineVersion: '3.53.4',
    source: '/srv/app/app.db',
    runAs: 'root',
    connection: postgres ? { runAs: 'root', host: '/var/run/postgresql', port: 5432 } : null,
    file: `${id}.sqlite.gz`,
    ...digest(text),
    takenAt,
    takenBy: 'order.1',
    ...content,
    proof: proven ? { at: takenAt, checks: ['integrity_check'] } : null,
    problem: null,
  }
  for (const [file, content] of [
    [`${id}.sqlite.gz`, text],
    [`${id}.json`, JSON.stringify(manifest)],
  ] as const) {
    if (s3) bucketOf(machine)[file] = content
    else machine.put(`/var/backups/ikoma/app/${file}`, content)
  }
}

function digestOf(machine: SimulatedHost, file: string) {
  const text = machine.contentOf(file) ?? ''
  return text === '' ? null : digest(text)
}

function digest(text: string) {
  return { bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') }
}

import { usualFall } from '@ikoma/api'
import { type Course, planFor } from '@ikoma/machine'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { type Engine, engineOfKind } from '../engines/engine.ts'
import { type Keeping, prunedShelf } from '../prune.ts'
import { folderOf, type Shelf } from '../shelf/shelf.ts'
import { bucketOf, programTools } from './program-tools.ts'

const database = '/srv/app/app.db'
const root = { owner: 'root', group: 'root' }

/** A machine with a database, the shelf of its backups, which is empty, and a course that can be stopped. */
export function simulatedShelf({ inBucket = false } = {}) {
  const host = new SimulatedHost({
    files: { [database]: 'rows of today', '/var/backups/dpkg.status.0': '' },
    tools: programTools,
    state: { bucket: {} },
  })
  host.put('/etc/ikoma/s3', 'sesame', { mode: 0o600, ...root })
  const s3 = {
    endpoint: 'https://s3.example.com',
    region: 'auto',
    bucket: 'backups',
    prefix: 'ikoma',
    plainHttp: false,
  }
  const shelf: Shelf = {
    ...{ directory: '/var/backups/ikoma', name: 'app' },
    ...(inBucket && { s3: { ...s3, authFile: '/etc/ikoma/s3' } }),
  }
  const tool = { argv: ['/usr/bin/node', 'ikoma-runner', 'backup'] as [string, ...string[]], self: root }
  host.install(tool.argv[0], (call) => programTools[process.execPath]?.(call) ?? {})
  const { course, logged, stop } = stoppable(host)
  const source = { engine: 'sqlite' as const, source: database, runAs: 'root', connection: null }
  const engine = engineOfKind(tool, { source, extension: 'sqlite.gz', check: async () => {} })
  const taking = { host, tool, course, shelf, engine, takenBy: 'order.1', limits: usualFall }
  return {
    ...{ host, tool, shelf, engine, course, taking, logged, stop },
    /** What lies in the folder of the shelf, and in the bucket. */
    here: () => host.list(folderOf(shelf)),
    there: () => Object.keys(bucketOf(host)).sort(),
    async prune(keeping: Keeping) {
      const changes = await planFor([prunedShelf(tool, shelf, keeping)], host)
      for (const change of changes) await change.apply(host)
      return changes.map(({ title }) => title)
    },
  }
}

function stoppable(machineAfterStop: SimulatedHost) {
  const stopping = new AbortController()
  const logged: string[] = []
  const course: Course = {
    ...{ signal: stopping.signal, machineAfterStop },
    log: (text) => void logged.push(text),
    step: (_, run) => run(),
  }
  return { course, logged, stop: () => stopping.abort() }
}

/** The engine, but for what `before` does, or rejects with, each time before it is asked for `verb`. */
export function disturbed(engine: Engine, verb: 'copy' | 'prove', before: () => unknown): Engine {
  return {
    ...engine,
    async ask(host, question) {
      if (question.verb === verb) await before()
      return engine.ask(host, question)
    },
  }
}

/** The engine of a database that holds these rows. */
export function holding(engine: Engine, tables: Record<string, number>): Engine {
  return {
    ...engine,
    async ask(host, question) {
      const answer = await engine.ask(host, question)
      return question.verb === 'copy' ? { ...answer, tables } : answer
    },
  }
}

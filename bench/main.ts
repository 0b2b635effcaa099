// `npm run bench` (about two minutes) or `npm run bench -- --full`: interleaved rounds, so that the machine's moods hit
// every store alike. Prints a table and writes bench/results/latest.json.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type PostgresServer, startPostgres } from '@ikoma/store/testing'
import pg from 'pg'
import { measureLatency, measureLife } from './life.ts'

const full = process.argv.includes('--full')
const rounds = full ? 5 : 3
const seconds = full ? 10 : 5
const samples = full ? 1000 : 200
const adminKey = 'a-key-for-the-benchmark-alone'
const stores = ['memory', 'sqlite', 'postgres'] as const
type StoreName = (typeof stores)[number]

interface Figure {
  name: string
  unit: string
  median: number
  min: number
  max: number
  rounds: number[]
}

const folder = mkdtempSync(join(tmpdir(), 'ikoma-bench-'))
const postgres = await startPostgres()
const measured = new Map<string, number[]>()
try {
  for (let round = 1; round <= rounds; round += 1) {
    for (const store of stores) await measureStore(store, round)
  }
} finally {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}
report([...measured].map(([name, values]) => figure(name, values)))

async function measureStore(store: StoreName, round: number): Promise<void> {
  const server = await startServer(store, `${store}_${round}`, postgres)
  try {
    add(`life.${store}`, await measureLife({ url: server.url, adminKey, creators: 16, runners: 64, seconds }))
    const times = (await measureLatency(server.url, adminKey, samples)).sort((a, b) => a - b)
    for (const percent of [50, 95, 99])
      add(`latency.${store}.p${percent}`, times[Math.floor((times.length * percent) / 100)] ?? 0)
  } finally {
    await server.stop()
  }
}

function add(name: string, value: number): void {
  process.stderr.write(`${name} ${value.toFixed(2)}\n`)
  measured.set(name, [...(measured.get(name) ?? []), value])
}

async function startServer(store: StoreName, name: string, { url }: PostgresServer) {
  if (store === 'postgres') await createDatabase(url, name)
  const args = ['bench/server.ts', store, join(folder, name), `${url}/${name}`]
  const env = { PATH: process.env.PATH, IKOMA_ADMIN_KEY: adminKey }
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
  const [line] =
    (await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()).value?.match(/.*/) ?? []
  const { url: address } = JSON.parse(line ?? '{}') as { url: string }
  return {
    url: address,
    async stop() {
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client(`${url}/postgres`)
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
}

function figure(name: string, values: number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  const unit = name.startsWith('latency') ? 'ms' : 'orders/s'
  return { name, unit, median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0, rounds: values }
}

function report(figures: Figure[]): void {
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, memoryBytes: totalmem(), node: process.version }
  mkdirSync('bench/results', { recursive: true })
  writeFileSync(
    'bench/results/latest.json',
    `${JSON.stringify({ machine, commit, load: loadavg(), figures }, null, 2)}\n`,
  )
  for (const { name, unit, median, min, max } of figures) {
    const range = `[${min.toFixed(2)}-${max.toFixed(2)}]`
    process.stdout.write(`${name.padEnd(24)} ${median.toFixed(2).padStart(10)} ${range.padEnd(24)} ${unit}\n`)
  }
}

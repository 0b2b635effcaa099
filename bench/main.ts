// `npm run bench` (quick, a few minutes) or `npm run bench -- --full`; `--only <scenario>` for some of them. Rounds of all
// scenarios are interleaved, so that the machine's moods hit everybody alike. Prints a table; all of them, and some with
// `--save`, go to bench/results/latest.json and the README's chart.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from '@ikoma/store/testing'
import { atScale } from './at-scale.ts'
import { Figures } from './figures.ts'
import { ours } from './ours.ts'
import { peers } from './peers/index.ts'
import { printTable, saveResults } from './report.ts'
import type { Bench } from './scenario.ts'

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    save: { type: 'boolean', default: false },
  },
})
const { full, only, save } = values
const rounds = full ? 3 : 2
const interleaved = [...ours, ...peers]
const scenarios = interleaved.filter(({ name }) => only === undefined || only.includes(name))
const scenariosAtScale = atScale.filter(({ name, fullOnly }) => only?.includes(name) ?? (full || !fullOnly))
if (scenarios.length + scenariosAtScale.length === 0) {
  throw new Error(`--only takes ${[...interleaved, ...atScale].map(({ name }) => name).join(', ')}`)
}

const before = loadavg()
const folder = mkdtempSync(join(tmpdir(), 'ikoma-bench-'))
const postgres = await startPostgres(folder)
const bench: Bench = {
  postgresUrl: postgres.url,
  folder,
  adminKey: 'a-key-for-the-benchmark-alone',
  seconds: full ? 8 : 2,
  idleSeconds: full ? 30 : 20,
  samples: full ? 1000 : 200,
  full,
}
const figures = new Figures()
try {
  for (let round = 1; round <= rounds; round += 1) {
    for (const scenario of scenarios) figures.add(await scenario.measure(round, bench))
  }
  // What follows takes long: a run that is cut then has this much.
  saveAll()
  for (const scenario of scenariosAtScale) {
    await scenario.measure(bench, (name, value) => figures.add({ [name]: value }))
    saveAll()
  }
} finally {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}
printTable(figures.all())

function saveAll(): void {
  if (only !== undefined && !save) return
  saveResults({
    machine: { cpus: cpus().length, model: cpus()[0]?.model, memoryBytes: totalmem(), node: process.version },
    commit: execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim(),
    at: new Date().toISOString(),
    mode: full ? 'full' : 'quick',
    load: { before, after: loadavg() },
    figures: figures.all(),
  })
}

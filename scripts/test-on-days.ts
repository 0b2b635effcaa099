// Runs a suite with the machine's clock set to just before each day that breaks others: its processes and its PostgreSQL see
// the clock change in the middle of the run.
//
//   node scripts/test-on-days.ts <project of vitest> [--only 2026-10-25 ...] [filter ...]
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** Each some seconds before the clock of the zone jumps, or the day, month or year ends there. */
const days: [zone: string, at: string, what: string][] = [
  ['Europe/Paris', '2026-10-25T00:59:50Z', 'an hour twice'],
  ['Europe/Paris', '2027-03-28T00:59:50Z', 'an hour left out'],
  ['Europe/Paris', '2027-10-31T00:59:50Z', 'an hour twice'],
  ['Africa/Casablanca', '2027-02-07T01:59:50Z', 'Ramadan begins: an hour back'],
  ['Africa/Casablanca', '2027-03-14T01:59:50Z', 'Ramadan ends: an hour ahead'],
  ['America/Sao_Paulo', '2027-03-01T02:59:50Z', 'a month ends'],
  ['Australia/Lord_Howe', '2027-04-03T14:59:50Z', 'half an hour twice'],
  ['Asia/Kolkata', '2026-12-31T18:29:50Z', 'a year ends, five and a half hours ahead'],
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', multiple: true } },
})
const [project, ...filters] = positionals
const chosen = days.filter(([, at]) => values.only?.some((day) => at.startsWith(day)) ?? true)
if (project === undefined) throw new Error('Name the project whose tests are run.')
const [library] = globSync('/usr/lib/*/faketime/libfaketime.so.1')
if (library === undefined) throw new Error('libfaketime is missing: apt-get install libfaketime')
const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs')
const failed: string[] = []
if (chosen.length === 0) throw new Error(`--only takes ${days.map(([, at]) => at.slice(0, 10)).join(', ')}`)
for (const [zone, at, what] of chosen) {
  process.stdout.write(`\n${zone}, ${at}: ${what}\n`)
  const env = {
    ...process.env,
    TZ: zone,
    LD_PRELOAD: library,
    // In seconds: what the clock shows then may be shown twice.
    FAKETIME_FMT: '%s',
    FAKETIME: `@${Date.parse(at) / 1000}`,
    NO_COLOR: '1',
    // What waits goes by the monotonic clock, which never jumps.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  }
  const argv = [vitest, 'run', '--project', project, '--reporter', 'dot', ...filters]
  const { status } = spawnSync(process.execPath, argv, { env, stdio: 'inherit' })
  if (status !== 0) failed.push(`${zone} ${at}`)
}
if (failed.length > 0) {
  process.stderr.write(`\nFailed with the clock at: ${failed.join('; ')}\n`)
  process.exitCode = 1
}

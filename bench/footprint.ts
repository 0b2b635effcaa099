// What the embedded product takes when nobody asks it for anything: `node bench/footprint.ts [seconds]`, after a build.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const entry = join(import.meta.dirname, '..', 'dist', 'index.cjs')
/** What starting left behind is collected by then. */
const settleMs = 8_000
/** Linux counts the time of processes in hundredths of a second, whatever its clock does. */
const ticksPerSecond = 100

export interface Footprint {
  'footprint.idle.rss': number
  'footprint.idle.pss': number
  'footprint.idle.cpu': number
  'footprint.runner.rss': number
  'start.ready': number
}

/**
 * Starts `ikoma up` in a folder of its own and looks at its two processes: memory in MB (RSS counts pages that both
 * share twice, PSS once), processor time in percent of one core over `seconds`, and from the start to the first
 * answer of /readyz in ms.
 */
export async function measureFootprint({ seconds }: { seconds: number }): Promise<Footprint> {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-footprint-'))
  const startedAt = performance.now()
  const server = spawn(process.execPath, [entry, 'up'], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: '0', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const said = readyLine(server)
    await untilReady(join(folder, 'data', 'address'))
    const readyMs = performance.now() - startedAt
    await said
    await sleep(settleMs)
    return { ...(await measureIdle(server.pid ?? 0, seconds)), 'start.ready': readyMs }
  } finally {
    const exited = once(server, 'exit')
    if (server.exitCode === null && server.kill('SIGTERM')) await exited
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureIdle(server: number, seconds: number): Promise<Omit<Footprint, 'start.ready'>> {
  const [runner] = childrenOf(server)
  if (runner === undefined) throw new Error('the local runner is not there')
  const both = [server, runner]
  const before = sum(both.map(cpuTicks))
  await sleep(seconds * 1000)
  const spentSec = (sum(both.map(cpuTicks)) - before) / ticksPerSecond
  return {
    'footprint.idle.rss': sum(both.map(rssMegabytes)),
    'footprint.idle.pss': sum(both.map(pssMegabytes)),
    'footprint.idle.cpu': (spentSec / seconds) * 100,
    'footprint.runner.rss': rssMegabytes(runner),
  }
}

/** The greeting of `ikoma up`, which comes when its runner is online. */
async function readyLine({ stdout }: ChildProcess): Promise<void> {
  for await (const chunk of stdout ?? []) if (String(chunk).includes('curl')) return
  throw new Error('the product ended before it was ready')
}

async function untilReady(addressFile: string): Promise<void> {
  for (const late = performance.now() + 30_000; performance.now() < late; await sleep(5)) {
    try {
      const { status } = await fetch(`${readFileSync(addressFile, 'utf8').trim()}/readyz`)
      if (status === 200) return
    } catch {
      // Not listening yet.
    }
  }
  throw new Error('the product did not become ready')
}

function childrenOf(parent: number): number[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return numbers.map(Number).filter((pid) => statOf(pid)?.[1] === String(parent))
}

/** User and system time of all threads. */
function cpuTicks(pid: number): number {
  const stat = statOf(pid) ?? []
  return Number(stat[11]) + Number(stat[12])
}

/** The fields after the name, which stands in parentheses and may contain some. Null for one that has ended. */
function statOf(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

function rssMegabytes(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, /^VmRSS:\s+(\d+)/m) / 1024
}

function pssMegabytes(pid: number): number {
  return kilobytes(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+)/m) / 1024
}

function kilobytes(file: string, pattern: RegExp): number {
  return Number(pattern.exec(readFileSync(file, 'latin1'))?.[1])
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

if (import.meta.main) {
  const figures = await measureFootprint({ seconds: Number(process.argv[2] ?? 60) })
  for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name} ${value.toFixed(2)}\n`)
}

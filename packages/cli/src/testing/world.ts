import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeCatalogue } from '@ikoma/api'
import { onTestFinished } from 'vitest'
import type { Io } from '../io.ts'
import type { Processes } from '../processes/processes.ts'
import { runCommandLine } from '../program.ts'
import { ok, startFakeApi } from './fake-api.ts'
import { aRunner, noon, page } from './fixtures.ts'

interface WorldOptions {
  tty?: boolean
  columns?: number
  env?: Record<string, string>
  stdin?: string
}

/** A person at a keyboard: what they type goes in, what they see comes out. */
export function createWorld({ tty = false, columns = 100, env = {}, stdin = '' }: WorldOptions = {}) {
  const home = mkdtempSync(join(tmpdir(), 'ikoma-cli-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  const seen = { stdout: '', stderr: '', screen: '' }
  const interrupts = new Set<() => void>()
  const sink = (name: 'stdout' | 'stderr') => ({
    isTty: tty,
    columns: tty ? columns : null,
    write(text: string) {
      seen[name] += text
      seen.screen += text
    },
    ready: async () => true,
  })
  const io: Io = {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env,
    cwd: home,
    home,
    nodeVersion: '24.0.0',
    timeZone: 'UTC',
    now: () => Date.parse(noon(60)),
    sleep: async () => {},
    readStdin: async () => stdin,
    async readHidden(prompt) {
      if (tty) seen.screen += prompt
      return stdin
    },
    onInterrupt(handler) {
      interrupts.add(handler)
      return () => interrupts.delete(handler)
    },
  }
  const { calls, processes } = recordedProcesses()
  return {
    io,
    home,
    seen,
    calls,
    processes,
    interrupt() {
      for (const handler of interrupts) handler()
    },
    /** Runs one command line; what was seen before is forgotten. */
    async run(...argv: string[]) {
      Object.assign(seen, { stdout: '', stderr: '', screen: '' })
      const code = await runCommandLine(argv, { io, processes })
      return { code, ...seen }
    },
  }
}

/** Processes that only remember that they were to be started. */
function recordedProcesses() {
  const calls: [name: string, options: unknown][] = []
  const record = (name: string) => async (options: unknown) => {
    calls.push([name, options])
    return 0
  }
  const processes: Processes = {
    startUp: record('startUp'),
    startControlPlane: record('startControlPlane'),
    enrolRunner: record('enrolRunner'),
    runRunner: record('runRunner'),
    installRunner: record('installRunner'),
    uninstallRunner: record('uninstallRunner'),
    runExecutor: record('runExecutor'),
    showPolicy: record('showPolicy'),
    checkPolicy: record('checkPolicy'),
    printPolicySchema: record('printPolicySchema'),
  }
  return { calls, processes }
}

/** The same person in front of a control plane with one runner. */
export async function createConnectedWorld(options: WorldOptions = {}) {
  const api = await startFakeApi()
  api.on('GET /v1/order-types', ok({ items: describeCatalogue() }))
  api.on('GET /v1/runners', ok(page([aRunner()])))
  api.on(`GET /v1/runners/${aRunner().id}`, ok(aRunner()))
  const env = { IKOMA_URL: api.url, IKOMA_TOKEN: 'iko_test', NO_COLOR: '1', ...options.env }
  return { api, ...createWorld({ ...options, env }) }
}

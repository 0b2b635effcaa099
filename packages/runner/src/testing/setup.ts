import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { actions as allActions } from '../actions/index.ts'
import type { RunnerConfig } from '../config.ts'
import type { Logger } from '../logger.ts'
import type { Actions } from '../order/action.ts'
import { enrolRunner } from '../protocol/enrol.ts'
import { type Runner, type RunnerDeps, startRunner } from '../start-runner.ts'
import { actionContext as createContext, type SeenContext } from './action-context.ts'
import { FakeControlPlane } from './fake-control-plane.ts'

export const childEnv = { PATH: process.env.PATH ?? '', LANG: 'C' }

export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'ikoma-runner-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

export interface LogEntry {
  level: 'debug' | 'info' | 'warn' | 'error'
  fields: Record<string, unknown>
  message: string
}

export function recordingLogger(): Logger & { entries: LogEntry[] } {
  const entries: LogEntry[] = []
  const at = (level: LogEntry['level']) => (fields: Record<string, unknown>, message: string) => {
    entries.push({ level, fields, message })
  }
  return { entries, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

export interface World {
  plane: FakeControlPlane
  stateDir: string
  logger: ReturnType<typeof recordingLogger>
  /** Starts the enrolled runner; it is stopped after the test. */
  start(
    config?: Partial<RunnerConfig>,
    actions?: Partial<Actions>,
    by?: Pick<RunnerDeps, 'time' | 'clock'>,
  ): Promise<Runner>
}

/** A control plane and a runner enrolled with it. */
export async function setup(policy: object | null = { scopes: ['*'] }): Promise<World> {
  const plane = await FakeControlPlane.start()
  onTestFinished(() => plane.close())
  const stateDir = await temporaryDirectory()
  await enrolRunner({ url: plane.url, token: plane.enrolmentToken, stateDir, version: '1.2.3' })
  if (policy) await writeFile(join(stateDir, 'policy.json'), JSON.stringify(policy))
  const logger = recordingLogger()
  return {
    plane,
    stateDir,
    logger,
    async start(config = {}, actions = {}, by = {}) {
      const settings = {
        stateDir,
        version: '1.2.3',
        childEnv,
        waitSec: 2,
        stopGraceSec: 2,
        killGraceMs: 500,
        ...config,
      }
      const runner = await startRunner(settings, { logger, ...by, actions: { ...allActions, ...actions } })
      onTestFinished(() => runner.stop())
      return runner
    },
  }
}

/** Waits for real processes and sockets to get somewhere, on a machine however busy: the bound only ends what hangs. */
export async function until(happened: () => boolean, withinMs = 50_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!happened()) {
    if (performance.now() > end) throw new Error(`It did not happen within ${withinMs} ms: ${happened}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** What an action gets, without a runner around it, in a folder of its own; `stop` stops it. */
export async function actionContext(): Promise<SeenContext & { stop: AbortController }> {
  const directory = await temporaryDirectory()
  const stop = new AbortController()
  const context = createContext({
    signal: stop.signal,
    async capture(output) {
      let text = ''
      for await (const bytes of output) text += bytes
      return text
    },
  })
  const runner = {
    ...context.runner,
    stateDir: directory,
    workDir: directory,
    childEnv,
    measureClockSkewMs: async () => 12,
  }
  return { ...context, runner, stop }
}

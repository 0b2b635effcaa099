import { once } from 'node:events'
import { Socket } from 'node:net'
import { createLog, logLevels, readEnvironment } from '@ikoma/kernel/node'
import { executorConfig, peerUidOf, runExecutor } from '@ikoma/runner'
import * as z from 'zod'
import type { Context } from '../command-context.ts'
import type { RunExecutorOptions } from './processes.ts'

const environment = z.object({ LOG_LEVEL: z.enum(logLevels).default('info') })
const lastWordsMs = 5_000

/** Does one order for whoever is at the other end of standard input, and ends the process. */
export async function executor({ peer }: RunExecutorOptions, { io }: Context): Promise<number> {
  const logger = createLog(readEnvironment(environment, io.env).LOG_LEVEL, process.stderr)
  const shutdown = new AbortController()
  process.once('SIGTERM', () => shutdown.abort())
  const connection = new Socket({ fd: 0 })
  const told = once(connection, 'finish', { signal: AbortSignal.timeout(lastWordsMs) }).catch(() => undefined)
  await runExecutor({
    configPath: executorConfig,
    peerUid: peerUidOf(peer),
    input: connection,
    output: connection,
    logger,
    shutdown: shutdown.signal,
  })
  await told
  // An action that did not end when it was told to would keep the process.
  process.exit(0)
}

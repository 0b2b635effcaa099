import { once } from 'node:events'
import { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { createLog, logLevels, readEnvironment } from '@ikoma/kernel/node'
import { executorConfig, peerUidOf, runExecutor } from '@ikoma/runner'
import * as z from 'zod'
import type { Context } from '../command-context.ts'
import type { RunExecutorOptions } from './processes.ts'

const environment = z.object({ LOG_LEVEL: z.enum(logLevels).default('info') })
/** The runner may be waiting for the control plane, which it gives 15 seconds to answer. */
const lastWordsMs = 30_000

/** Does one order for whoever is at the other end of standard input, and ends the process. */
export async function executor({ peer }: RunExecutorOptions, { io }: Context): Promise<number> {
  const logger = createLog(readEnvironment(environment, io.env).LOG_LEVEL, process.stderr)
  const shutdown = new AbortController()
  process.once('SIGTERM', () => shutdown.abort())
  const connection = new Socket({ fd: 0 })
  const told = Promise.race([once(connection, 'finish'), once(connection, 'close')]).catch(() => undefined)
  await runExecutor({
    configPath: executorConfig,
    peerUid: peerUidOf(peer),
    input: connection,
    output: connection,
    logger,
    ownEnv: io.env,
    shutdown: shutdown.signal,
  })
  await Promise.race([told, setTimeout(lastWordsMs)])
  // An action that did not end when it was told to would keep the process.
  process.exit(0)
}

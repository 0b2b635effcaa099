import type { Log } from './log.ts'

/** Under npm one Ctrl-C comes twice: from the terminal, and passed on. */
const echoMs = 1_000

/**
 * Runs `stop` once on SIGTERM or SIGINT, then exits 0; a second signal, or `stop` taking longer than `graceMs`, exits 1.
 * An error nobody caught is logged and ends the process the same way: going on could break a promise.
 */
export function stopOnSignal(stop: (why: string) => Promise<void>, log: Log, graceMs = 15_000): void {
  let stopping = false
  let since = 0
  const end = (why: string, exitCode: number) => {
    if (stopping) process.exit(1)
    stopping = true
    since = performance.now()
    log.info({ why }, 'stopping')
    setTimeout(() => {
      log.error('did not stop in time')
      process.exit(1)
    }, graceMs).unref()
    stop(why).then(
      () => process.exit(exitCode),
      (error: unknown) => {
        log.error({ err: error }, 'could not stop cleanly')
        process.exit(1)
      },
    )
  }
  const onSignal = (signal: NodeJS.Signals) => {
    if (!stopping || performance.now() - since > echoMs) end(signal, 0)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught error')
    end('uncaught error', 1)
  })
}

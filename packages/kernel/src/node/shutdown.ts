import type { Log } from './log.ts'

/**
 * Runs `stop` once on SIGTERM or SIGINT, then exits 0; a second signal, or `stop` taking longer than `graceMs`, exits 1.
 * An error nobody caught is logged and ends the process the same way: going on could break a promise.
 */
export function stopOnSignal(stop: (why: string) => Promise<void>, log: Log, graceMs = 15_000): void {
  let stopping = false
  const end = (why: string, exitCode: number) => {
    if (stopping) process.exit(1)
    stopping = true
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
  process.on('SIGTERM', () => end('SIGTERM', 0))
  process.on('SIGINT', () => end('SIGINT', 0))
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught error')
    end('uncaught error', 1)
  })
}

import { type ChildProcess, spawn } from 'node:child_process'
import { fullJitterMs } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'

/**
 * What the runner's process may see of the server's environment: all that it reads, but for its folder, which it is told;
 * never the admin key or the database's address.
 */
const passedOn = [
  ...['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'LOG_LEVEL', 'NODE_ENV'],
  ...[
    'IKOMA_RUNNER_CONCURRENCY',
    'IKOMA_POLICY_FILE',
    'IKOMA_EXECUTOR_SOCKET',
    'IKOMA_INSECURE',
    'IKOMA_MACHINE_ID_FILE',
    'IKOMA_CA_FILE',
  ],
]
const stopWithinMs = 30_000
/** Waiting for orders makes little garbage: with room for more the runner would only take more. */
const nodeOptions = ['--max-semi-space-size=1']
/** glibc keeps memory apart for each thread; the runner's threads do not contend. With the option above it saves 3 MB. */
const oneArena = { MALLOC_ARENA_MAX: '1' }

export interface RunnerProcess {
  stop(): Promise<void>
}

export interface Supervision {
  stateDir: string
  /** The control plane may have moved to another port since the runner enrolled. */
  url: string
  env: Readonly<Record<string, string | undefined>>
  log: Log
}

export function environmentOfRunner(env: Supervision['env']): Record<string, string> {
  return Object.fromEntries(passedOn.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name] ?? '']])))
}

/** Runs `ikoma runner run` as a process of its own and starts it again when it dies, with growing pauses. */
export function superviseRunner({ stateDir, url, env, log }: Supervision): RunnerProcess {
  const childEnv = environmentOfRunner(env)
  let stopping = false
  let deaths = 0
  let restart: NodeJS.Timeout | undefined
  let child = start()

  function start(): ChildProcess {
    const entry = process.argv[1] ?? ''
    const started = spawn(
      process.execPath,
      [...nodeOptions, entry, 'runner', 'run', '--state-dir', stateDir, '--url', url],
      {
        env: { ...oneArena, ...childEnv },
        // The channel says nothing; its end tells the runner that we are gone, however we went.
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        // Not the terminal's: Ctrl-C is for us, and we stop the runner first.
        detached: true,
      },
    )
    const since = performance.now()
    started.once('exit', (code, signal) => {
      if (stopping) return
      deaths = performance.now() - since > 60_000 ? 1 : deaths + 1
      const waitMs = 500 + fullJitterMs({ baseMs: 500, capMs: 30_000 }, deaths, Math.random())
      log.error({ code, signal, waitMs }, 'the local runner died and is started again')
      restart = setTimeout(() => {
        child = start()
      }, waitMs)
    })
    return started
  }

  return {
    async stop() {
      stopping = true
      clearTimeout(restart)
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      // Not by a signal: systemd sent one to every process of the unit, and a second one means "at once".
      if (child.connected) child.disconnect()
      const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
      await ended
      clearTimeout(late)
    },
  }
}

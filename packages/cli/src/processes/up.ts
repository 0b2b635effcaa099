import { collectStartGarbage, stopOnSignal } from '@ikoma/kernel/node'
import type { Context } from '../cli.ts'
import type { ServerOptions } from '../commands/serve.ts'
import type { UpOptions } from '../commands/up.ts'
import { shellQuote } from '../shell-quote.ts'
import { readServerConfig, type ServerConfig } from './config.ts'
import { enrolLocalRunner, type LocalRunner, untilOnline } from './local-runner.ts'
import { superviseRunner } from './runner-process.ts'
import { openServer, type RunningServer } from './server.ts'

const onlineWithinMs = 10_000
/** A running order may take a while to end, and its report has to arrive. */
const stopWithinMs = 45_000

/** A control plane and the runner of this machine, two processes under one command. Ends on a signal. */
export async function up(options: UpOptions, context: Context): Promise<number> {
  const config = configOf(options, context)
  if (!config.localRunner) return serve(options, context)
  const server = await openServer(config)
  const { url, adminKey, log } = server
  const runner = await enrolLocalRunner(url, adminKey.key, config.runnerDir).catch(async (error: unknown) => {
    await server.close()
    throw error
  })
  const child = superviseRunner({ stateDir: config.runnerDir, url, env: context.io.env, log })
  // The runner first: it still has reports to deliver.
  stopOnSignal(() => child.stop().then(() => server.close()), log, stopWithinMs)
  await untilOnline(url, adminKey.key, runner.id, onlineWithinMs)
  greet(context, config, server, runner)
  collectStartGarbage()
  return untilSignal()
}

export async function serve(options: ServerOptions, context: Context): Promise<number> {
  const config = configOf(options, context)
  const server = await openServer(config)
  stopOnSignal(() => server.close(), server.log)
  greet(context, config, server, null)
  collectStartGarbage()
  return untilSignal()
}

function configOf({ port }: ServerOptions, { io }: Context): ServerConfig {
  return readServerConfig({ ...io.env, ...(port === undefined ? {} : { PORT: String(port) }) }, io.cwd)
}

/** Says where everything is and what to try next. */
function greet({ io, t }: Context, config: ServerConfig, server: RunningServer, runner: LocalRunner | null): void {
  const { database } = config
  const { url, adminKey } = server
  const lines = [
    t.up.ready(url),
    '',
    t.up.store(database.kind === 'sqlite' ? database.file : 'PostgreSQL'),
    adminKey.file === null ? t.up.keyFromEnvironment : t.up.keyFile(adminKey.file, adminKey.made),
    ...(runner ? [t.up.runner(runner.id, config.runnerDir)] : []),
    t.up.docs(`${url}/docs`),
    '',
    ...(runner ? [t.up.tryThis, '', curlLine(server, runner), '', t.up.thenRead] : [t.up.inviteRunner]),
    '',
  ]
  io.stdout.write(`${lines.join('\n')}\n`)
}

/** One line to paste, without the key in it. */
function curlLine({ url, adminKey }: RunningServer, runner: LocalRunner): string {
  const key = adminKey.file === null ? '$IKOMA_ADMIN_KEY' : `$(cat ${shellQuote(adminKey.file)})`
  const body = JSON.stringify({ type: 'runner.selftest', runnerId: runner.id })
  return `  curl -s -X POST ${url}/v1/orders -H "x-ikoma-admin-key: ${key}" -H 'content-type: application/json' -d '${body}'`
}

/** A signal ends the process. */
function untilSignal(): Promise<never> {
  return new Promise(() => {})
}

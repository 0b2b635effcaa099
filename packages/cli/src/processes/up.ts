import { networkInterfaces } from 'node:os'
import { stopOnSignal } from '@ikoma/kernel/node'
import type { Context } from '../cli.ts'
import type { UpOptions } from '../commands/up.ts'
import { shellQuote } from '../shell-quote.ts'
import type { AdminKey } from './admin-key.ts'
import { readServerConfig, type ServerConfig } from './config.ts'
import { enrolLocalRunner, type LocalRunner, untilOnline } from './local-runner.ts'
import { superviseRunner } from './runner-process.ts'
import { docsAssets, openServer } from './server.ts'

const onlineWithinMs = 10_000

/** A control plane and the runner of this machine, two processes under one command. Ends on a signal. */
export async function up(options: UpOptions, context: Context): Promise<number> {
  const config = configOf(options, context)
  const server = await openServer(config, docsAssets())
  const url = localUrl(server.address)
  if (!config.localRunner) {
    stopOnSignal(() => server.close(), server.log)
    greet(context, config, { url, adminKey: server.adminKey, runner: null })
    return forever()
  }
  const runner = await enrolLocalRunner(url, server.adminKey.key, config.runnerDir)
  const child = superviseRunner({ stateDir: config.runnerDir, url, env: context.io.env, log: server.log })
  // The runner first: it still has reports to deliver.
  stopOnSignal(() => child.stop().then(() => server.close()), server.log, 45_000)
  await untilOnline(url, server.adminKey.key, runner.id, onlineWithinMs)
  greet(context, config, { url, adminKey: server.adminKey, runner })
  return forever()
}

export async function serve(options: UpOptions, context: Context): Promise<number> {
  const config = configOf(options, context)
  const server = await openServer(config, docsAssets())
  stopOnSignal(() => server.close(), server.log)
  greet(context, config, { url: localUrl(server.address), adminKey: server.adminKey, runner: null })
  return forever()
}

function configOf({ port }: UpOptions, { io }: Context): ServerConfig {
  return readServerConfig({ ...io.env, ...(port === undefined ? {} : { PORT: String(port) }) }, io.cwd)
}

/** Where this machine itself reaches the server, also when it listens on every address. */
function localUrl(address: string): string {
  const url = new URL(address)
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'
  if (url.hostname === '[::]') url.hostname = networkInterfaces().lo ? 'localhost' : '[::1]'
  return url.origin
}

/** Says where everything is and what to try next. */
function greet(
  { io, t }: Context,
  config: ServerConfig,
  { url, adminKey, runner }: { url: string; adminKey: AdminKey; runner: LocalRunner | null },
): void {
  const { database } = config
  const key = adminKey.file === null ? '$IKOMA_ADMIN_KEY' : `$(cat ${shellQuote(adminKey.file)})`
  const lines = [
    t.up.ready(url),
    '',
    t.up.store(database.kind === 'sqlite' ? database.file : 'PostgreSQL'),
    adminKey.file === null ? t.up.keyFromEnvironment : t.up.keyFile(adminKey.file, adminKey.made),
    ...(runner ? [t.up.runner(runner.id, config.runnerDir)] : []),
    t.up.docs(`${url}/docs`),
    '',
    ...(runner ? [t.up.tryThis, '', ...curlLines(url, key, runner.id), '', t.up.thenRead] : [t.up.inviteRunner]),
    '',
  ]
  io.stdout.write(`${lines.join('\n')}\n`)
}

/** One line to paste, without the key in it. */
function curlLines(url: string, key: string, runnerId: string): string[] {
  const body = JSON.stringify({ type: 'runner.selftest', runnerId })
  return [
    `  curl -s -X POST ${url}/v1/orders -H "x-ikoma-admin-key: ${key}" -H 'content-type: application/json' -d '${body}'`,
  ]
}

/** The process ends through its signals. */
function forever(): Promise<never> {
  return new Promise(() => {})
}

import { collectStartGarbage, stopOnSignal } from '@ikoma/kernel/node'
import type { Context } from '../command-context.ts'
import { shellQuote } from '../shell-quote.ts'
import { translated } from '../words.ts'
import { type ControlPlaneConfig, readControlPlaneConfig } from './config.ts'
import { enrolLocalRunner, type LocalRunner, untilOnline } from './local-runner.ts'
import { openControlPlane, type RunningControlPlane } from './open-control-plane.ts'
import { refuseMissingPolicy } from './policy-file.ts'
import type { ServeOptions } from './processes.ts'
import { superviseRunner } from './runner-process.ts'
import { startFailure } from './start-failure.ts'

const onlineWithinMs = 10_000
/** A running order may take a while to end, and its report has to arrive. */
const stopWithinMs = 45_000

/** A control plane and the runner of this machine, two processes under one command. Ends on a signal. */
export async function up(options: ServeOptions, context: Context): Promise<number> {
  const config = configOf(options, context)
  if (!config.localRunner) return serve(options, context)
  refuseMissingPolicy(config.policyFile)
  const controlPlane = await opened(config, context)
  const { url, adminKey, log } = controlPlane
  const runner = await enrolLocalRunner(url, adminKey.key, config.runnerDir).catch(async (error: unknown) => {
    await controlPlane.close()
    throw error
  })
  const child = superviseRunner({ stateDir: config.runnerDir, url, env: context.io.env, log })
  // The runner first: it still has reports to deliver.
  stopOnSignal(() => child.stop().then(() => controlPlane.close()), log, stopWithinMs)
  await untilOnline(url, adminKey.key, runner.id, onlineWithinMs)
  greet(context, config, controlPlane, runner)
  collectStartGarbage()
  return untilSignal()
}

export async function serve(options: ServeOptions, context: Context): Promise<number> {
  const config = configOf(options, context)
  const controlPlane = await opened(config, context)
  stopOnSignal(() => controlPlane.close(), controlPlane.log)
  greet(context, config, controlPlane, null)
  collectStartGarbage()
  return untilSignal()
}

function opened(config: ControlPlaneConfig, { language }: Context): Promise<RunningControlPlane> {
  return openControlPlane(config).catch((error: unknown) => {
    throw startFailure(error, config, language)
  })
}

function configOf({ port }: ServeOptions, { io }: Context): ControlPlaneConfig {
  return readControlPlaneConfig({ ...io.env, ...(port === undefined ? {} : { PORT: String(port) }) }, io.cwd)
}

/** Says where everything is and what to try next. */
function greet(
  { io, language }: Context,
  config: ControlPlaneConfig,
  controlPlane: RunningControlPlane,
  runner: LocalRunner | null,
): void {
  const { database } = config
  const { url, adminKey } = controlPlane
  const lines = [
    words[language].ready(url),
    '',
    words[language].store(database.kind === 'sqlite' ? database.file : 'PostgreSQL'),
    adminKey.file === null ? words[language].keyFromEnvironment : words[language].keyFile(adminKey.file, adminKey.made),
    ...(runner ? [words[language].runner(runner.id, config.runnerDir)] : []),
    words[language].docs(`${url}/docs`),
    '',
    ...(runner
      ? [words[language].tryThis, '', curlLine(controlPlane, runner), '', words[language].thenRead]
      : [words[language].inviteRunner]),
    '',
  ]
  io.stdout.write(`${lines.join('\n')}\n`)
}

/** One line to paste, without the key in it. */
function curlLine({ url, adminKey }: RunningControlPlane, runner: LocalRunner): string {
  const key = adminKey.file === null ? '$IKOMA_ADMIN_KEY' : `$(cat ${shellQuote(adminKey.file)})`
  const body = JSON.stringify({ type: 'runner.selftest', runnerId: runner.id })
  return `  curl -s -X POST ${url}/v1/orders -H "x-ikoma-admin-key: ${key}" -H 'content-type: application/json' -d '${body}'`
}

/** A signal ends the process. */
function untilSignal(): Promise<never> {
  return new Promise(() => {})
}

const words = translated({
  en: {
    ready: (url: string) => `IKOMA is ready: ${url}`,
    store: (where: string) => `  Database    ${where}`,
    keyFile: (file: string, made: boolean) =>
      `  Admin key   ${file}${made ? ' (made now, readable by you alone)' : ''}`,
    keyFromEnvironment: '  Admin key   from IKOMA_ADMIN_KEY',
    runner: (id: string, folder: string) => `  Runner      ${id} (its files: ${folder})`,
    docs: (url: string) => `  API         ${url}`,
    tryThis: 'Place your first order:',
    thenRead:
      'Then watch one run, or see them all:\n\n  npx ikoma order create runner.selftest\n  npx ikoma order list',
    inviteRunner: 'No runner here. Invite a machine: npx ikoma runner invite',
  },
  fr: {
    ready: (url) => `IKOMA est prêt : ${url}`,
    store: (where) => `  Base           ${where}`,
    keyFile: (file, made) => `  Clé d’admin    ${file}${made ? ' (créée à l’instant, lisible par vous seul)' : ''}`,
    keyFromEnvironment: '  Clé d’admin    dans IKOMA_ADMIN_KEY',
    runner: (id, folder) => `  Runner         ${id} (ses fichiers : ${folder})`,
    docs: (url) => `  API            ${url}`,
    tryThis: 'Passez votre premier ordre :',
    thenRead:
      'Puis suivez-en un en direct, ou voyez-les tous :\n\n  npx ikoma order create runner.selftest\n  npx ikoma order list',
    inviteRunner: 'Aucun runner ici. Invitez une machine : npx ikoma runner invite',
  },
})

import { resolve } from 'node:path'
import {
  collectStartGarbage,
  createLog,
  logLevels,
  readEnvironment,
  stopOnSignal,
  switchVariable,
} from '@ikoma/kernel/node'
import { enrolRunner, readIdentity, startRunner } from '@ikoma/runner'
import * as z from 'zod'
import { givenAuthorities } from '../authorities.ts'
import type { Context } from '../command-context.ts'
import { shellQuote } from '../shell-quote.ts'
import { version } from '../version.ts'
import { translated } from '../words.ts'
import { refusePlainHttp } from './plain-http.ts'
import { refuseMissingPolicy } from './policy-file.ts'
import type { EnrolRunnerOptions, RunRunnerOptions } from './processes.ts'

const defaultStateDir = './data/runner'

/** All that a runner reads of its environment. */
export const environment = z.object({
  LOG_LEVEL: z.enum(logLevels).default('info'),
  IKOMA_RUNNER_DIR: z.string().default(defaultStateDir),
  IKOMA_POLICY_FILE: z.string().optional(),
  IKOMA_INSECURE: switchVariable.default(false),
  IKOMA_CA_FILE: z.string().optional(),
  IKOMA_MACHINE_ID_FILE: z.string().startsWith('/', 'must be an absolute path').optional(),
  IKOMA_EXECUTOR_SOCKET: z.string().startsWith('/', 'must be an absolute path').optional(),
  IKOMA_RUNNER_CONCURRENCY: z.coerce.number('must be a whole number').int().min(1).max(100).optional(),
})

/** What programs that a runner starts see of the environment. */
const passedOn = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ']

/** Executes orders until a signal ends it. */
export async function runRunner(
  { stateDir: folder, url, ca: file, insecure = false }: RunRunnerOptions,
  context: Context,
): Promise<number> {
  const { io, language } = context
  const given = readEnvironment(environment, io.env)
  const ca = await givenAuthorities(file, context)
  const policyFile = given.IKOMA_POLICY_FILE === undefined ? null : resolve(io.cwd, given.IKOMA_POLICY_FILE)
  refuseMissingPolicy(policyFile)
  const log = createLog(given.LOG_LEVEL, process.stderr)
  const stateDir = resolve(io.cwd, folder ?? given.IKOMA_RUNNER_DIR)
  const identity = await readIdentity(stateDir)
  refusePlainHttp(url ?? identity.url, insecure || given.IKOMA_INSECURE || identity.insecure === true, language)
  const childEnv = Object.fromEntries(
    passedOn.flatMap((name) => (io.env[name] === undefined ? [] : [[name, io.env[name] ?? '']])),
  )
  const runner = await startRunner(
    {
      stateDir,
      version,
      childEnv,
      ownEnv: io.env,
      executorSocket: given.IKOMA_EXECUTOR_SOCKET ?? null,
      ...(policyFile === null ? {} : { policyFile }),
      ...(url === undefined ? {} : { url }),
      ...(ca === null ? {} : { ca }),
      ...(given.IKOMA_MACHINE_ID_FILE === undefined ? {} : { machineIdFile: given.IKOMA_MACHINE_ID_FILE }),
      ...(given.IKOMA_RUNNER_CONCURRENCY === undefined ? {} : { concurrency: given.IKOMA_RUNNER_CONCURRENCY }),
    },
    { logger: log },
  )
  stopOnSignal(() => runner.stop(), log, 45_000)
  collectStartGarbage()
  // Under `ikoma up` the channel ends with the parent: on our own we would keep its next runner from starting.
  const stopAlone = () => void runner.stop().then(() => process.exit(0))
  process.once('disconnect', stopAlone)
  if (process.connected === false) stopAlone()
  await runner.done
  return 0
}

export async function enrol(options: EnrolRunnerOptions, context: Context): Promise<number> {
  const { io, out, language } = context
  const given = readEnvironment(environment, io.env)
  const stateDir = resolve(io.cwd, options.stateDir ?? given.IKOMA_RUNNER_DIR)
  const { url, token, name, newIdentity: force = false } = options
  const insecure = options.insecure === true || given.IKOMA_INSECURE
  refusePlainHttp(url, insecure, language)
  const ca = await givenAuthorities(options.ca, context)
  const more = { ...(name !== undefined && { name }), ...(ca !== null && { ca }) }
  const enrolled = await enrolRunner({ url, token, stateDir, version, force, insecure, ...more })
  const { runnerId, serverId, scopes } = enrolled
  out.answer({ runnerId, name: enrolled.name, serverId, scopes, stateDir }, () => {
    out.line(words[language].enrolledAs(enrolled.name, stateDir))
    out.line(words[language].startWith(`ikoma runner run --state-dir ${shellQuote(stateDir)}`))
  })
  return 0
}

const words = translated({
  en: {
    enrolledAs: (name: string, folder: string) => `Enrolled as "${name}"; its files are in ${folder}.`,
    startWith: (command: string) => `Start it with: ${command}`,
  },
  fr: {
    enrolledAs: (name, folder) => `Enrôlé sous le nom « ${name} » ; ses fichiers sont dans ${folder}.`,
    startWith: (command) => `Démarrez-le : ${command}`,
  },
})

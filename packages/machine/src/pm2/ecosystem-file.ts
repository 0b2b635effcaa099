import {
  absolutePath,
  atLeastOne,
  bytes,
  each,
  entries,
  matching,
  name,
  optional,
  text,
  variableName,
  whole,
} from '../values/index.ts'
import { clockOf, ownRunSec } from './clock.ts'
import { revisionVariable } from './pm2.ts'

export interface Pm2Process {
  name: string
  /** The program that runs the script, such as the Node of the release. */
  interpreter: string
  interpreterArgs?: readonly string[]
  script: string
  args?: readonly string[]
  workingDirectory: string
  /** PM2 keeps these in its dump, readable by its user. */
  environment?: Readonly<Record<string, string>>
  /**
   * Minute, hour, day, month, weekday. Makes it a run that ends by itself and is started again only by a clock. One that
   * still goes on when the next is due is left alone, and the start is left out.
   */
  cron?: string | undefined
  /** More than one share a port, by Node's cluster module. */
  instances?: number
  maxMemoryBytes?: number | undefined
  /** Between SIGINT and SIGKILL. */
  stopTimeoutMs?: number
  outFile?: string | undefined
  errorFile?: string | undefined
}

/** The file `ecosystem.config.cjs`. It is JSON: nothing in it is ever more than data. `clock` is the path of the clock's program. */
export function renderPm2Ecosystem(processes: readonly Pm2Process[], clock: string): string {
  const apps = atLeastOne(processes, 'processes', (process, at) => [
    pm2App(process, at),
    ...(process.cron === undefined ? [] : [clockApp(process, at, clock)]),
  ]).flat()
  return `module.exports = ${JSON.stringify({ apps }, null, 2).replace(/[\u2028\u2029]/g, escapeLineBreak)}\n`
}

function pm2App(process: Pm2Process, at: string) {
  const instances = whole(process.instances ?? 1, `${at}/instances`, 1, 64)
  return {
    name: name(process.name, `${at}/name`),
    // PM2 gives a script with a space in its name to bash: a path has none.
    script: absolutePath(process.script, `${at}/script`),
    args: each(process.args, `${at}/args`, text),
    cwd: absolutePath(process.workingDirectory, `${at}/workingDirectory`),
    interpreter: absolutePath(process.interpreter, `${at}/interpreter`),
    interpreter_args: each(process.interpreterArgs, `${at}/interpreterArgs`, text),
    exec_mode: instances > 1 ? 'cluster' : 'fork',
    instances,
    autorestart: process.cron === undefined,
    max_memory_restart: optional(process.maxMemoryBytes, `${at}/maxMemoryBytes`, bytes),
    kill_timeout: whole(process.stopTimeoutMs ?? 10_000, `${at}/stopTimeoutMs`, 100, 3_600_000),
    out_file: optional(process.outFile, `${at}/outFile`, absolutePath),
    error_file: optional(process.errorFile, `${at}/errorFile`, absolutePath),
    merge_logs: true,
    env: Object.fromEntries(
      entries(process.environment, `${at}/environment`, variableName).map(([key, value, field]) => [
        key,
        text(value, field),
      ]),
    ),
  }
}

/** Restarted by PM2 whenever a run is due: it starts the process, or leaves alone the run that goes on. */
function clockApp({ name: of, cron, environment }: Pm2Process, at: string, path: string) {
  return {
    name: clockOf(name(of, `${at}/name`)),
    script: path,
    args: [of, String(ownRunSec)],
    cwd: '/',
    interpreter: 'node',
    exec_mode: 'fork',
    instances: 1,
    autorestart: false,
    cron_restart: optional(cron, `${at}/cron`, cronExpression),
    // It is no checkout of anything.
    vizion: false,
    merge_logs: true,
    env: { [revisionVariable]: environment?.[revisionVariable] },
  }
}

const cronExpression = matching(
  /^[0-9*,/-]{1,60}( [0-9*,/-]{1,60}){4}$/,
  'not_a_cron_expression',
  'is five fields of a cron expression such as "*/5 * * * *".',
)

/** To parsers of JavaScript from before 2019 these two are line breaks, even inside a string. */
const escapeLineBreak = (character: string) => `\\u${character.charCodeAt(0).toString(16)}`

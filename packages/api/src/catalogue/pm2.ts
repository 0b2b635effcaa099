import * as z from 'zod'
import { appAccountField } from './fields/account.ts'
import { argumentField } from './fields/argv.ts'
import { environmentField } from './fields/environment.ts'
import { pathField } from './fields/path.ts'
import { readyField, settleField } from './fields/service.ts'
import { act, change, family, look } from './order-type.ts'

/** PM2 runs as this account, under systemd as `pm2-<account>`, see service.pm2.startup. */
const account = {
  user: appAccountField.describe('The account of the app whose PM2 it is; it must exist, see `system.user.apply`.'),
}

const processNameField = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower-case letters, digits and -, begins with a letter, at most 63 characters')
  .refine((name) => name !== 'all', 'must not be "all", which PM2 takes for every process')

const argumentsField = z.array(argumentField).max(100).default([])

const processField = z
  .strictObject({
    name: processNameField.describe('The name of the process in PM2.'),
    interpreter: pathField
      .default('/usr/bin/node')
      .describe('The program that runs the script, such as the Node.js of a release.'),
    interpreterArgs: argumentsField.describe('Arguments of the interpreter, before the script.'),
    script: pathField.describe('The script or program to run, by its absolute path.'),
    args: argumentsField.describe('Arguments of the script.'),
    workingDirectory: pathField.describe('The folder that the process starts in.'),
    environment: environmentField.default({}).describe('Environment variables of the process.'),
    cron: z
      .string()
      .regex(/^[0-9*,/-]{1,60}( [0-9*,/-]{1,60}){4}$/, 'five fields such as "*/5 * * * *"')
      .optional()
      .describe(
        'When to run it, as minute, hour, day, month and weekday, for a process that ends by itself; while a run goes on the next is left out, which its log and service.pm2.status say.',
      ),
    instances: z
      .number()
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe('How many processes run at once; more than one share a port, by the cluster module of Node.js.'),
    maxMemoryBytes: z
      .number()
      .int()
      .min(1_048_576)
      .max(1_125_899_906_842_624)
      .optional()
      .describe(
        'The memory, in bytes, at which PM2 restarts the process; where every process has one, systemd holds them together to the sum and 128 MiB, and 64 MiB for each that has a cron.',
      ),
    stopTimeoutMs: z
      .number()
      .int()
      .min(100)
      .max(3_600_000)
      .default(10_000)
      .describe('Milliseconds between SIGINT and SIGKILL when the process is stopped.'),
    outFile: pathField.optional().describe("The file for what the process prints; one of PM2's own by default."),
    errorFile: pathField
      .optional()
      .describe("The file for the errors that the process prints; one of PM2's own by default."),
    ready: readyField,
  })
  .refine(({ cron, ready }) => cron === undefined || ready === undefined, {
    path: ['ready'],
    message: 'is of a process that is kept up: one with a cron ends by itself',
  })

const statusOutput = z.object({
  processes: z.array(
    z.object({
      name: z.string(),
      status: z.string().describe('`online`, `stopped`, `errored` or what else PM2 calls it.'),
      pid: z.number().int().nullable(),
      restarts: z.number().int(),
      startedAt: z.string().nullable(),
      cpuPercent: z.number(),
      memoryBytes: z.number(),
      leftOut: z
        .object({
          total: z.number().int(),
          ofThisRun: z.number().int().describe('Of these, the ones since the run began that goes on.'),
          lastAt: z.string().nullable(),
        })
        .nullable()
        .default(null)
        .describe('Starts by its cron that were left out, since a run still went on; null where it has no cron.'),
    }),
  ),
})

export const pm2 = family({
  'service.pm2.startup': change({
    title: {
      en: 'Run PM2 for an account, now and at boot',
      fr: 'Faire tourner PM2 pour un compte, aussi au démarrage',
    },
    turn: 'systemd',
    payload: z.strictObject({
      ...account,
      readWritePaths: z
        .array(pathField)
        .max(50)
        .default([])
        .describe(
          "Paths that its processes may write to, beside PM2's own folder in the account's home; they must exist.",
        ),
      settleSec: settleField,
    }),
    example: { user: 'app' },
  }),

  'service.pm2.apply': change({
    title: { en: 'Run processes under PM2', fr: 'Faire tourner des processus sous PM2' },
    turn: 'systemd',
    payload: z.strictObject({
      ...account,
      processes: z
        .array(processField)
        .min(1)
        .max(50)
        .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'a name is there once')
        .describe(
          'All the processes that orders run for the account, each with its own name: one that an earlier order made and that is not here is stopped.',
        ),
      settleSec: settleField.describe(
        'How long they are watched after a start: one that ends within this time has failed.',
      ),
    }),
    example: { user: 'app', processes: [{ name: 'web', script: '/srv/app/a.js', workingDirectory: '/srv/app' }] },
  }),

  'service.pm2.stop': change({
    title: { en: 'Stop a process of PM2', fr: 'Arrêter un processus de PM2' },
    turn: 'systemd',
    payload: z.strictObject({ ...account, name: processNameField.describe('The name of the process to stop.') }),
    example: { user: 'app', name: 'web' },
  }),

  'service.pm2.save': change({
    title: {
      en: 'Keep the processes of PM2 for the next boot',
      fr: 'Conserver les processus de PM2 pour le prochain démarrage',
    },
    turn: 'systemd',
    payload: z.strictObject(account),
    example: { user: 'app' },
  }),

  'service.pm2.remove': change({
    title: { en: 'Remove PM2 and its processes from an account', fr: 'Retirer PM2 et ses processus d’un compte' },
    risk: 'destructive',
    turn: 'systemd',
    payload: z.strictObject(account),
    example: { user: 'app' },
  }),

  // A process that the clock starts is run by it.
  'service.pm2.restart': act({
    title: { en: 'Restart a process of PM2', fr: 'Redémarrer un processus de PM2' },
    timeoutSec: 180,
    turn: 'systemd',
    staysAfterStop: 'a process that was restarted runs',
    payload: z.strictObject({
      ...account,
      name: processNameField.describe('The name of the process to restart.'),
      settleSec: settleField,
      ready: readyField,
    }),
    example: { user: 'app', name: 'web' },
    output: statusOutput,
  }),

  'service.pm2.status': look({
    title: { en: 'Show the processes of PM2', fr: 'Montrer les processus de PM2' },
    privileged: true,
    payload: z.strictObject(account),
    example: { user: 'app' },
    output: statusOutput,
  }),

  'service.pm2.logs': look({
    title: { en: 'Read the logs of PM2', fr: 'Lire les journaux de PM2' },
    privileged: true,
    payload: z.strictObject({
      ...account,
      name: processNameField.describe('The name of the process to read the logs of.'),
      lines: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .default(200)
        .describe('How many lines to read at most of each of its two files: what it prints, and its errors.'),
    }),
    example: { user: 'app', name: 'web' },
    output: z.object({ out: z.array(z.string()), error: z.array(z.string()) }),
  }),
})

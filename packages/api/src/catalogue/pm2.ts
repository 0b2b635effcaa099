import * as z from 'zod'
import { appAccountField } from './fields/account.ts'
import { argumentField } from './fields/argv.ts'
import { environmentField } from './fields/environment.ts'
import { pathField } from './fields/path.ts'
import { settleField } from './fields/service.ts'
import { act, change, family, look } from './order-type.ts'

/** PM2 runs as this account, under systemd as `pm2-<account>`, see service.pm2.startup. */
const account = { user: appAccountField }

const processNameField = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower-case letters, digits and -, begins with a letter, at most 63 characters')
  .refine((name) => name !== 'all', 'must not be "all", which PM2 takes for every process')

const argumentsField = z.array(argumentField).max(100).default([])

const processField = z.strictObject({
  name: processNameField,
  /** The program that runs the script, such as the Node of the release. */
  interpreter: pathField.default('/usr/bin/node'),
  interpreterArgs: argumentsField,
  script: pathField,
  args: argumentsField,
  workingDirectory: pathField,
  environment: environmentField.default({}),
  /** Minute, hour, day, month, weekday: a run that ends by itself. PM2 kills one that still goes when the next is due. */
  cron: z
    .string()
    .regex(/^[0-9*,/-]{1,60}( [0-9*,/-]{1,60}){4}$/, 'five fields such as "*/5 * * * *"')
    .optional(),
  /** More than one share a port, by Node's cluster module. */
  instances: z.number().int().min(1).max(64).default(1),
  maxMemoryBytes: z.number().int().min(1_048_576).max(1_125_899_906_842_624).optional(),
  /** Between SIGINT and SIGKILL. */
  stopTimeoutMs: z.number().int().min(100).max(3_600_000).default(10_000),
  outFile: pathField.optional(),
  errorFile: pathField.optional(),
})

const statusOutput = z.object({
  processes: z.array(
    z.object({
      name: z.string(),
      /** `online`, `stopped`, `errored`, … */
      status: z.string(),
      pid: z.number().int().nullable(),
      restarts: z.number().int(),
      startedAt: z.string().nullable(),
      cpuPercent: z.number(),
      memoryBytes: z.number(),
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
      /** What its processes may write beside PM2's own folder in the account's home. They must exist. */
      readWritePaths: z.array(pathField).max(50).default([]),
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
        .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'a name is there once'),
      /** How long they are watched after a start: one that ends within this time has failed. */
      settleSec: settleField,
    }),
    example: { user: 'app', processes: [{ name: 'web', script: '/srv/app/a.js', workingDirectory: '/srv/app' }] },
  }),

  'service.pm2.stop': change({
    title: { en: 'Stop a process of PM2', fr: 'Arrêter un processus de PM2' },
    turn: 'systemd',
    payload: z.strictObject({ ...account, name: processNameField }),
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
    title: { en: 'Remove PM2 and its processes from an account', fr: "Retirer PM2 et ses processus d'un compte" },
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
    payload: z.strictObject({ ...account, name: processNameField, settleSec: settleField }),
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
      name: processNameField,
      /** Of each of its two files: what it prints, and its errors. */
      lines: z.number().int().min(1).max(1000).default(200),
    }),
    example: { user: 'app', name: 'web' },
    output: z.object({ out: z.array(z.string()), error: z.array(z.string()) }),
  }),
})

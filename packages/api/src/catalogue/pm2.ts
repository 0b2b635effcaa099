import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import { argumentField, environmentField, serviceLook } from './fields/service.ts'
import { orderType } from './order-type.ts'
import { appAccountField, pathField } from './system.ts'

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

const change = {
  risk: 'change',
  retryClass: 'idempotent',
  timeoutSec: 180,
  approval: false,
  privileged: true,
  // PM2 itself is a unit.
  turn: 'systemd',
  output: changeOutput,
} as const

const settleField = z.number().int().min(1).max(60).default(5)

export const servicePm2Startup = orderType({
  ...change,
  type: 'service.pm2.startup',
  title: { en: 'Run PM2 for an account, now and at boot', fr: 'Faire tourner PM2 pour un compte, aussi au démarrage' },
  requiredScope: 'service.pm2.startup',
  payload: z.strictObject({
    ...account,
    /** What its processes may write beside PM2's own folder in the account's home. They must exist. */
    readWritePaths: z.array(pathField).max(50).default([]),
    settleSec: settleField,
  }),
})

export const servicePm2Apply = orderType({
  ...change,
  type: 'service.pm2.apply',
  title: { en: 'Run processes under PM2', fr: 'Faire tourner des processus sous PM2' },
  requiredScope: 'service.pm2.apply',
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
})

export const servicePm2Stop = orderType({
  ...change,
  type: 'service.pm2.stop',
  title: { en: 'Stop a process of PM2', fr: 'Arrêter un processus de PM2' },
  requiredScope: 'service.pm2.stop',
  payload: z.strictObject({ ...account, name: processNameField }),
})

export const servicePm2Save = orderType({
  ...change,
  type: 'service.pm2.save',
  title: {
    en: 'Keep the processes of PM2 for the next boot',
    fr: 'Conserver les processus de PM2 pour le prochain démarrage',
  },
  requiredScope: 'service.pm2.save',
  payload: z.strictObject(account),
})

export const servicePm2Remove = orderType({
  ...change,
  type: 'service.pm2.remove',
  title: { en: 'Remove PM2 and its processes from an account', fr: "Retirer PM2 et ses processus d'un compte" },
  requiredScope: 'service.pm2.remove',
  risk: 'destructive',
  approval: true,
  payload: z.strictObject(account),
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

export const servicePm2Restart = orderType({
  ...change,
  type: 'service.pm2.restart',
  title: { en: 'Restart a process of PM2', fr: 'Redémarrer un processus de PM2' },
  requiredScope: 'service.pm2.restart',
  // One that the clock starts is run by it.
  retryClass: 'once',
  payload: z.strictObject({ ...account, name: processNameField, settleSec: settleField }),
  output: statusOutput,
})

export const servicePm2Status = orderType({
  ...serviceLook,
  type: 'service.pm2.status',
  title: { en: 'Show the processes of PM2', fr: 'Montrer les processus de PM2' },
  requiredScope: 'service.pm2.status',
  payload: z.strictObject(account),
  output: statusOutput,
})

export const servicePm2Logs = orderType({
  ...serviceLook,
  type: 'service.pm2.logs',
  title: { en: 'Read the logs of PM2', fr: 'Lire les journaux de PM2' },
  requiredScope: 'service.pm2.logs',
  payload: z.strictObject({
    ...account,
    name: processNameField,
    /** Of each of its two files: what it prints, and its errors. */
    lines: z.number().int().min(1).max(1000).default(200),
  }),
  output: z.object({ out: z.array(z.string()), error: z.array(z.string()) }),
})

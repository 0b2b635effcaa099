import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import {
  argvField,
  descriptionField,
  environmentField,
  logRange,
  serviceLook,
  serviceNameField,
} from './fields/service.ts'
import { orderType } from './order-type.ts'
import { appAccountField, pathField } from './system.ts'

const afterField = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,200}\.(service|target|socket|mount)$/, 'a unit such as "postgresql.service"')

/** What a service and a job that a timer starts have in common. */
const programFields = {
  /** `gateway` is the unit gateway.service. */
  name: serviceNameField,
  description: descriptionField,
  /** It must exist, see system.user.apply. */
  user: appAccountField,
  group: appAccountField.optional(),
  workingDirectory: pathField,
  /** The program by its absolute path, then its arguments. No shell reads them. */
  execStart: argvField,
  /** Written where only root reads it. */
  environment: environmentField.default({}),
  /** Units that start before it, where they are there. */
  after: z.array(afterField).max(20).default([]),
  /** Everything else is read-only to it, apart from a /tmp of its own. They must exist. */
  readWritePaths: z.array(pathField).max(50).default([]),
  memoryMaxBytes: z.number().int().min(1_048_576).max(1_125_899_906_842_624).optional(),
  /** Of one core: 150 is a core and a half. */
  cpuQuotaPercent: z.number().int().min(1).max(100_000).optional(),
}

/** How long it is watched after a start: one that ends within this time has failed. */
const settleField = z.number().int().min(1).max(60).default(5)

const change = {
  risk: 'change',
  retryClass: 'idempotent',
  timeoutSec: 180,
  approval: false,
  privileged: true,
  turn: 'systemd',
  output: changeOutput,
} as const

export const serviceSystemdApply = orderType({
  ...change,
  type: 'service.systemd.apply',
  title: { en: 'Run a service under systemd', fr: 'Faire tourner un service sous systemd' },
  requiredScope: 'service.systemd.apply',
  payload: z.strictObject({
    ...programFields,
    restart: z.enum(['always', 'on-failure', 'no']).default('always'),
    restartSec: z.number().int().min(1).max(3600).default(5),
    /** Between SIGTERM and SIGKILL. */
    stopTimeoutSec: z.number().int().min(1).max(600).default(30),
    settleSec: settleField,
  }),
})

const named = z.strictObject({ name: serviceNameField })

export const serviceSystemdStart = orderType({
  ...change,
  type: 'service.systemd.start',
  title: { en: 'Start a systemd service', fr: 'Démarrer un service systemd' },
  requiredScope: 'service.systemd.start',
  payload: named.extend({ settleSec: settleField }),
})

export const serviceSystemdStop = orderType({
  ...change,
  type: 'service.systemd.stop',
  title: { en: 'Stop a systemd service', fr: 'Arrêter un service systemd' },
  requiredScope: 'service.systemd.stop',
  payload: named,
})

export const unitStateOutput = z.object({
  unit: z.string(),
  /** Whether an order of IKOMA made it, and may change it. */
  managed: z.boolean(),
  loadState: z.string(),
  activeState: z.string(),
  subState: z.string(),
  /** `enabled`: started at boot. */
  atBoot: z.string(),
  /** `success`, or how its last run ended. */
  result: z.string(),
  exitCode: z.number().int().nullable(),
  mainPid: z.number().int().nullable(),
  /** How often systemd started it again by itself. */
  restarts: z.number().int(),
  activeSince: z.string().nullable(),
  memoryBytes: z.number().nullable(),
  /** The timer that starts it, where it has one. */
  timer: z.object({ activeState: z.string(), lastAt: z.string().nullable(), nextAt: z.string().nullable() }).nullable(),
})

export const serviceSystemdRestart = orderType({
  type: 'service.systemd.restart',
  title: {
    en: 'Restart a systemd service, or run a job now',
    fr: 'Redémarrer un service systemd, ou lancer une tâche',
  },
  requiredScope: 'service.systemd.restart',
  risk: 'change',
  // A job that ran must not run again by itself because nobody heard of it.
  retryClass: 'once',
  timeoutSec: 600,
  approval: false,
  privileged: true,
  turn: 'systemd',
  payload: named.extend({ settleSec: settleField }),
  output: unitStateOutput,
})

const anyServiceField = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.@-]{0,200}$/, 'the name of a service such as "gateway"')

export const serviceSystemdStatus = orderType({
  type: 'service.systemd.status',
  title: { en: 'Show how a systemd service is', fr: "Montrer l'état d'un service systemd" },
  requiredScope: 'service.systemd.status',
  risk: 'read',
  retryClass: 'idempotent',
  timeoutSec: 60,
  approval: false,
  payload: z.strictObject({
    /** Any service of the server: its state is no secret. */
    name: anyServiceField,
  }),
  output: unitStateOutput,
})

export const serviceSystemdLogs = orderType({
  ...serviceLook,
  type: 'service.systemd.logs',
  title: { en: 'Read the log of a systemd service', fr: "Lire le journal d'un service systemd" },
  requiredScope: 'service.systemd.logs',
  payload: z.strictObject({
    /** A service that an order made, or one of the servers that IKOMA installs. */
    name: anyServiceField,
    ...logRange,
    /** Of this priority and the more urgent ones. */
    priority: z.enum(['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']).default('debug'),
  }),
  output: z.object({
    lines: z.array(z.object({ at: z.string(), priority: z.number().int().nullable(), message: z.string() })),
    /** More was logged than could be carried: the oldest lines are left out. */
    truncated: z.boolean(),
  }),
})

export const serviceSystemdRemove = orderType({
  ...change,
  type: 'service.systemd.remove',
  title: { en: 'Remove a systemd service', fr: 'Supprimer un service systemd' },
  requiredScope: 'service.systemd.remove',
  risk: 'destructive',
  approval: true,
  payload: named,
})

export const timerSystemdApply = orderType({
  ...change,
  type: 'timer.systemd.apply',
  title: { en: 'Run a job regularly under systemd', fr: 'Lancer une tâche à intervalles sous systemd' },
  requiredScope: 'timer.systemd.apply',
  payload: z.strictObject({
    ...programFields,
    /** A run that takes longer is ended. While one runs the next is left out, so runs never overlap. */
    timeoutSec: z.number().int().min(1).max(86_400),
    schedule: z.union([
      z.strictObject({
        /** In the form of systemd.time(7): `*-*-* 02:00:00 Europe/Paris`. */
        calendar: z
          .string()
          .max(200)
          .regex(
            /^[A-Za-z0-9*][A-Za-z0-9*:,.~/_-]*( [A-Za-z0-9*][A-Za-z0-9*:,.~/_-]*){0,3}$/,
            'a calendar event such as "*-*-* 02:00:00"',
          ),
        /** Once after a boot, when a run was missed while the server was off. */
        persistent: z.boolean().default(false),
      }),
      z.strictObject({
        everySec: z.number().int().min(1).max(31_536_000),
        afterBootSec: z.number().int().min(1).max(86_400).default(60),
      }),
    ]),
    randomizedDelaySec: z.number().int().min(0).max(86_400).default(0),
  }),
})

export const timerSystemdRemove = orderType({
  ...change,
  type: 'timer.systemd.remove',
  title: { en: 'Remove a timer and its job', fr: 'Supprimer un minuteur et sa tâche' },
  requiredScope: 'timer.systemd.remove',
  risk: 'destructive',
  approval: true,
  payload: named,
})

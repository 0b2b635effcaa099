import * as z from 'zod'
import { appAccountField } from './fields/account.ts'
import { argvField } from './fields/argv.ts'
import { environmentField } from './fields/environment.ts'
import { logRange } from './fields/log-range.ts'
import { pathField } from './fields/path.ts'
import { descriptionField, serviceNameField, settleField } from './fields/service.ts'
import { act, change, family, look } from './order-type.ts'

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

const named = z.strictObject({ name: serviceNameField })

const unitStateOutput = z.object({
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

const anyServiceField = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.@-]{0,200}$/, 'the name of a service such as "gateway"')

export const systemd = family({
  'service.systemd.apply': change({
    title: { en: 'Run a service under systemd', fr: 'Faire tourner un service sous systemd' },
    turn: 'systemd',
    payload: z.strictObject({
      ...programFields,
      restart: z.enum(['always', 'on-failure', 'no']).default('always'),
      restartSec: z.number().int().min(1).max(3600).default(5),
      /** Between SIGTERM and SIGKILL. */
      stopTimeoutSec: z.number().int().min(1).max(600).default(30),
      settleSec: settleField,
    }),
    example: {
      user: 'app',
      workingDirectory: '/srv/app',
      execStart: ['/usr/bin/node', 'main.js'],
      name: 'gateway',
      description: 'Gateway',
    },
  }),

  'service.systemd.start': change({
    title: { en: 'Start a systemd service', fr: 'Démarrer un service systemd' },
    turn: 'systemd',
    payload: named.extend({ settleSec: settleField }),
    example: { name: 'gateway' },
  }),

  'service.systemd.stop': change({
    title: { en: 'Stop a systemd service', fr: 'Arrêter un service systemd' },
    turn: 'systemd',
    payload: named,
    example: { name: 'gateway' },
  }),

  // A job that ran must not run again by itself because nobody heard of it.
  'service.systemd.restart': act({
    title: {
      en: 'Restart a systemd service, or run a job now',
      fr: 'Redémarrer un service systemd, ou lancer une tâche',
    },
    timeoutSec: 600,
    turn: 'systemd',
    payload: named.extend({ settleSec: settleField }),
    example: { name: 'gateway' },
    output: unitStateOutput,
  }),

  'service.systemd.status': look({
    title: { en: 'Show how a systemd service is', fr: "Montrer l'état d'un service systemd" },
    payload: z.strictObject({
      /** Any service of the server: its state is no secret. */
      name: anyServiceField,
    }),
    example: { name: 'gateway' },
    output: unitStateOutput,
  }),

  'service.systemd.logs': look({
    title: { en: 'Read the log of a systemd service', fr: "Lire le journal d'un service systemd" },
    privileged: true,
    payload: z.strictObject({
      /** A service that an order made, or one of the servers that IKOMA installs. */
      name: anyServiceField,
      ...logRange,
      /** Of this priority and the more urgent ones. */
      priority: z.enum(['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']).default('debug'),
    }),
    example: { name: 'gateway' },
    output: z.object({
      lines: z.array(z.object({ at: z.string(), priority: z.number().int().nullable(), message: z.string() })),
      /** More was logged than could be carried: the oldest lines are left out. */
      truncated: z.boolean(),
    }),
  }),

  'service.systemd.remove': change({
    title: { en: 'Remove a systemd service', fr: 'Supprimer un service systemd' },
    risk: 'destructive',
    turn: 'systemd',
    payload: named,
    example: { name: 'gateway' },
  }),

  'timer.systemd.apply': change({
    title: { en: 'Run a job regularly under systemd', fr: 'Lancer une tâche à intervalles sous systemd' },
    turn: 'systemd',
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
    example: {
      user: 'app',
      workingDirectory: '/srv/app',
      execStart: ['/usr/bin/node', 'main.js'],
      name: 'poll',
      description: 'Poll',
      timeoutSec: 290,
      schedule: { everySec: 300 },
    },
  }),

  'timer.systemd.remove': change({
    title: { en: 'Remove a timer and its job', fr: 'Supprimer un minuteur et sa tâche' },
    risk: 'destructive',
    turn: 'systemd',
    payload: named,
    example: { name: 'poll' },
  }),
})

import * as z from 'zod'
import { appAccountField } from './fields/account.ts'
import { argvField } from './fields/argv.ts'
import { environmentField } from './fields/environment.ts'
import { logRange } from './fields/log-range.ts'
import { pathField } from './fields/path.ts'
import { descriptionField, readyField, serviceNameField, settleField } from './fields/service.ts'
import { act, change, family, look } from './order-type.ts'

const afterField = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,200}\.(service|target|socket|mount)$/, 'a unit such as "postgresql.service"')

/** What a service and a job that a timer starts have in common. */
const programFields = {
  name: serviceNameField.describe('The name of the service: `gateway` is the unit gateway.service.'),
  description: descriptionField.describe('What people read about it, on one line.'),
  user: appAccountField.describe('The account that the program runs as; it must exist, see `system.user.apply`.'),
  group: appAccountField.optional().describe("The group that the program runs as; the account's own by default."),
  workingDirectory: pathField.describe('The folder that the program starts in.'),
  execStart: argvField.describe('The program by its absolute path, then its arguments; no shell reads them.'),
  environment: environmentField
    .default({})
    .describe('Environment variables of the program, kept where only root reads them.'),
  after: z.array(afterField).max(20).default([]).describe('Units that start before it, where they are there.'),
  readWritePaths: z
    .array(pathField)
    .max(50)
    .default([])
    .describe(
      'Paths that the program may write to, which must exist; all else is read-only to it, apart from a /tmp of its own.',
    ),
  memoryMaxBytes: z
    .number()
    .int()
    .min(1_048_576)
    .max(1_125_899_906_842_624)
    .optional()
    .describe('The memory that the program may use, in bytes; without it there is no limit.'),
  cpuQuotaPercent: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe(
      'The share of processor time that it may use, in percent of one core: 150 is a core and a half; without it there is no limit.',
    ),
}

const named = z.strictObject({
  name: serviceNameField.describe('The name of the service or job, as the order that made it said.'),
})

const unitStateOutput = z.object({
  unit: z.string(),
  managed: z.boolean().describe('Whether an order of IKOMA made it, and may change it.'),
  loadState: z.string(),
  activeState: z.string(),
  subState: z.string(),
  atBoot: z.string().describe('`enabled`: started at boot.'),
  result: z.string().describe('`success`, or how its last run ended.'),
  exitCode: z.number().int().nullable(),
  mainPid: z.number().int().nullable(),
  restarts: z.number().int().describe('How often systemd started it again by itself.'),
  activeSince: z.string().nullable(),
  memoryBytes: z.number().nullable(),
  timer: z
    .object({ activeState: z.string(), lastAt: z.string().nullable(), nextAt: z.string().nullable() })
    .nullable()
    .describe('The timer that starts it, where it has one.'),
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
      restart: z
        .enum(['always', 'on-failure', 'no'])
        .default('always')
        .describe('When systemd starts the program again after it has ended.'),
      restartSec: z.number().int().min(1).max(3600).default(5).describe('Seconds until systemd starts it again.'),
      stopTimeoutSec: z
        .number()
        .int()
        .min(1)
        .max(600)
        .default(30)
        .describe('Seconds between SIGTERM and SIGKILL when it is stopped.'),
      settleSec: settleField,
      ready: readyField,
    }),
    example: {
      name: 'gateway',
      description: 'Gateway',
      user: 'app',
      workingDirectory: '/srv/app',
      execStart: ['/usr/bin/node', 'main.js'],
    },
  }),

  'service.systemd.start': change({
    title: { en: 'Start a systemd service', fr: 'Démarrer un service systemd' },
    turn: 'systemd',
    payload: named.extend({ settleSec: settleField, ready: readyField }),
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
    staysAfterStop: 'a job that was begun is not taken back',
    payload: named.extend({ settleSec: settleField, ready: readyField }),
    example: { name: 'gateway' },
    output: unitStateOutput,
  }),

  'service.systemd.status': look({
    title: { en: 'Show how a systemd service is', fr: 'Montrer l’état d’un service systemd' },
    payload: z.strictObject({
      name: anyServiceField.describe('The name of any service of the server: its state is no secret.'),
    }),
    example: { name: 'gateway' },
    output: unitStateOutput,
  }),

  'service.systemd.logs': look({
    title: { en: 'Read the log of a systemd service', fr: 'Lire le journal d’un service systemd' },
    privileged: true,
    payload: z.strictObject({
      name: anyServiceField.describe(
        'The name of a service that an order made, or of one of the servers that IKOMA installs.',
      ),
      ...logRange,
      priority: z
        .enum(['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'])
        .default('debug')
        .describe('The least urgent priority to read; more urgent lines are read too.'),
    }),
    example: { name: 'gateway' },
    output: z.object({
      lines: z.array(z.object({ at: z.string(), priority: z.number().int().nullable(), message: z.string() })),
      truncated: z.boolean().describe('More was logged than could be carried: the oldest lines are left out.'),
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
      timeoutSec: z
        .number()
        .int()
        .min(1)
        .max(86_400)
        .describe(
          'Seconds that a run may take: a longer one is ended; while one runs the next is left out, so runs never overlap.',
        ),
      schedule: z
        .union([
          z.strictObject({
            calendar: z
              .string()
              .max(200)
              .regex(
                /^[A-Za-z0-9*][A-Za-z0-9*:,.~/_-]*( [A-Za-z0-9*][A-Za-z0-9*:,.~/_-]*){0,3}$/,
                'a calendar event such as "*-*-* 02:00:00"',
              )
              .describe('The times to run at, in the form of systemd.time(7): `*-*-* 02:00:00 Europe/Paris`.'),
            persistent: z
              .boolean()
              .default(false)
              .describe('Whether it runs once after a boot, when a run was missed while the server was off.'),
          }),
          z.strictObject({
            everySec: z
              .number()
              .int()
              .min(1)
              .max(31_536_000)
              .describe('Seconds from the start of one run to the next.'),
            afterBootSec: z
              .number()
              .int()
              .min(1)
              .max(86_400)
              .default(60)
              .describe('Seconds from a boot to the first run.'),
          }),
        ])
        .describe('When it runs: at times of the calendar, or again and again after an interval.'),
      randomizedDelaySec: z
        .number()
        .int()
        .min(0)
        .max(86_400)
        .default(0)
        .describe(
          'Each run is put off by a random time of up to so many seconds, so that not all servers run at once.',
        ),
    }),
    example: {
      name: 'poll',
      description: 'Poll',
      user: 'app',
      workingDirectory: '/srv/app',
      execStart: ['/usr/bin/node', 'poll.js'],
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

import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import { logRange, serviceLook, serviceNameField } from './fields/service.ts'
import { orderType } from './order-type.ts'
import { appDirectoryField } from './system.ts'

const fileNameField = z.string().max(100)

const project = {
  /** Of the compose project: what is called so and lives in another folder is refused. */
  name: serviceNameField,
  directory: appDirectoryField,
}

const waitField = z.number().int().min(1).max(900)

const change = {
  risk: 'change',
  retryClass: 'idempotent',
  approval: false,
  privileged: true,
  turn: 'compose',
} as const

export const serviceComposeUp = orderType({
  ...change,
  type: 'service.compose.up',
  title: { en: 'Run the services of a compose file', fr: "Faire tourner les services d'un fichier compose" },
  requiredScope: 'service.compose.up',
  timeoutSec: 1800,
  payload: z.strictObject({
    ...project,
    /** In that folder. */
    file: fileNameField
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.ya?ml$/, 'the name of a file such as "docker-compose.yml"')
      .default('docker-compose.yml'),
    /** In that folder: values for variables of the compose file, in the place of `.env`. */
    variablesFile: fileNameField
      .regex(/^(?!\.{1,2}$)[A-Za-z0-9._][A-Za-z0-9._-]*$/, 'the name of a file such as ".env.preprod"')
      .default('.env'),
    /** Of the sources: services that are built are built and started anew when it is another one. */
    revision: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,100}$/, 'letters, digits and . _ -')
      .default('none'),
    /** For containers to become healthy. */
    waitSec: waitField.default(120),
    /** How long they are watched. */
    settleSec: z.number().int().min(1).max(60).default(5),
  }),
  output: changeOutput,
})

export const serviceComposeDown = orderType({
  ...change,
  type: 'service.compose.down',
  title: {
    en: 'Remove the containers of a compose project, not its volumes',
    fr: "Supprimer les conteneurs d'un projet compose, pas ses volumes",
  },
  requiredScope: 'service.compose.down',
  timeoutSec: 300,
  payload: z.strictObject(project),
  output: changeOutput,
})

/** Of one container. Its environment is left out: it may hold secrets. */
const container = z.object({
  container: z.string(),
  service: z.string(),
  image: z.string(),
  state: z.string(),
  /** Null where the container has no health check. */
  health: z.string().nullable(),
  exitCode: z.number().int(),
  restarts: z.number().int(),
  startedAt: z.string(),
})

const statusOutput = z.object({ containers: z.array(container) })

const serviceField = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'the name of a service of the file')
  .optional()

export const serviceComposeRestart = orderType({
  ...change,
  type: 'service.compose.restart',
  title: { en: 'Restart the containers of a compose project', fr: "Redémarrer les conteneurs d'un projet compose" },
  requiredScope: 'service.compose.restart',
  timeoutSec: 600,
  payload: z.strictObject({
    ...project,
    service: serviceField,
    waitSec: waitField.default(120),
    settleSec: z.number().int().min(1).max(60).default(5),
  }),
  output: statusOutput,
})

export const serviceComposeStatus = orderType({
  ...serviceLook,
  type: 'service.compose.status',
  title: { en: 'Show the containers of a compose project', fr: "Montrer les conteneurs d'un projet compose" },
  requiredScope: 'service.compose.status',
  payload: z.strictObject(project),
  output: statusOutput,
})

export const serviceComposeLogs = orderType({
  ...serviceLook,
  type: 'service.compose.logs',
  title: { en: 'Read the logs of a compose project', fr: "Lire les journaux d'un projet compose" },
  requiredScope: 'service.compose.logs',
  payload: z.strictObject({ ...project, service: serviceField, ...logRange }),
  output: z.object({
    lines: z.array(z.object({ at: z.string(), service: z.string(), message: z.string() })),
    /** More was logged than could be carried: the oldest lines are left out. */
    truncated: z.boolean(),
  }),
})

export const serviceComposeStats = orderType({
  ...serviceLook,
  type: 'service.compose.stats',
  title: { en: 'Measure the containers of a compose project', fr: "Mesurer les conteneurs d'un projet compose" },
  requiredScope: 'service.compose.stats',
  payload: z.strictObject(project),
  output: z.object({
    containers: z.array(
      z.object({
        container: z.string(),
        service: z.string(),
        /** Of one core. */
        cpuPercent: z.number(),
        memoryBytes: z.number(),
        memoryLimitBytes: z.number(),
        processes: z.number().int(),
      }),
    ),
  }),
})

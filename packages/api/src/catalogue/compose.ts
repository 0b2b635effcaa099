import * as z from 'zod'
import { logRange } from './fields/log-range.ts'
import { appDirectoryField } from './fields/path.ts'
import { serviceNameField, settleField } from './fields/service.ts'
import { act, change, family, look } from './order-type.ts'

const fileNameField = z.string().max(100)

const project = {
  /** Of the compose project: what is called so and lives in another folder is refused. */
  name: serviceNameField,
  directory: appDirectoryField,
}

const waitField = z.number().int().min(1).max(900)

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

export const compose = family({
  'service.compose.up': change({
    title: { en: 'Run the services of a compose file', fr: "Faire tourner les services d'un fichier compose" },
    timeoutSec: 1800,
    turn: 'compose',
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
      settleSec: settleField,
    }),
    example: { name: 'shop', directory: '/srv/shop' },
  }),

  'service.compose.down': change({
    title: {
      en: 'Remove the containers of a compose project, not its volumes',
      fr: "Supprimer les conteneurs d'un projet compose, pas ses volumes",
    },
    timeoutSec: 300,
    turn: 'compose',
    payload: z.strictObject(project),
    example: { name: 'shop', directory: '/srv/shop' },
  }),

  'service.compose.restart': act({
    title: { en: 'Restart the containers of a compose project', fr: "Redémarrer les conteneurs d'un projet compose" },
    retryClass: 'idempotent',
    timeoutSec: 600,
    turn: 'compose',
    payload: z.strictObject({
      ...project,
      service: serviceField,
      waitSec: waitField.default(120),
      settleSec: settleField,
    }),
    example: { name: 'shop', directory: '/srv/shop' },
    output: statusOutput,
  }),

  'service.compose.status': look({
    title: { en: 'Show the containers of a compose project', fr: "Montrer les conteneurs d'un projet compose" },
    privileged: true,
    payload: z.strictObject(project),
    example: { name: 'shop', directory: '/srv/shop' },
    output: statusOutput,
  }),

  'service.compose.logs': look({
    title: { en: 'Read the logs of a compose project', fr: "Lire les journaux d'un projet compose" },
    privileged: true,
    payload: z.strictObject({ ...project, service: serviceField, ...logRange }),
    example: { name: 'shop', directory: '/srv/shop' },
    output: z.object({
      lines: z.array(z.object({ at: z.string(), service: z.string(), message: z.string() })),
      /** More was logged than could be carried: the oldest lines are left out. */
      truncated: z.boolean(),
    }),
  }),

  'service.compose.stats': look({
    title: { en: 'Measure the containers of a compose project', fr: "Mesurer les conteneurs d'un projet compose" },
    privileged: true,
    payload: z.strictObject(project),
    example: { name: 'shop', directory: '/srv/shop' },
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
  }),
})

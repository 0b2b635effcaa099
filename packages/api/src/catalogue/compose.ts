import * as z from 'zod'
import { environmentField } from './fields/environment.ts'
import { logRange } from './fields/log-range.ts'
import { appDirectoryField } from './fields/path.ts'
import { answeringField, serviceNameField, settleField } from './fields/service.ts'
import { act, change, family, look } from './order-type.ts'

const fileNameField = z.string().max(100)

const project = {
  name: serviceNameField.describe(
    'The name of the compose project; one of this name that lives in another folder is refused.',
  ),
  directory: appDirectoryField.describe(
    'The folder that the compose file is in, below /srv, /opt, /home, /var/lib or /var/www.',
  ),
}

const waitField = z.number().int().min(1).max(900)

/** Of one container. Its environment is left out: it may hold secrets. */
const container = z.object({
  container: z.string(),
  service: z.string(),
  image: z.string(),
  state: z.string(),
  health: z.string().nullable().describe('Null where the container has no health check.'),
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
    title: { en: 'Run the services of a compose file', fr: 'Faire tourner les services d’un fichier compose' },
    timeoutSec: 1800,
    turn: 'compose',
    payload: z.strictObject({
      ...project,
      file: fileNameField
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.ya?ml$/, 'the name of a file such as "docker-compose.yml"')
        .optional()
        .describe(
          'The name of the compose file in that folder; by default the first that is there of compose.yaml, compose.yml, docker-compose.yml and docker-compose.yaml.',
        ),
      variablesFile: fileNameField
        .regex(/^(?!\.{1,2}$)[A-Za-z0-9._][A-Za-z0-9._-]*$/, 'the name of a file such as ".env.preprod"')
        .default('.env')
        .describe('The name of a file in that folder with values for variables of the compose file.'),
      revision: z
        .string()
        .regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'letters, digits and . _ -, with a letter or digit first')
        .default('none')
        .describe(
          'The revision of the sources: services that are built are built and started anew when it is another one.',
        ),
      environment: z
        .record(
          z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'the name of a service of the file'),
          environmentField,
        )
        .refine((services) => Object.keys(services).length <= 50, 'at most 50 services')
        .default({})
        .describe('Environment variables of containers, by the service of the file; they go before those of the file.'),
      waitSec: waitField.default(120).describe('How many seconds containers have to become healthy.'),
      settleSec: settleField.describe(
        'How many seconds containers are watched after a start: one that ends within this time has failed.',
      ),
      ready: answeringField,
    }),
    example: { name: 'shop', directory: '/srv/shop' },
  }),

  'service.compose.down': change({
    title: {
      en: 'Remove the containers of a compose project, not its volumes',
      fr: 'Supprimer les conteneurs d’un projet compose, pas ses volumes',
    },
    timeoutSec: 300,
    turn: 'compose',
    staysAfterStop: 'containers that were removed are gone; those that were only stopped are started again',
    payload: z.strictObject(project),
    example: { name: 'shop', directory: '/srv/shop' },
  }),

  'service.compose.restart': act({
    title: { en: 'Restart the containers of a compose project', fr: 'Redémarrer les conteneurs d’un projet compose' },
    retryClass: 'idempotent',
    timeoutSec: 600,
    turn: 'compose',
    staysAfterStop: 'a container that was restarted runs',
    payload: z.strictObject({
      ...project,
      service: serviceField.describe('The service to restart; all of the project by default.'),
      waitSec: waitField.default(120).describe('How many seconds containers have to become healthy.'),
      settleSec: settleField.describe(
        'How many seconds containers are watched after a start: one that ends within this time has failed.',
      ),
      ready: answeringField,
    }),
    example: { name: 'shop', directory: '/srv/shop' },
    output: statusOutput,
  }),

  'service.compose.status': look({
    title: { en: 'Show the containers of a compose project', fr: 'Montrer les conteneurs d’un projet compose' },
    privileged: true,
    payload: z.strictObject(project),
    example: { name: 'shop', directory: '/srv/shop' },
    output: statusOutput,
  }),

  'service.compose.logs': look({
    title: { en: 'Read the logs of a compose project', fr: 'Lire les journaux d’un projet compose' },
    privileged: true,
    payload: z.strictObject({
      ...project,
      service: serviceField.describe('The service to read the log of; all of the project by default.'),
      ...logRange,
    }),
    example: { name: 'shop', directory: '/srv/shop' },
    output: z.object({
      lines: z.array(z.object({ at: z.string(), service: z.string(), message: z.string() })),
      truncated: z.boolean().describe('More was logged than could be carried: the oldest lines are left out.'),
    }),
  }),

  'service.compose.stats': look({
    title: { en: 'Measure the containers of a compose project', fr: 'Mesurer les conteneurs d’un projet compose' },
    privileged: true,
    payload: z.strictObject(project),
    example: { name: 'shop', directory: '/srv/shop' },
    output: z.object({
      containers: z.array(
        z.object({
          container: z.string(),
          service: z.string(),
          cpuPercent: z.number().describe('Of one core.'),
          memoryBytes: z.number(),
          memoryLimitBytes: z.number(),
          processes: z.number().int(),
        }),
      ),
    }),
  }),
})

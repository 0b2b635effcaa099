import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import { upgradeDependenciesField } from './fields/package.ts'
import { change, family } from './order-type.ts'

const installationOutput = changeOutput.extend({
  /** What was there of its kind before the order. */
  found: z.array(
    z.object({
      kind: z.enum(['package', 'program', 'repository']),
      name: z.string(),
      version: z.string().nullable(),
      /** In the way of what is wanted. */
      stale: z.boolean(),
    }),
  ),
  /** What is installed now; null where nothing is, as in a dry run. */
  version: z.string().nullable(),
})

const choices = {
  /** Whether what is in the way goes; otherwise the order is refused and names it. */
  removeStale: z.boolean().default(false),
  upgradeDependencies: upgradeDependenciesField,
}

/** The lowest version that will do; where there is none, whichever is installed will. */
const minVersionField = z
  .string()
  .regex(/^\d{1,5}(\.\d{1,5}){0,3}$/, 'a version such as "2.7"')
  .optional()

const tarballField = z.strictObject({
  version: z.string().regex(/^\d{1,3}\.\d{1,3}\.\d{1,3}$/, 'a version such as "24.11.0"'),
  /** Of the .tar.gz for this server's processor, as SHASUMS256.txt has it. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex'),
  /** Where `v24.11.0/node-v24.11.0-linux-x64.tar.gz` lies. It need not be trusted: the sum is checked. */
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .regex(/^[A-Za-z0-9:/._~[\]-]+$/, 'an address without user, query and fragment')
    .default('https://nodejs.org/dist'),
})

export const platform = family({
  'platform.node.install': change({
    title: { en: 'Install Node.js', fr: 'Installer Node.js' },
    timeoutSec: 1800,
    turn: 'apt',
    payload: z
      .strictObject({
        major: z.number().int().min(18).max(99),
        /** NodeSource's repository, the distribution's packages, or the official archive. */
        source: z.enum(['nodesource', 'debian', 'tarball']).default('nodesource'),
        tarball: tarballField.optional(),
        ...choices,
      })
      .refine(({ source, tarball }) => (source === 'tarball') === (tarball !== undefined), {
        path: ['tarball'],
        message: 'goes with the source "tarball", and only with it',
      })
      .refine(({ major, tarball }) => tarball === undefined || tarball.version.startsWith(`${major}.`), {
        path: ['tarball', 'version'],
        message: 'is of another major version',
      }),
    example: { major: 20 },
    output: installationOutput,
  }),

  'platform.docker.install': change({
    title: { en: 'Install Docker with compose', fr: 'Installer Docker et compose' },
    timeoutSec: 1800,
    turn: 'apt',
    payload: z.strictObject({
      /** The distribution's packages, with compose 1, or Docker's own repository, with compose 2. */
      source: z.enum(['debian', 'docker']).default('debian'),
      minVersion: minVersionField,
      ...choices,
    }),
    example: {},
    output: installationOutput,
  }),

  'platform.caddy.install': change({
    title: { en: 'Install Caddy', fr: 'Installer Caddy' },
    timeoutSec: 1800,
    turn: 'apt',
    payload: z.strictObject({
      /** The distribution's package, or the project's own repository. */
      source: z.enum(['debian', 'cloudsmith']).default('cloudsmith'),
      minVersion: minVersionField,
      ...choices,
    }),
    example: {},
    output: installationOutput,
  }),

  'platform.nginx.install': change({
    title: { en: 'Install nginx', fr: 'Installer nginx' },
    timeoutSec: 1800,
    turn: 'apt',
    payload: z.strictObject({
      source: z.enum(['debian']).default('debian'),
      minVersion: minVersionField,
      ...choices,
    }),
    example: {},
    output: installationOutput,
  }),
})

import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import { upgradeDependenciesField } from './fields/package.ts'
import { urlField } from './fields/url.ts'
import { change, family } from './order-type.ts'

const installationOutput = changeOutput.extend({
  found: z
    .array(
      z.object({
        kind: z.enum(['package', 'program', 'repository']),
        name: z.string(),
        version: z.string().nullable(),
        stale: z.boolean().describe('In the way of what is wanted.'),
      }),
    )
    .describe('What was there of its kind before the order.'),
  version: z.string().nullable().describe('What is installed now; null where nothing is, as in a dry run.'),
})

const choices = {
  removeStale: z
    .boolean()
    .default(false)
    .describe('Whether what is in the way is removed; otherwise the order is refused and names it.'),
  upgradeDependencies: upgradeDependenciesField,
}

const minVersionField = z
  .string()
  .regex(/^\d{1,5}(\.\d{1,5}){0,3}$/, 'a version such as "2.7"')
  .optional()
  .describe('The lowest version that will do; without it, whichever is installed will.')

const tarballField = z.strictObject({
  version: z
    .string()
    .regex(/^\d{1,3}\.\d{1,3}\.\d{1,3}$/, 'a version such as "24.11.0"')
    .describe('The exact version of Node.js, such as `24.11.0`.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex')
    .describe("The SHA-256 of the .tar.gz for this server's processor, as SHASUMS256.txt has it, in lower-case hex."),
  baseUrl: urlField
    .refine((text) => text.length <= 500, 'at most 500 characters')
    .refine((text) => /^[A-Za-z0-9:/._~[\]-]+$/.test(text), 'an address without user, query and fragment')
    .default('https://nodejs.org/dist')
    .describe(
      'The address below which `v24.11.0/node-v24.11.0-linux-x64.tar.gz` lies; it need not be trusted, as the sum is checked.',
    ),
})

export const platform = family({
  'platform.node.install': change({
    title: { en: 'Install Node.js', fr: 'Installer Node.js' },
    timeoutSec: 1800,
    turn: 'apt',
    payload: z
      .strictObject({
        major: z.number().int().min(18).max(99).describe('The major version of Node.js.'),
        source: z
          .enum(['nodesource', 'debian', 'tarball'])
          .default('nodesource')
          .describe(
            "Where it comes from: NodeSource's repository, the distribution's packages, or the official archive.",
          ),
        tarball: tarballField
          .optional()
          .describe('Which archive to install; goes with the source `tarball`, and only with it.'),
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
      source: z
        .enum(['debian', 'docker'])
        .default('debian')
        .describe(
          "Where it comes from: the distribution's packages, with compose 1, or Docker's own repository, with compose 2.",
        ),
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
      source: z
        .enum(['debian', 'cloudsmith'])
        .default('cloudsmith')
        .describe("Where it comes from: the distribution's package, or the project's own repository."),
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
      source: z.enum(['debian']).default('debian').describe("Where it comes from: the distribution's package."),
      minVersion: minVersionField,
      ...choices,
    }),
    example: {},
    output: installationOutput,
  }),
})

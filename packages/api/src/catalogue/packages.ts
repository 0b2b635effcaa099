import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import { orderType } from './order-type.ts'

/** Of a Debian package. apt would read a `-` at the end as "remove it". */
export const packageField = z
  .string()
  .max(100)
  .regex(/^[a-z0-9][a-z0-9+.-]*[a-z0-9+]$/, 'a Debian package: lower-case letters, digits and + - .')

/** May packages that are there be brought up to date where a new one needs it. */
export const upgradeDependenciesField = z.boolean().default(false)

export const systemUpdatesApply = orderType({
  type: 'system.updates.apply',
  title: { en: 'Install updates', fr: 'Installer les mises à jour' },
  requiredScope: 'system.updates.apply',
  risk: 'change',
  retryClass: 'idempotent',
  timeoutSec: 3600,
  approval: false,
  privileged: true,
  turn: 'apt',
  payload: z.strictObject({ scope: z.enum(['security', 'all']).default('security') }),
  output: changeOutput.extend({
    /** In a dry run, what would be. */
    upgraded: z.array(z.object({ name: z.string(), before: z.string(), after: z.string(), security: z.boolean() })),
    rebootRequired: z.boolean(),
    /** What waits for it, such as `kernel 6.1.0-30-amd64`. */
    rebootReasons: z.array(z.string()),
  }),
})

export const systemPackagesApply = orderType({
  type: 'system.packages.apply',
  title: { en: 'Install and remove packages', fr: 'Installer et retirer des paquets' },
  requiredScope: 'system.packages.apply',
  risk: 'change',
  retryClass: 'idempotent',
  timeoutSec: 1800,
  approval: false,
  privileged: true,
  turn: 'apt',
  payload: z
    .strictObject({
      /** The server's own policy says which ones orders may name. What is installed already is not upgraded. */
      install: z.array(packageField).max(100).default([]),
      /** Their configuration and data stay. */
      remove: z.array(packageField).max(100).default([]),
      upgradeDependencies: upgradeDependenciesField,
    })
    .refine(({ install, remove }) => install.length + remove.length > 0, {
      path: ['install'],
      message: 'name a package to install or to remove',
    })
    .refine(({ install, remove }) => !remove.some((name) => install.includes(name)), {
      path: ['remove'],
      message: 'names a package that is also to be installed',
    }),
  output: changeOutput.extend({
    /** Those that were named; null where it is not installed. In a dry run, nothing differs. */
    packages: z.array(z.object({ name: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
  }),
})

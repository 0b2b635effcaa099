import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import { packageField, upgradeDependenciesField } from './fields/package.ts'
import { change, family } from './order-type.ts'

export const packages = family({
  'system.updates.apply': change({
    title: { en: 'Install updates', fr: 'Installer les mises à jour' },
    timeoutSec: 3600,
    turn: 'apt',
    payload: z.strictObject({ scope: z.enum(['security', 'all']).default('security') }),
    example: {},
    output: changeOutput.extend({
      /** In a dry run, what would be. */
      upgraded: z.array(z.object({ name: z.string(), before: z.string(), after: z.string(), security: z.boolean() })),
      rebootRequired: z.boolean(),
      /** What waits for it, such as `kernel 6.1.0-30-amd64`. */
      rebootReasons: z.array(z.string()),
    }),
  }),

  'system.packages.apply': change({
    title: { en: 'Install and remove packages', fr: 'Installer et retirer des paquets' },
    timeoutSec: 1800,
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
    example: { install: ['curl'] },
    output: changeOutput.extend({
      /** Those that were named; null where it is not installed. In a dry run, nothing differs. */
      packages: z.array(z.object({ name: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
    }),
  }),
})

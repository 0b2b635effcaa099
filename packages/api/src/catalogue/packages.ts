import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import { packageField, upgradeDependenciesField } from './fields/package.ts'
import { change, family } from './order-type.ts'

export const packages = family({
  'system.updates.apply': change({
    title: { en: 'Install updates', fr: 'Installer les mises à jour' },
    timeoutSec: 3600,
    turn: 'apt',
    payload: z.strictObject({
      scope: z
        .enum(['security', 'all'])
        .default('security')
        .describe('Which updates to install: those of security alone, or all.'),
    }),
    example: {},
    output: changeOutput.extend({
      upgraded: z
        .array(z.object({ name: z.string(), before: z.string(), after: z.string(), security: z.boolean() }))
        .describe('What was updated; in a dry run, what would be.'),
      rebootRequired: z.boolean(),
      rebootReasons: z.array(z.string()).describe('What waits for a reboot, such as `kernel 6.1.0-30-amd64`.'),
    }),
  }),

  'system.packages.apply': change({
    title: { en: 'Install and remove packages', fr: 'Installer et retirer des paquets' },
    timeoutSec: 1800,
    turn: 'apt',
    payload: z
      .strictObject({
        install: z
          .array(packageField)
          .max(100)
          .default([])
          .describe(
            "Debian packages to install, of those that the server's own policy allows; what is installed already is not updated.",
          ),
        remove: z
          .array(packageField)
          .max(100)
          .default([])
          .describe('Debian packages to remove; their configuration and data stay.'),
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
      packages: z
        .array(z.object({ name: z.string(), before: z.string().nullable(), after: z.string().nullable() }))
        .describe(
          'The packages that were named, with their versions; null where it is not installed. In a dry run, nothing differs.',
        ),
    }),
  }),
})

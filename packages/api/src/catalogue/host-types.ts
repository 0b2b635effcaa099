import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import { orderType } from './order-type.ts'

/** Of a user or group, as useradd(8) takes it. */
export const accountField = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'a user or group: lower-case letters, digits, _ and -, at most 32')

/** Absolute and in its shortest form, of characters that mean themselves in every file that is rendered. */
export const pathField = z
  .string()
  .max(4096)
  .regex(/^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._@+-]+)+$/, 'an absolute path without "..", of letters, digits and . _ @ + -')

export const modeField = z.string().regex(/^0?[0-7]{3}$/, 'octal permissions such as "750"')

export const systemDirectoryApply = orderType({
  type: 'system.directory.apply',
  title: { en: 'Make a directory', fr: 'Créer un dossier' },
  requiredScope: 'system.directory.apply',
  risk: 'change',
  retryClass: 'idempotent',
  timeoutSec: 60,
  approval: false,
  privileged: true,
  payload: z.strictObject({
    path: pathField,
    owner: accountField.default('root'),
    group: accountField.default('root'),
    mode: modeField.default('755'),
  }),
  output: changeOutput,
})

export const systemTimezoneApply = orderType({
  type: 'system.timezone.apply',
  title: { en: 'Set the time zone', fr: 'Régler le fuseau horaire' },
  requiredScope: 'system.timezone.apply',
  risk: 'change',
  retryClass: 'idempotent',
  timeoutSec: 60,
  approval: false,
  privileged: true,
  payload: z.strictObject({
    /** As the zone database names it: `Europe/Paris`. */
    zone: z
      .string()
      .max(60)
      .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9][A-Za-z0-9_+-]*){0,2}$/, 'a time zone such as "Europe/Paris"'),
  }),
  output: changeOutput,
})

export const systemSwapApply = orderType({
  type: 'system.swap.apply',
  title: { en: 'Make a swap file', fr: 'Créer un fichier d’échange' },
  requiredScope: 'system.swap.apply',
  risk: 'change',
  retryClass: 'idempotent',
  timeoutSec: 1800,
  approval: false,
  privileged: true,
  turn: 'swap',
  payload: z.strictObject({
    path: pathField.default('/swapfile'),
    sizeMib: z.number().int().min(64).max(65_536),
  }),
  output: changeOutput,
})

export const systemUserApply = orderType({
  type: 'system.user.apply',
  title: { en: 'Make a system user', fr: 'Créer un utilisateur système' },
  requiredScope: 'system.user.apply',
  risk: 'change',
  retryClass: 'idempotent',
  timeoutSec: 60,
  approval: false,
  privileged: true,
  payload: z.strictObject({
    name: accountField.refine((name) => name !== 'root', 'must not be root'),
    /** Its home, made when it is not there. */
    home: pathField,
    /** A service has no shell to log in with. */
    shell: z.enum(['/usr/sbin/nologin', '/bin/bash']).default('/usr/sbin/nologin'),
    groups: z.array(accountField).max(20).default([]),
  }),
  output: changeOutput,
})

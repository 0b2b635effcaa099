import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import { appPlaces, isAppPlace } from './fields/app-places.ts'
import { orderType } from './order-type.ts'

/** Of a user or group, as useradd(8) takes it. */
export const accountField = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'a user or group: lower-case letters, digits, _ and -, at most 32')

/** Whom an app runs as. `ikoma` is the runner, whose keys are its own; the server also refuses who can become root. */
export const appAccountField = accountField.refine(
  (name) => name !== 'root' && name !== 'ikoma',
  'must be an account of the app, not root and not the runner',
)

/** Absolute and in its shortest form, of characters that mean themselves in every file that is rendered. */
export const pathField = z
  .string()
  .max(4096)
  .regex(/^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._@+-]+)+$/, 'an absolute path without "..", of letters, digits and . _ @ + -')

/** Where apps live. What is below it is all that the app may own or mount. */
export const appDirectoryField = pathField.refine(isAppPlace, `a folder ${appPlaces}`)

export const modeField = z.string().regex(/^0?[0-7]{3}$/, 'octal permissions such as "750"')

interface Ownership {
  owner: string
  group: string
  mode: string
}

/** Nobody else can write to it. */
function staysRoots({ owner, mode }: Ownership): boolean {
  return owner === 'root' && (Number.parseInt(mode, 8) & 0o022) === 0
}

function isRunners({ owner, group }: Ownership): boolean {
  return owner === 'ikoma' || group === 'ikoma'
}

export const systemDirectoryApply = orderType({
  type: 'system.directory.apply',
  title: { en: 'Make a directory', fr: 'Créer un dossier' },
  requiredScope: 'system.directory.apply',
  risk: 'change',
  retryClass: 'idempotent',
  timeoutSec: 60,
  approval: false,
  privileged: true,
  payload: z
    .strictObject({
      path: pathField,
      owner: accountField.default('root'),
      group: accountField.default('root'),
      mode: modeField.default('755'),
    })
    .refine((wanted) => staysRoots(wanted) || isAppPlace(wanted.path), {
      message: `only a folder ${appPlaces}, may be written by others than root`,
      path: ['path'],
    })
    .refine((wanted) => staysRoots(wanted) || !isRunners(wanted) || wanted.path.startsWith('/var/lib/ikoma/'), {
      message: 'the runner has its folders below /var/lib/ikoma',
      path: ['path'],
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
    name: appAccountField,
    /** Its home, made when it is not there. */
    home: appDirectoryField,
    /** A service has no shell to log in with. */
    shell: z.enum(['/usr/sbin/nologin', '/bin/bash']).default('/usr/sbin/nologin'),
    groups: z.array(accountField).max(20).default([]),
  }),
  output: changeOutput,
})

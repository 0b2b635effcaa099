import * as z from 'zod'
import { accountField, appAccountField } from './fields/account.ts'
import { appPlaces, isAppPlace } from './fields/app-places.ts'
import { appDirectoryField, pathField } from './fields/path.ts'
import { change, family, look } from './order-type.ts'

const modeField = z.string().regex(/^0?[0-7]{3}$/, 'octal permissions such as "750"')

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

export const system = family({
  'system.facts.collect': look({
    title: { en: 'Collect facts about the server', fr: 'Relever les caractéristiques du serveur' },
    payload: z.strictObject({}),
    example: {},
    output: z.object({
      hostname: z.string(),
      os: z.object({ id: z.string(), version: z.string(), name: z.string() }),
      kernel: z.string(),
      arch: z.string(),
      cpus: z.number().int(),
      loadAverage: z.array(z.number()),
      memory: z.object({ totalBytes: z.number(), availableBytes: z.number() }),
      disks: z.array(z.object({ mount: z.string(), totalBytes: z.number(), freeBytes: z.number() })),
      uptimeSec: z.number(),
      timeZone: z.string(),
      addresses: z.array(z.object({ name: z.string(), address: z.string(), family: z.string() })),
      initSystem: z.string(),
    }),
  }),

  'system.directory.apply': change({
    title: { en: 'Make a directory', fr: 'Créer un dossier' },
    timeoutSec: 60,
    payload: z
      .strictObject({
        path: pathField.describe(
          'The folder to make, in one that is there; below /srv, /opt, /home, /var/lib and /var/www alone may others than root write to it.',
        ),
        owner: accountField.default('root').describe('The account that the folder belongs to.'),
        group: accountField.default('root').describe('The group that the folder belongs to.'),
        mode: modeField.default('755').describe('The permissions of the folder, in octal.'),
      })
      .refine((wanted) => staysRoots(wanted) || isAppPlace(wanted.path), {
        message: `only a folder ${appPlaces}, may be written by others than root`,
        path: ['path'],
      })
      .refine((wanted) => staysRoots(wanted) || !isRunners(wanted) || wanted.path.startsWith('/var/lib/ikoma/'), {
        message: 'the runner has its folders below /var/lib/ikoma',
        path: ['path'],
      }),
    example: { path: '/var/lib/app' },
  }),

  'system.timezone.apply': change({
    title: { en: 'Set the time zone', fr: 'Régler le fuseau horaire' },
    timeoutSec: 60,
    payload: z.strictObject({
      zone: z
        .string()
        .max(60)
        .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9][A-Za-z0-9_+-]*){0,2}$/, 'a time zone such as "Europe/Paris"')
        .describe('The time zone as the zone database names it: `Europe/Paris`.'),
    }),
    example: { zone: 'Europe/Paris' },
  }),

  'system.hostname.apply': change({
    title: { en: 'Name the server', fr: 'Nommer le serveur' },
    timeoutSec: 60,
    payload: z.strictObject({
      name: z
        .string()
        .max(64)
        .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/, 'a name such as "web-1"')
        .describe('The host name, alone or with its domain: `web-1` or `web-1.example.org`.'),
    }),
    example: { name: 'web-1' },
  }),

  'system.swap.apply': change({
    title: { en: 'Make a swap file', fr: 'Créer un fichier d’échange' },
    timeoutSec: 1800,
    turn: 'swap',
    payload: z.strictObject({
      path: pathField.default('/swapfile').describe('The file to swap to.'),
      sizeMib: z.number().int().min(64).max(65_536).describe('The size of the file, in MiB.'),
    }),
    example: { sizeMib: 1024 },
  }),

  'system.user.apply': change({
    title: { en: 'Make a system user', fr: 'Créer un utilisateur système' },
    timeoutSec: 60,
    payload: z.strictObject({
      name: appAccountField.describe("The name of the account, which is neither root nor the runner's."),
      home: appDirectoryField.describe(
        'The home of the account, below /srv, /opt, /home, /var/lib or /var/www; it is made when it is not there.',
      ),
      shell: z
        .enum(['/usr/sbin/nologin', '/bin/bash'])
        .default('/usr/sbin/nologin')
        .describe('The shell that the account logs in with; a service has none, which is the default.'),
      groups: z
        .array(accountField)
        .max(20)
        .default([])
        .describe('Further groups that the account belongs to, which must exist and not lead to root.'),
    }),
    example: { name: 'app', home: '/var/lib/app' },
  }),
})

import * as z from 'zod'
import { pathField } from '../system.ts'

/**
 * What a server runs itself with, whether it is installed or not: an order of an app has no business there. A unit that is
 * there and was not made by IKOMA is refused whatever its name.
 */
const reservedNames =
  /^systemd(-|$)|^(ikoma|ikoma-runner|ikoma-executor|ikoma-firewall-rollback|ssh|sshd|cron|dbus|getty|sudo|polkit|udev|networking|nftables|ufw|docker|containerd|caddy|nginx|postgresql|redis|redis-server|rescue|emergency|debug-shell)$/

/** Of an app's service: its unit, its compose project, its processes. */
export const serviceNameField = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower-case letters, digits and -, begins with a letter, at most 63 characters')
  .refine((name) => !reservedNames.test(name), "is a name that the server or IKOMA's own services use")

/** Any text that a process can be given. */
export const argumentField = z
  .string()
  .max(8192)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must be Unicode text without NUL')

export const argvField = z.tuple([pathField], argumentField).refine((argv) => argv.length <= 100, 'at most 100 words')

export const environmentField = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'letters, digits and _, not beginning with a digit')
      .refine((name) => name !== '__proto__', 'a name that JavaScript reserves'),
    argumentField,
  )
  .refine((environment) => Object.keys(environment).length <= 200, 'at most 200 variables')

/** What people read, on one line. */
export const descriptionField = z
  .string()
  .max(200)
  .regex(/^(?! )[^\p{Cc}\u2028\u2029]+(?<![ \\])$/u, 'one line, without a space or a backslash at its end')

/** An order that reads what a service's own tools say of it, which they say to root alone. */
export const serviceLook = {
  risk: 'read',
  retryClass: 'idempotent',
  timeoutSec: 60,
  approval: false,
  privileged: true,
} as const

/** Lines of a log, the last ones. */
export const logRange = {
  lines: z.number().int().min(1).max(1000).default(200),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
}

import * as z from 'zod'
import { portField } from './port.ts'
import { urlPathField } from './proxy.ts'

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

/** What people read, on one line. */
export const descriptionField = z
  .string()
  .max(200)
  .regex(/^(?! )[^\p{Cc}\p{Cs}\u2028\u2029]+(?<![ \\])$/u, 'one line, without a space or a backslash at its end')

const withinField = z.number().int().min(1).max(600).default(60).describe('How many seconds it has until then.')

/** When a service counts as started, where its watching by time alone does not do. */
export const readyField = z
  .strictObject({
    port: portField.describe('The port that it listens on, on any address.'),
    path: urlPathField
      .optional()
      .describe('The path that it answers on that port with a status below 500; without it, listening is enough.'),
    withinSec: withinField,
  })
  .optional()
  .describe(
    'When it counts as started; without it once the time of settleSec is over, and it listens again if it did before.',
  )

/** The same of containers: Docker itself listens on a published port, so that only an answer tells. */
export const answeringField = z
  .strictObject({
    port: portField.describe('A port of this server that a service of the file is published on; asked on 127.0.0.1.'),
    path: urlPathField.describe('The path that it answers on that port with a status below 500.'),
    withinSec: withinField,
  })
  .optional()
  .describe(
    'What has to answer besides, once its containers were watched and are healthy; without it that alone counts.',
  )

export const settleField = z
  .number()
  .int()
  .min(1)
  .max(60)
  .default(5)
  .describe('How many seconds it is watched after a start: one that ends within this time has failed.')

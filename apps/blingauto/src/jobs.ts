import { join } from 'node:path'
import type { BackendParts } from '@ikoma/backend'
import { defineJobs, job } from '@ikoma/backend/jobs'
import { createMailer, messageIdFor } from '@ikoma/backend/mail'
import type { Clock } from '@ikoma/kernel'
import { sql } from 'drizzle-orm'
import * as z from 'zod'
import { expireHolds } from './store/booking-holds.ts'

export type AppJobs = ReturnType<typeof createJobs>

/** What happens later: mails, and holds that are over. */
export function createJobs({ config, log, database, databaseUrl, dataDir }: BackendParts, clock: Clock) {
  const server = config.findSecret('SMTP_URL')?.reveal()
  const domain = new URL(config.text('FRONTEND_URL')).hostname
  const from = {
    name: config.text('APP_NAME'),
    address: `no-reply@${domain === 'localhost' ? 'localhost.test' : domain}`,
  }
  const mailer = createMailer({ from, log, ...(server ? { server } : { folder: join(dataDir, 'mails') }) })
  return defineJobs({
    url: databaseUrl,
    database,
    log,
    jobs: {
      mail: job({
        payload: z.object({ to: z.email(), subject: z.string(), text: z.string() }),
        // The job's id is the mail's: a second attempt is no second mail.
        run: ({ to, ...letter }, { id }) =>
          mailer.send({ to: { address: to }, messageId: messageIdFor(id, 'blingauto'), ...letter }),
      }),
      'expire-holds': job({
        payload: z.object({}),
        run: async () => {
          while ((await expireHolds(database, clock.now())) > 0);
        },
      }),
    },
    schedules: {
      'holds-are-over': {
        job: 'expire-holds',
        cron: '* * * * *',
        zone: 'Etc/UTC',
        data: {},
        expect: sql`select not exists (select from bookings
          where status = 'pending' and hold_expires_at < now() - interval '1 minute')`,
      },
    },
  })
}

import { join } from 'node:path'
import type { BackendParts } from '@ikoma/backend'
import { defineJobs, job, jobCommand } from '@ikoma/backend/jobs'
import { createMailer, messageIdFor } from '@ikoma/backend/mail'
import type { Transaction } from '@ikoma/backend/postgres'
import type { Clock } from '@ikoma/kernel'
import { sql } from 'drizzle-orm'
import * as z from 'zod'
import { customerTeller } from './booking-letters.ts'
import { languages } from './domain/language.ts'
import { expireHolds } from './store/booking-holds.ts'
import { endMissed, missedAreLeft, remindDue, remindersAreLate } from './store/due-bookings.ts'

export type AppJobs = ReturnType<typeof createJobs>

const letter = z.object({
  to: z.email(),
  subject: z.string(),
  text: z.string(),
  html: z.string().optional(),
  locale: z.enum(languages).optional(),
})

type Post = (tx: Transaction, mail: z.input<typeof letter>) => Promise<unknown>

const minute = 60_000

/** What happens later: mails, holds that are over, reminders, and bookings that nobody came to. */
export function createJobs({ config, log, database, databaseUrl, dataDir }: BackendParts, clock: Clock) {
  const server = config.findSecret('SMTP_URL')?.reveal()
  const domain = new URL(config.text('FRONTEND_URL')).hostname
  const from = {
    name: config.text('APP_NAME'),
    address: `no-reply@${domain === 'localhost' ? 'localhost.test' : domain}`,
  }
  const mailer = createMailer({ from, log, ...(server ? { server } : { folder: join(dataDir, 'mails') }) })
  let post: Post = () => Promise.reject(new Error('the jobs are not there yet'))
  const tell = customerTeller((tx, mail) => post(tx, mail))
  const jobs = defineJobs({
    url: databaseUrl,
    database,
    log,
    jobs: {
      mail: job({
        payload: letter,
        // The job's id is the mail's: a second attempt is no second mail.
        run: ({ to, subject, text, html, locale }, { id }) =>
          mailer.send({
            to: { address: to },
            messageId: messageIdFor(id, 'blingauto'),
            ...{ subject, text, ...(html === undefined ? {} : { html }), ...(locale === undefined ? {} : { locale }) },
          }),
      }),
      'expire-holds': job({
        payload: z.object({}),
        run: async () => {
          while ((await expireHolds(database, clock.now())) > 0);
        },
      }),
      remind: job({
        payload: z.object({}),
        run: async () => {
          const now = clock.now()
          while ((await remindDue(database, now, (tx, booking) => tell(tx, 'reminder', booking))) > 0);
        },
      }),
      'end-missed': job({
        payload: z.object({}),
        run: async () => {
          const now = clock.now()
          while ((await endMissed(database, now, (tx, booking) => tell(tx, 'no_show', booking))) > 0);
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
      reminders: {
        job: 'remind',
        cron: '*/5 * * * *',
        zone: 'Etc/UTC',
        data: {},
        catchUp: true,
        // What somebody held at that moment is told the next time.
        expect: async () => !(await remindersAreLate(database, clock.now(), 15 * minute)),
      },
      'no-shows': {
        job: 'end-missed',
        cron: '*/5 * * * *',
        zone: 'Etc/UTC',
        data: {},
        catchUp: true,
        expect: async () => !(await missedAreLeft(database, clock.now() - 5 * minute)),
      },
    },
  })
  post = (tx, mail) => jobs.enqueue(tx, 'mail', mail)
  return { ...jobs, tell }
}

/** `jobs reminders --once` and what else `jobCommand` does, from a shell: for cron, and for who looks into what failed. */
export async function runJobs(jobs: AppJobs, argv: string[]): Promise<number> {
  await jobs.start()
  try {
    return await jobCommand(argv, jobs)
  } finally {
    await jobs.stop()
  }
}

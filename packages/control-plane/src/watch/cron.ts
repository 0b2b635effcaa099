import { AppError } from '@ikoma/kernel'
import { Cron } from 'croner'

/** The first run strictly after `from`, or null when there is none; daylight-saving jumps follow the time zone. */
export function nextCronRun(cron: string, timeZone: string, from: number): number | null {
  return parseCron(cron, timeZone).nextRun(new Date(from))?.getTime() ?? null
}

/** The first run after `from`; rejects with `invalid`, naming the field, when there will never be one. */
export function firstCronRun(cron: string, timeZone: string, from: number): number {
  const first = nextCronRun(cron, timeZone, from)
  if (first === null) throw invalid('cron', 'never comes, such as on 30 February: it would place nothing')
  return first
}

/** Rejects with `invalid`, naming the field that is wrong. */
export function parseCron(cron: string, timeZone: string): Cron {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch (cause) {
    throw invalid('timeZone', 'not a time zone such as Europe/Paris', cause)
  }
  try {
    // Five fields: a schedule places orders, it does not tick every second.
    return new Cron(cron, { timezone: timeZone, paused: true, mode: '5-part' })
  } catch (cause) {
    throw invalid('cron', 'not a cron expression such as "*/5 * * * *"', cause)
  }
}

function invalid(name: string, message: string, cause?: unknown): AppError {
  const field = `body/${name}`
  return new AppError('invalid', `${field}: ${message}`, {
    reason: 'validation_failed',
    fields: [{ field, message }],
    cause,
  })
}

import { AppError } from '@ikoma/kernel'
import type { Context } from './command-context.ts'

/** What destroys is confirmed by naming it: a bare "yes" is given too easily, and to the wrong thing. */
export function requireConfirm(given: string | undefined, expected: string, { t }: Pick<Context, 't'>): void {
  if (given === expected) return
  const message = given === undefined ? t.confirm.missing(expected) : t.confirm.different(given, expected)
  throw new AppError('invalid', message, { reason: 'confirmation_required' })
}

import { AppError } from '@ikoma/kernel'

type Facts = Record<string, string>

/** What would be different, fact by fact; null when nothing would. Of what is not there yet, all that it will be. */
export function diffOf(before: Facts | null, after: Facts): string | null {
  const lines = Object.entries(after).flatMap(([fact, text]) => {
    if (before === null) return [`+${fact}: ${text}`]
    return before[fact] === text ? [] : [`-${fact}: ${before[fact]}`, `+${fact}: ${text}`]
  })
  return lines.length === 0 ? null : lines.join('\n')
}

/** Somebody made it for something that we do not know of. */
export function notMadeByOrder(what: 'role' | 'database', name: string): AppError {
  const cure = `Change it by hand, or say "adopt": true if orders are to keep it from now on`
  return new AppError('unprocessable', `There is a ${what} ${name} that no order made. ${cure}.`, {
    reason: `${what}_not_ours`,
  })
}

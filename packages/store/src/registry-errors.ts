import { findSharedName } from '@ikoma/domain'
import { AppError } from '@ikoma/kernel'

export function enrolmentInvalid(): AppError {
  return new AppError(
    'unauthorized',
    'This enrolment token is unknown, used or older than 15 minutes. Make a new one.',
    {
      reason: 'enrolment_invalid',
    },
  )
}

export function runnerTaken(serverName: string): AppError {
  return new AppError('conflict', `This runner already serves "${serverName}". Detach it there first.`, {
    reason: 'runner_already_attached',
  })
}

/** Refuses a name that could be taken for one of `names`. */
export function refuseSharedName(names: readonly string[], name: string): void {
  const held = findSharedName(names, name)
  if (held === null) return
  const message = `There is a token "${held}", and what is done with a token is recorded by its name. Choose another, or revoke that one first.`
  throw new AppError('conflict', message, {
    reason: 'token_name_taken',
    fields: [{ field: 'name', message: 'is taken' }],
  })
}

export function hasLiveOrders(noun: 'server' | 'runner', orderId: string): AppError {
  return new AppError(
    'conflict',
    `This ${noun} has live orders, such as ${orderId}. Cancel them or let them end first; one that is silent ends by a verdict: ikoma order settle ${orderId}`,
    {
      reason: `${noun}_has_live_orders`,
    },
  )
}

/** Refuses to remove what schedules place orders for: they would go on and fail. */
export function refuseSchedulesOf(
  noun: 'server' | 'runner',
  id: string,
  schedules: readonly { name: string; order: Record<string, unknown> }[],
): void {
  const names = schedules.filter(({ order }) => order[`${noun}Id`] === id).map(({ name }) => `"${name}"`)
  if (names.length === 0) return
  const shown = [...names.slice(0, 5), ...(names.length > 5 ? ['…'] : [])].join(', ')
  const message = `Schedules place orders for this ${noun}: ${shown}. Remove them first, or give them another target.`
  throw new AppError('conflict', message, { reason: `${noun}_has_schedules` })
}

export function secretChanged(name: string): AppError {
  return new AppError('conflict', `Somebody else set the secret "${name}" at the same time. Set it again.`, {
    reason: 'secret_changed',
  })
}

export function secretInUse(name: string, use: string): AppError {
  const message = `The secret "${name}" is named by ${use.replace(':', ' ')}, which could then not be done.`
  return new AppError('conflict', `${message} Cancel it or let it end first, or remove the secret with --force.`, {
    reason: 'secret_in_use',
  })
}

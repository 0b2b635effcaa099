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

export function hasLiveOrders(noun: 'server' | 'runner', orderId: string): AppError {
  return new AppError(
    'conflict',
    `This ${noun} has live orders, such as ${orderId}. Cancel them or let them end first.`,
    {
      reason: `${noun}_has_live_orders`,
    },
  )
}

import { isTerminal, type OrderStatus } from '@ikoma/domain'
import type { Messages } from '../../messages/index.ts'
import type { Part, Style } from '../../output.ts'

export function statusPart(status: OrderStatus, t: Messages): Part {
  return { text: t.status[status], style: styleOf(status) }
}

function styleOf(status: OrderStatus): Style {
  if (status === 'SUCCEEDED') return 'green'
  if (status === 'PENDING_APPROVAL' || status === 'STALE' || status === 'CANCELED') return 'yellow'
  return isTerminal(status) ? 'red' : 'cyan'
}

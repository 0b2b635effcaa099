import { findOrderType } from '@ikoma/api'
import { approvalBytes, type Order, orderBytes } from '@ikoma/domain'
import type { Keyring } from '../keyring.ts'

/** What an order carries once it was approved: the approver under our seal. */
export function approve(order: Order, approver: string, keyring: Keyring): string {
  return `${keyring.seal(approvalBytes(order, approver))} ${approver}`
}

/** Whether the order is as it was placed. */
export function isAsPlaced(order: Order, keyring: Keyring): boolean {
  return keyring.isSeal(orderBytes(order), order.seal)
}

/** Whether the order is as it was placed and, where its type asks for it, approved: its status alone proves nothing. */
export function mayRun(order: Order, keyring: Keyring): boolean {
  return isAsPlaced(order, keyring) && (findOrderType(order.type)?.approval !== true || isApproved(order, keyring))
}

function isApproved(order: Order, keyring: Keyring): boolean {
  const [seal = '', ...approver] = (order.approval ?? '').split(' ')
  return keyring.isSeal(approvalBytes(order, approver.join(' ')), seal)
}

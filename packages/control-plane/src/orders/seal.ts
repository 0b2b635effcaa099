import { findOrderType } from '@ikoma/api'
import { approvalBytes, inForm, macOf, type Order, orderBytes, placementBytes } from '@ikoma/domain'
import type { Keyring } from '../keyring.ts'

/** A new order under both forms of its seal: a process of the former version may serve beside this one. */
export function sealPlacement(order: Order, keyring: Keyring): Order {
  return {
    ...order,
    seal: keyring.seal(orderBytes(order)),
    placementSeal: inForm(keyring.seal(placementBytes(order))),
  }
}

/** What an order carries once it was approved: the approver under our seal. */
export function approve(order: Order, approver: string, keyring: Keyring): string {
  return `${keyring.seal(approvalBytes(order, approver))} ${approver}`
}

/** Whether the order is as it was placed. What only a former version sealed, the store takes while one may be there. */
export function isAsPlaced(order: Order, keyring: Keyring): boolean {
  if (order.fault !== undefined || !keyring.isSeal(orderBytes(order), order.seal)) return false
  if (order.placementSeal === '') return keyring.takesFormer()
  const mac = macOf(order.placementSeal)
  return mac !== null && keyring.isSeal(placementBytes(order), mac)
}

/** Whether the order is as it was placed and, where its type asks for it, approved: its status alone proves nothing. */
export function mayRun(order: Order, keyring: Keyring): boolean {
  return isAsPlaced(order, keyring) && (findOrderType(order.type)?.approval !== true || isApproved(order, keyring))
}

function isApproved(order: Order, keyring: Keyring): boolean {
  const [seal = '', ...approver] = (order.approval ?? '').split(' ')
  return keyring.isSeal(approvalBytes(order, approver.join(' ')), seal)
}

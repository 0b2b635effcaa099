import { UnreachableError } from '@ikoma/api'
import { newId } from '@ikoma/kernel'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { requireConfirm } from '../../confirm.ts'
import { exitCodes } from '../../exit-codes.ts'
import { shortId } from '../../lookup.ts'
import { causeOf } from '../../report-error.ts'
import { parseSpan } from '../../times.ts'
import { attachOrder } from './attach.ts'
import { addOrderOptions, buildOrder, getOrderType, type OrderOptions } from './order-options.ts'

export interface CreateOrderOptions extends OrderOptions {
  type: string
  confirm?: string
  idempotencyKey?: string
  detach?: boolean
  waitTimeout?: string
}

export function createOrderCommand(cli: Cli): Command {
  const { options } = cli.t
  return addOrderOptions(cli.command('order create').argument('<type>', cli.t.args.type), cli.t)
    .option('--confirm <type>', options.confirmType)
    .option('--idempotency-key <key>', options.idempotencyKey)
    .option('--detach', options.detach)
    .option('--wait-timeout <duration>', options.waitTimeout)
    .action(cli.remote(createOrder))
}

/** Places an order and, unless told to detach, stays with it until it ends. */
export async function createOrder(options: CreateOrderOptions, context: RemoteContext): Promise<number> {
  const { client, out, t } = context
  const type = await getOrderType(options.type, context)
  // A dry run changes nothing.
  if (type.risk === 'destructive' && !options.dryRun) requireConfirm(options.confirm, type.type, context)
  const waitMs = options.waitTimeout === undefined ? null : parseSpan(options.waitTimeout, '--wait-timeout', t)
  const { body, targetName } = await buildOrder(type, options, context)
  const key = options.idempotencyKey ?? newId()
  const placing = client.placeOrder(body, key)
  const order = await placing.catch((error: unknown) => {
    if (error instanceof UnreachableError && mayHaveArrived(error)) return null
    throw error
  })
  if (order === null) {
    out.note({ text: t.errors.prefix, style: 'red' }, ' ', t.create.unknown(key))
    return exitCodes.unknownOutcome
  }
  if (!options.detach) return attachOrder(order, { targetName, waitMs }, context)
  out.answer(order, () => out.line(order.id))
  const approval = order.status === 'PENDING_APPROVAL'
  out.note(approval ? t.attach.needsApproval(shortId(order.id)) : t.create.detached(shortId(order.id)))
  return exitCodes.ok
}

/** Failures of connecting, before any request is sent. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_(TLS|SSL)_.*|.*CERT.*)$/

/** Whether the request may have reached the control plane although no answer came back. */
function mayHaveArrived(error: UnreachableError): boolean {
  return !neverSent.test(causeOf(error) ?? '')
}

import type { OrderBody, OrderTypeResource } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Command } from 'commander'
import type { Context, RemoteContext } from '../../cli.ts'
import { collectWhole, wholeNumber } from '../../options.ts'
import { parseMoment, parseSpan } from '../../times.ts'
import { parsePairs, readPayload } from './payload.ts'
import { chooseTarget, type TargetOptions } from './target.ts'

/** Everything an order may say of itself; schedules take the same. */
export interface OrderOptions extends TargetOptions {
  payload?: string
  set?: string[]
  priority?: number
  runAt?: string
  timeout?: string
  maxAttempts?: number
  dedupeKey?: string
  resourceKey?: string
  label?: string[]
  dryRun?: boolean
}

export function addOrderOptions(command: Command, t: Context['t']): Command {
  return command
    .option('--runner <runner>', t.options.runner)
    .option('--host <host>', t.options.host)
    .option('--scope <scope>', t.options.scope)
    .option('--payload <json>', t.options.payload)
    .option('--set <key=value>', t.options.set, collectWhole)
    .option('--priority <number>', t.options.priority, wholeNumber(t))
    .option('--run-at <time>', t.options.runAt)
    .option('--timeout <duration>', t.options.timeout)
    .option('--max-attempts <number>', t.options.maxAttempts, wholeNumber(t))
    .option('--dedupe-key <key>', t.options.dedupeKey)
    .option('--resource-key <key>', t.options.resourceKey)
    .option('--label <key=value>', t.options.label, collectWhole)
    .option('--dry-run', t.options.dryRun)
}

/** The control plane's catalogue decides, not the one this command was built with. */
export async function getOrderType(type: string, { client, t }: RemoteContext): Promise<OrderTypeResource> {
  const { items } = await client.listOrderTypes()
  const found = items.find((item) => item.type === type)
  if (found) return found
  const near = items.map((item) => item.type).filter((known) => known.split('.').some((part) => type.includes(part)))
  throw new AppError('invalid', t.create.unknownType(type, near), { reason: 'unknown_order_type' })
}

export async function buildOrder(
  type: OrderTypeResource,
  options: OrderOptions,
  context: RemoteContext,
): Promise<{ body: OrderBody; targetName: string }> {
  const { t } = context
  const payload = await readPayload(options, type.payloadSchema, context)
  const target = await chooseTarget(options, context)
  const body = {
    type: type.type,
    ...target.body,
    payload,
    priority: options.priority,
    runAt: options.runAt && parseMoment(options.runAt, '--run-at', 'future', context),
    timeoutSec: options.timeout && Math.ceil(parseSpan(options.timeout, '--timeout', t) / 1000),
    maxAttempts: options.maxAttempts,
    dedupeKey: options.dedupeKey,
    resourceKey: options.resourceKey,
    labels: options.label && parsePairs(options.label, '--label', t),
    dryRun: options.dryRun,
  }
  const said = Object.entries(body).filter(([, value]) => value !== undefined)
  return { body: Object.fromEntries(said) as OrderBody, targetName: target.name }
}

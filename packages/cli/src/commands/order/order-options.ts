import type { OrderBody, OrderTypeResource } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { collectWhole, wholeNumber } from '../../options.ts'
import { parseMoment, parseSpan } from '../../times.ts'
import { translated } from '../../words.ts'
import { orderWords } from './order-words.ts'
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

export function addOrderOptions(command: Command, { t, language }: Pick<Cli, 't' | 'language'>): Command {
  const { options } = words[language]
  const order = orderWords[language].options
  return command
    .option('--runner <runner>', order.runner)
    .option('--server <server>', order.server)
    .option('--scope <scope>', options.scope)
    .option('--payload <json>', options.payload)
    .option('--set <key=value>', options.set, collectWhole)
    .option('--priority <number>', options.priority, wholeNumber(t))
    .option('--run-at <time>', options.runAt)
    .option('--timeout <duration>', options.timeout)
    .option('--max-attempts <number>', options.maxAttempts, wholeNumber(t))
    .option('--dedupe-key <key>', options.dedupeKey)
    .option('--resource-key <key>', options.resourceKey)
    .option('--label <key=value>', options.label, collectWhole)
    .option('--dry-run', t.options.dryRun)
}

/** The control plane's catalogue decides, not the one this command was built with. */
export async function getOrderType(type: string, { client, language }: RemoteContext): Promise<OrderTypeResource> {
  const { items } = await client.listOrderTypes()
  const found = items.find((item) => item.type === type)
  if (found) return found
  const near = items.map((item) => item.type).filter((known) => known.split('.').some((part) => type.includes(part)))
  throw new AppError('invalid', words[language].unknownType(type, near), { reason: 'unknown_order_type' })
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
    labels: options.label && parsePairs(options.label, '--label', context.language),
    dryRun: options.dryRun,
  }
  const said = Object.entries(body).filter(([, value]) => value !== undefined)
  return { body: Object.fromEntries(said) as OrderBody, targetName: target.name }
}

const words = translated({
  en: {
    options: {
      scope: 'any runner that holds this scope',
      payload: 'payload as JSON, @file, or - for standard input',
      set: 'one field of the payload; dots lead inward (repeatable)',
      priority: 'higher goes first',
      runAt: 'not before: a time, or a duration from now',
      timeout: 'longest run, such as 90s or 5m',
      maxAttempts: 'how often it may be tried',
      dedupeKey: 'only one live order may have this key',
      resourceKey: 'orders with the same key run one after the other',
      label: 'label to keep with it (repeatable)',
    },
    unknownType: (type: string, near: string[]) =>
      `There is no order type "${type}". ${near.length > 0 ? `Did you mean ${near.join(', ')}?` : 'See them: ikoma order types'}`,
  },
  fr: {
    options: {
      scope: 'tout runner qui a cette portée',
      payload: 'paramètres en JSON, @fichier, ou - pour l’entrée standard',
      set: 'un champ des paramètres ; les points descendent (répétable)',
      priority: 'le plus grand passe d’abord',
      runAt: 'pas avant : une date, ou une durée à partir de maintenant',
      timeout: 'durée maximale, comme 90s ou 5m',
      maxAttempts: 'nombre d’essais permis',
      dedupeKey: 'un seul ordre vivant peut avoir cette clé',
      resourceKey: 'les ordres de même clé s’exécutent l’un après l’autre',
      label: 'étiquette à conserver (répétable)',
    },
    unknownType: (type, near) =>
      `Le type d’ordre « ${type} » n’existe pas. ${near.length > 0 ? `Vouliez-vous dire ${near.join(', ')} ?` : 'Pour les voir : ikoma order types'}`,
  },
})

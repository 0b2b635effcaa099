import { UnreachableError } from '@ikoma/api'
import { type ConnectionFailureKind, newId } from '@ikoma/kernel'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { requireConfirm } from '../../confirm.ts'
import { exitCodes } from '../../exit-codes.ts'
import { shortId } from '../../lookup.ts'
import { parseSpan } from '../../times.ts'
import { translated } from '../../words.ts'
import { attachOrder } from './attach.ts'
import { addOrderOptions, buildOrder, getOrderType, type OrderOptions } from './order-options.ts'
import { orderWords } from './order-words.ts'

export interface CreateOrderOptions extends OrderOptions {
  type: string
  confirm?: string
  idempotencyKey?: string
  detach?: boolean
  waitTimeout?: string
}

export function createOrderCommand(cli: Cli): Command {
  const { options } = words[cli.language]
  return addOrderOptions(cli.command('create', words).argument('<type>', orderWords[cli.language].args.type), cli)
    .option('--confirm <type>', orderWords[cli.language].options.confirm)
    .option('--idempotency-key <key>', options.idempotencyKey)
    .option('--detach', options.detach)
    .option('--wait-timeout <duration>', orderWords[cli.language].options.waitTimeout)
    .action(cli.remote(createOrder))
}

/** Places an order and, unless told to detach, stays with it until it ends. */
export async function createOrder(options: CreateOrderOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, language } = context
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
    out.note({ text: t.errors.prefix, style: 'red' }, ' ', words[language].unknown(key))
    return exitCodes.unknownOutcome
  }
  if (!options.detach) return attachOrder(order, { targetName, waitMs }, context)
  out.answer(order, () => out.line(order.id))
  const approval = order.status === 'PENDING_APPROVAL'
  out.note(
    approval ? orderWords[language].needsApproval(shortId(order.id)) : words[language].detached(shortId(order.id)),
  )
  return exitCodes.ok
}

/** Failures of connecting, before any request is sent. */
const neverSent: readonly ConnectionFailureKind[] = [
  ...(['name_unknown', 'name_server_silent', 'refused', 'no_route', 'unknown_authority', 'self_signed'] as const),
  ...(['certificate_expired', 'certificate_not_yet_valid', 'wrong_name', 'tls_refused', 'https_to_plain'] as const),
]

/** Whether the request may have reached the control plane although no answer came back. */
function mayHaveArrived({ failure }: UnreachableError): boolean {
  return !neverSent.includes(failure.kind)
}

const words = translated({
  en: {
    summary: 'Place an order and follow it to its end',
    details:
      'Without --runner, --server or --scope the only runner is taken. Ctrl-C stops watching, not the order.\n' +
      'The exit code tells how the order ended: 0 succeeded, 1 failed, 5 refused, 6 timed out or unknown.',
    examples: [
      ['ikoma order create runner.selftest', 'examine the only runner'],
      ['ikoma order create check.http.run --server web-1 --set url=https://example.org', 'check an address from web-1'],
      ['ikoma order create system.facts.collect --runner web-1 --json', 'the finished order as JSON'],
    ],
    options: {
      idempotencyKey: 'placing twice with the same key places one order',
      detach: 'print the id and do not wait for the end',
    },
    detached: (id: string) => `Placed. Follow it: ikoma order logs -f ${id}`,
    unknown: (key: string) =>
      `No answer came, so the order may or may not have been placed. Run the same command again with --idempotency-key ${key}: it places the order once.`,
  },
  fr: {
    summary: 'Passer un ordre et le suivre jusqu’à sa fin',
    details:
      'Sans --runner, --server ni --scope, le seul runner est pris. Ctrl-C arrête le suivi, pas l’ordre.\n' +
      'Le code de sortie dit comment l’ordre a fini : 0 réussi, 1 échoué, 5 refusé, 6 délai dépassé ou issue inconnue.',
    examples: [
      ['ikoma order create runner.selftest', 'examiner le seul runner'],
      [
        'ikoma order create check.http.run --server web-1 --set url=https://example.org',
        'vérifier une adresse depuis web-1',
      ],
      ['ikoma order create system.facts.collect --runner web-1 --json', 'l’ordre terminé en JSON'],
    ],
    options: {
      idempotencyKey: 'deux passages avec la même clé font un seul ordre',
      detach: 'afficher l’id sans attendre la fin',
    },
    detached: (id) => `Ordre passé. Pour le suivre : ikoma order logs -f ${id}`,
    unknown: (key) =>
      `Aucune réponse : l’ordre a peut-être été passé, peut-être pas. Relancez la même commande avec --idempotency-key ${key} : il ne sera passé qu’une fois.`,
  },
})

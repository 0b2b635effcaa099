import { hash } from 'node:crypto'
import {
  type CatalogueEntry,
  catalogue,
  excessOf,
  findOrderType,
  type OrderBody,
  orderBody,
  type PayloadIssue,
  payloadBounds,
  placedPayload,
  plainSecretsIn,
} from '@ikoma/api'
import {
  type AttachedRunner,
  type Order,
  type OrderInsertion,
  type Placement,
  placeOrder,
  type RowFault,
  type Store,
} from '@ikoma/domain'
import { AppError, type Clock, type FieldProblem, newId, notFound } from '@ikoma/kernel'
import type { AccessControl } from '../access.ts'
import type { Keyring } from '../keyring.ts'
import { keyFor } from '../secrets/deliver.ts'
import { SecretDesk, unusable } from '../secrets/secret-desk.ts'
import type { SignalDesk } from '../signal-desk.ts'
import { sealPlacement } from './seal.ts'

interface Placer {
  actor: string
  /** Stands for one intention: the same key and body get the same answer again. */
  idempotencyKey?: string | undefined
  retryOf?: string | undefined
  /** Who answers for it beside the actor, or in place of a schedule; null when nobody can tell. */
  alsoAnswerable?: readonly string[] | null
  /** It was stored before, when plain text was taken for what a secret is meant for: it goes on as it is. */
  asItWas?: boolean
}

interface OrderDeskOptions {
  store: Store
  access: AccessControl
  signals: SignalDesk
  clock: Clock
  keyring: Keyring
  secrets?: SecretDesk
  /** Why none may be placed, while there is a reason. */
  refusal?: () => AppError | null
  /** The runner with what was heard of it and is not written yet. */
  seen?: (runner: AttachedRunner) => AttachedRunner
}

interface Placed {
  order: Order
  repeated: boolean
}

/** Turns a request into a sealed order in the store. */
export class OrderDesk {
  readonly #store: Store
  readonly #access: AccessControl
  readonly #signals: SignalDesk
  readonly #clock: Clock
  readonly #keyring: Keyring
  readonly #secrets: SecretDesk
  readonly #refusal: () => AppError | null
  readonly #seen: (runner: AttachedRunner) => AttachedRunner

  constructor({ store, access, signals, clock, keyring, secrets, refusal = () => null, seen }: OrderDeskOptions) {
    this.#refusal = refusal
    this.#seen = seen ?? ((runner) => runner)
    this.#store = store
    this.#access = access
    this.#signals = signals
    this.#clock = clock
    this.#keyring = keyring
    this.#secrets = secrets ?? new SecretDesk({ store, clock, keyring })
  }

  /** Places an order, or rejects with what is wrong: `invalid`, `not_found`, `unprocessable` or `conflict`. */
  async place(body: OrderBody, placer: Placer): Promise<Placed> {
    const insertion = await this.#insertion(body, placer)
    if ('kind' in insertion) return outcome(insertion)
    const [placement] = await this.#insert([insertion])
    return outcome(placement)
  }

  /** Places each order by itself, in one commit; answers in their order what `place` would, errors as values. */
  async placeAll(bodies: OrderBody[], placer: Placer): Promise<(Placed | AppError)[]> {
    const { idempotencyKey: key } = placer
    const insertions = await Promise.all(
      bodies.map((body, index) => {
        // A header has no line break in it: no other request can have this key.
        const idempotencyKey = key === undefined ? undefined : `${key}\n${index}`
        return orRefusal(() => this.#insertion(body, { ...placer, idempotencyKey }))
      }),
    )
    const placements = await this.#insert(insertions.filter(isInsertion))
    const placed = placements.values()
    return Promise.all(
      insertions.map((each) => {
        if (each instanceof AppError) return each
        return orRefusal(async () => outcome('kind' in each ? each : placed.next().value))
      }),
    )
  }

  /** Rejects like `place` when the order could not be placed now; nothing is stored. */
  async check(body: OrderBody, actor: string): Promise<void> {
    await this.#prepare(body, { actor })
  }

  /** The order as a body, to be placed again. */
  bodyOf(order: Order): OrderBody {
    const [kind, name] = splitTarget(order.target)
    return bodyFrom({
      type: order.type,
      [kind]: name,
      payload: order.payload,
      priority: order.priority,
      timeoutSec: order.timeoutSec,
      ...(order.retryClass === 'idempotent' ? { maxAttempts: order.maxAttempts } : {}),
      ...(order.dedupeKey === null ? {} : { dedupeKey: order.dedupeKey }),
      ...(order.resourceKey === null ? {} : { resourceKey: order.resourceKey }),
      labels: order.labels,
      dryRun: order.dryRun,
    })
  }

  /** Runners that wait are woken at once: their claims then share the commit of what they take. */
  #insert(insertions: OrderInsertion[]): Promise<Placement[]> {
    const placing = this.#store.insertOrders(insertions)
    const targets = insertions.filter(({ order }) => order.status === 'QUEUED' && order.wait === null)
    this.#signals.dispatch({ kind: 'claimable', targets: targets.map(({ order }) => order.target) })
    return placing
  }

  /** What is to be inserted; or, where that may not be placed any more but was under its key, the first answer again. */
  async #insertion(body: OrderBody, placer: Placer): Promise<OrderInsertion | Placement> {
    const { actor, idempotencyKey: key, retryOf } = placer
    const idempotency = key === undefined ? null : { key, digest: digestOf(body, retryOf) }
    try {
      return { order: await this.#prepare(body, placer), actor, idempotency }
    } catch (error) {
      const first = idempotency && (await this.#store.findAnswer(actor, idempotency.key))
      if (!first) throw error
      return first.digest === idempotency.digest ? { kind: 'repeated', order: first.answer } : { kind: 'key_reused' }
    }
  }

  async #prepare(body: OrderBody, placer: Placer): Promise<Order> {
    const refused = this.#refusal()
    if (refused) throw refused
    const { actor, retryOf, alsoAnswerable = [], asItWas = false } = placer
    const type = findOrderType(body.type)
    if (!type) {
      throw new AppError('unprocessable', `There is no order type "${body.type}". GET /v1/order-types lists them.`, {
        reason: 'order_type_unknown',
        fields: [{ field: 'body/type', message: `one of ${Object.keys(catalogue).join(', ')}` }],
      })
    }
    const runner = await this.#resolveRunner(body)
    const { payload, secrets } = checkedPayload(type, body.payload ?? {}, asItWas)
    await this.#refuseSecrets(secrets, type, runner)
    const request = {
      serverId: body.serverId ?? null,
      runnerId: body.runnerId ?? null,
      scope: body.scope ?? null,
      payload,
      priority: body.priority ?? 0,
      runAt: timeOrNull(body.runAt),
      expiresAt: timeOrNull(body.expiresAt),
      timeoutSec: body.timeoutSec ?? null,
      maxAttempts: body.maxAttempts ?? null,
      dedupeKey: body.dedupeKey ?? null,
      resourceKey: body.resourceKey ?? null,
      labels: body.labels ?? {},
      dryRun: body.dryRun ?? false,
      retryOf: retryOf ?? null,
    }
    const now = this.#clock.now()
    const order = placeOrder(request, type, { id: newId(), now, actor, alsoAnswerable, runner })
    return sealPlacement(order, this.#keyring)
  }

  /** A scope has no server and no key yet: whoever claims it is asked then. */
  async #refuseSecrets(names: string[], type: CatalogueEntry, runner: AttachedRunner | null): Promise<void> {
    const [first] = names
    if (first === undefined) return
    await this.#secrets.refuseUnusable(names, runner?.serverId ?? null)
    if (runner && keyFor(type, runner) === null) throw unusable('secrets_unsupported', first)
  }

  async #resolveRunner({ runnerId, serverId }: OrderBody): Promise<AttachedRunner | null> {
    if (runnerId !== undefined) {
      const runner = await this.#access.findRunner(runnerId)
      if (!runner) throw notFound('runner', runnerId)
      return this.#seen(asWritten('runner', runner))
    }
    if (serverId === undefined) return null
    const server = await this.#store.findServer(serverId)
    if (!server) throw notFound('server', serverId)
    const runner =
      asWritten('server', server).runnerId === null ? null : await this.#access.findRunner(server.runnerId ?? '')
    return runner && this.#seen(asWritten('runner', runner))
  }
}

function asWritten<T extends { fault?: RowFault | undefined }>(noun: string, row: T): T {
  if (row.fault === undefined) return row
  throw new AppError('conflict', `This ${noun} was changed in the database. Delete it and make it again.`, {
    reason: 'seal_broken',
  })
}

function isInsertion(each: OrderInsertion | Placement | AppError): each is OrderInsertion {
  return !(each instanceof AppError) && !('kind' in each)
}

/** A refusal as a value; what is no AppError still rejects. */
async function orRefusal<T>(work: () => Promise<T>): Promise<T | AppError> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

function outcome(placement: Placement | undefined): Placed {
  switch (placement?.kind) {
    case 'inserted':
      return { order: placement.order, repeated: false }
    case 'repeated':
      return { order: placement.order, repeated: true }
    case 'duplicate':
      throw new AppError('conflict', `A live order with this dedupeKey exists: ${placement.orderId}.`, {
        reason: 'duplicate_order',
        details: { orderId: placement.orderId },
      })
    case 'key_reused':
      throw new AppError(
        'unprocessable',
        'This Idempotency-Key was used with another body. Use a new key for a new order.',
        {
          reason: 'idempotency_key_reused',
        },
      )
    case undefined:
      throw new AppError('internal', 'The store gave no answer for an order.')
  }
}

/** A body from what was stored, perhaps by a version that allowed more; rejects with `unprocessable`. */
export function bodyFrom(stored: Record<string, unknown>): OrderBody {
  const payload = stored.payload ?? {}
  const excess = excessOf(payload, payloadBounds)
  if (excess !== null) throw payloadTooLarge(excess)
  const parsed = orderBody.safeParse({ ...stored, payload })
  if (parsed.success) return parsed.data
  const fields = fieldsOf(parsed.error, ['body'])
  throw new AppError('unprocessable', sentence(fields), { reason: 'order_unreadable', fields })
}

/** A body that is wrong in a thousand places is not answered with a thousand sentences. */
const maxFields = 20

function fieldsOf({ issues }: { issues: readonly PayloadIssue[] }, at: string[]): FieldProblem[] {
  return issues.slice(0, maxFields).map(({ path, message }) => ({
    field: [...at, ...path].join('/').slice(0, 500),
    message: message.slice(0, 500),
  }))
}

function sentence(fields: readonly FieldProblem[]): string {
  return fields.map(({ field, message }) => `${field}: ${message}`).join('; ')
}

function payloadTooLarge(excess: string): AppError {
  const message = `${excess}. Put large content on the server, and name its path.`
  return new AppError('invalid', `body/payload: ${message}`, {
    reason: 'payload_too_large',
    fields: [{ field: 'body/payload', message }],
  })
}

/** The payload with its defaults, and the secrets that it names. */
function checkedPayload(type: CatalogueEntry, payload: Record<string, unknown>, asItWas: boolean) {
  const plain = asItWas ? [] : plainSecretsIn(type, payload)
  if (plain.length > 0) {
    const issues = plain.map((path) => ({ path, message: plainSecretAdvice }))
    throw payloadRefused(issues, 'plain_secret')
  }
  const placed = placedPayload(type, payload)
  if (!placed.ok) throw payloadRefused(placed.issues, 'payload_invalid')
  // As it will be stored and granted: what it takes by default counts too.
  const excess = excessOf(placed.payload, payloadBounds)
  if (excess !== null) throw payloadTooLarge(excess)
  return placed
}

const plainSecretAdvice =
  'its name says that it is a secret, and orders are stored and shown: set it with `ikoma secret set <name>` and put {"secret": "<name>"} here. What is no secret is written {"plain": "…"}'

function payloadRefused(issues: readonly PayloadIssue[], reason: string): AppError {
  const fields = fieldsOf({ issues }, ['body/payload'])
  return new AppError('invalid', sentence(fields), { reason, fields })
}

function splitTarget(target: string): ['serverId' | 'runnerId' | 'scope', string] {
  const colon = target.indexOf(':')
  const name = target.slice(colon + 1)
  if (target.startsWith('server:')) return ['serverId', name]
  return target.startsWith('runner:') ? ['runnerId', name] : ['scope', name]
}

function timeOrNull(iso: string | undefined): number | null {
  return iso === undefined ? null : Date.parse(iso)
}

function digestOf(body: OrderBody, retryOf: string | undefined): string {
  return hash('sha256', JSON.stringify([body, retryOf ?? null]), 'base64url')
}

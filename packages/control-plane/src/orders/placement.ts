import { hash } from 'node:crypto'
import { catalogue, excessOf, findOrderType, type OrderBody, orderBody, payloadBounds } from '@ikoma/api'
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
import type { z } from 'zod'
import type { AccessControl } from '../access.ts'
import type { Keyring } from '../keyring.ts'
import type { SignalDesk } from '../signal-desk.ts'
import { sealPlacement } from './seal.ts'

interface Placer {
  actor: string
  /** Stands for one intention: the same key and body get the same answer again. */
  idempotencyKey?: string | undefined
  retryOf?: string | undefined
  /** Who answers for it beside the actor, or in place of a schedule; null when nobody can tell. */
  alsoAnswerable?: readonly string[] | null
}

interface OrderDeskOptions {
  store: Store
  access: AccessControl
  signals: SignalDesk
  clock: Clock
  keyring: Keyring
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

  constructor({ store, access, signals, clock, keyring }: OrderDeskOptions) {
    this.#store = store
    this.#access = access
    this.#signals = signals
    this.#clock = clock
    this.#keyring = keyring
  }

  /** Places an order, or rejects with what is wrong: `invalid`, `not_found`, `unprocessable` or `conflict`. */
  async place(body: OrderBody, placer: Placer): Promise<Placed> {
    const [placement] = await this.#insert([await this.#insertion(body, placer)])
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
      insertions.map((each) => (each instanceof AppError ? each : orRefusal(async () => outcome(placed.next().value)))),
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

  async #insertion(body: OrderBody, placer: Placer): Promise<OrderInsertion> {
    const { actor, idempotencyKey: key, retryOf } = placer
    const order = await this.#prepare(body, placer)
    return { order, actor, idempotency: key === undefined ? null : { key, digest: digestOf(body, retryOf) } }
  }

  async #prepare(body: OrderBody, { actor, retryOf, alsoAnswerable = [] }: Placer): Promise<Order> {
    const type = findOrderType(body.type)
    if (!type) {
      throw new AppError('unprocessable', `There is no order type "${body.type}". GET /v1/order-types lists them.`, {
        reason: 'order_type_unknown',
        fields: [{ field: 'body/type', message: `one of ${Object.keys(catalogue).join(', ')}` }],
      })
    }
    const runner = await this.#resolveRunner(body)
    const request = {
      serverId: body.serverId ?? null,
      runnerId: body.runnerId ?? null,
      scope: body.scope ?? null,
      payload: checkedPayload(type.payload, body.payload ?? {}),
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

  async #resolveRunner({ runnerId, serverId }: OrderBody): Promise<AttachedRunner | null> {
    if (runnerId !== undefined) {
      const runner = await this.#access.findRunner(runnerId)
      if (!runner) throw notFound('runner', runnerId)
      return asWritten('runner', runner)
    }
    if (serverId === undefined) return null
    const server = await this.#store.findServer(serverId)
    if (!server) throw notFound('server', serverId)
    const runner =
      asWritten('server', server).runnerId === null ? null : await this.#access.findRunner(server.runnerId ?? '')
    return runner && asWritten('runner', runner)
  }
}

function asWritten<T extends { fault?: RowFault | undefined }>(noun: string, row: T): T {
  if (row.fault === undefined) return row
  throw new AppError('conflict', `This ${noun} was changed in the database. Delete it and make it again.`, {
    reason: 'seal_broken',
  })
}

function isInsertion(each: OrderInsertion | AppError): each is OrderInsertion {
  return !(each instanceof AppError)
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

function checkedPayload(schema: z.ZodType, payload: Record<string, unknown>): Record<string, unknown> {
  const parsed = schema.safeParse(payload)
  if (parsed.success) {
    // As it will be stored and granted: what it takes by default counts too.
    const excess = excessOf(parsed.data, payloadBounds)
    if (excess !== null) throw payloadTooLarge(excess)
    return parsed.data as Record<string, unknown>
  }
  const fields = fieldsOf(parsed.error, ['body/payload'])
  throw new AppError('invalid', sentence(fields), { reason: 'payload_invalid', fields })
}

/** A body that is wrong in a thousand places is not answered with a thousand sentences. */
const maxFields = 20

function fieldsOf({ issues }: z.ZodError, at: string[]): FieldProblem[] {
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

import { AppError } from '@ikoma/kernel'
import { describe, expect, it } from 'vitest'
import { defaultExpiryMs } from './order-timing.ts'
import { defaultMaxAttempts, type OrderRequest, type OrderType, placeOrder } from './place-order.ts'
import type { AttachedRunner } from './runner.ts'
import { noon } from './testing/orders.ts'

const type: OrderType = {
  type: 'platform.caddy.route.apply',
  requiredScope: 'platform.caddy',
  risk: 'change',
  retryClass: 'idempotent',
  timeoutSec: 60,
  approval: false,
}

describe('placing an order', () => {
  it('takes from the request what it says and from the type what it does not', () => {
    const { order } = setup()
    expect(order()).toMatchObject({
      status: 'QUEUED',
      target: 'scope:platform.caddy',
      attempt: 0,
      maxAttempts: defaultMaxAttempts,
      timeoutSec: 60,
      runAt: noon,
      wait: null,
      expiresAt: noon + defaultExpiryMs,
      dueAt: noon + defaultExpiryMs,
      risk: 'change',
      createdBy: 'admin-key',
      report: null,
    })
    expect(order({ timeoutSec: 5, maxAttempts: 9 })).toMatchObject({ timeoutSec: 5, maxAttempts: 9 })
  })

  it('waits for its time first, then for its turn', () => {
    const { order } = setup()
    expect(order({ runAt: noon + 1, resourceKey: 'app' }).wait).toBe('time')
    expect(order({ runAt: noon - 1, resourceKey: 'app' }).wait).toBe('resource')
    expect(order({ runAt: noon }).wait).toBeNull()
  })

  it('expires a day after it could first run, or when it was asked to', () => {
    const { order } = setup()
    expect(order({ runAt: noon + 7 })).toMatchObject({ expiresAt: noon + 7 + defaultExpiryMs })
    expect(order({ runAt: noon - 7 })).toMatchObject({ expiresAt: noon + defaultExpiryMs })
    expect(order({ expiresAt: noon + 3 })).toMatchObject({ expiresAt: noon + 3, dueAt: noon + 3 })
  })

  it('of a type that runs once gives it one attempt, whatever was asked', () => {
    const { order } = setup({ retryClass: 'once' })
    expect(order({ maxAttempts: 5 })).toMatchObject({ maxAttempts: 1, retryClass: 'once' })
  })

  it('of a type that needs approval waits for it, and for nothing else yet', () => {
    const { order } = setup({ approval: true })
    const pending = { status: 'PENDING_APPROVAL', wait: null, dueAt: noon + defaultExpiryMs }
    expect(order({ resourceKey: 'app' })).toMatchObject(pending)
  })

  it('is refused for a server without a runner', () => {
    const { refusal } = setup()
    expect(refusal({ serverId: 'server-1', scope: null }, null)).toEqual(['unprocessable', 'runner_not_attached'])
  })

  it('is refused for a disabled runner', () => {
    const { refusal } = setup()
    expect(refusal({ runnerId: 'runner-1' }, aRunner({ disabled: true }))).toEqual(['unprocessable', 'runner_disabled'])
  })

  it('is refused for a runner without the scope of its type, matched by whole segments', () => {
    const { refusal, order } = setup()
    for (const scopes of [[], ['platform.caddyx'], ['platform.caddy.route'], ['app']]) {
      expect(refusal({ runnerId: 'runner-1' }, aRunner({ scopes }))).toEqual(['unprocessable', 'scope_denied'])
    }
    for (const scopes of [['platform'], ['app', 'platform.caddy'], ['*']]) {
      expect(order({ runnerId: 'runner-1' }, aRunner({ scopes })).target).toBe('runner:runner-1')
    }
    const unscoped = setup({ requiredScope: null })
    expect(unscoped.order({ runnerId: 'runner-1' }, aRunner({ scopes: [] })).runnerId).toBe('runner-1')
  })
})

function setup(patch: Partial<OrderType> = {}) {
  const order = (request: Partial<OrderRequest> = {}, runner: AttachedRunner | null = null) =>
    placeOrder(aRequest(request), { ...type, ...patch }, { id: 'order-1', now: noon, actor: 'admin-key', runner })
  const refusal = (request: Partial<OrderRequest>, runner: AttachedRunner | null) => {
    try {
      return order(request, runner).status
    } catch (error) {
      return error instanceof AppError ? [error.code, error.reason] : error
    }
  }
  return { order, refusal }
}

function aRequest(patch: Partial<OrderRequest>): OrderRequest {
  return {
    serverId: null,
    runnerId: null,
    scope: 'platform.caddy',
    payload: {},
    priority: 0,
    runAt: null,
    expiresAt: null,
    timeoutSec: null,
    maxAttempts: null,
    dedupeKey: null,
    resourceKey: null,
    labels: {},
    dryRun: false,
    retryOf: null,
    ...patch,
  }
}

function aRunner(patch: Partial<AttachedRunner>): AttachedRunner {
  return {
    id: 'runner-1',
    name: 'Runner-01',
    scopes: ['*'],
    labels: {},
    capabilities: {},
    concurrency: 1,
    disabled: false,
    reported: null,
    tokenHash: 'hash',
    previousTokenHash: null,
    previousTokenExpiresAt: null,
    publicKey: null,
    sealKey: null,
    runnerSealKey: null,
    version: null,
    lastSeenAt: null,
    instance: null,
    createdAt: noon,
    serverId: null,
    ...patch,
  }
}

import { describe, expect, it } from 'vitest'
import type { OrderState } from './order.ts'
import type { Decision, OrderEvent } from './order-event.ts'
import { advance } from './order-rules.ts'
import { isTerminal, liveStatuses, nextStatus, type OrderStatus, orderStatuses, orderTable } from './order-state.ts'
import { defaultTiming } from './order-timing.ts'
import { anOrder, at, completed, holder, noon, retryClasses, settled } from './testing/orders.ts'

/** Every event in every state. `a/b`: of an idempotent order / of a `once` order; `a>b`: one after the other. */
const answers = `
event                 PENDING_APPROVAL  QUEUED          CLAIMED         RUNNING                       STALE                       NEEDS_ATTENTION  terminal
approve               QUEUED            invalid_status  invalid_status  invalid_status                invalid_status              invalid_status   invalid_status
reject                REJECTED          invalid_status  invalid_status  invalid_status                invalid_status              invalid_status   invalid_status
settle_succeeded      not_in_doubt      not_in_doubt    not_in_doubt    not_in_doubt                  not_in_doubt/SUCCEEDED      SUCCEEDED        not_in_doubt
settle_failed         not_in_doubt      not_in_doubt    not_in_doubt    not_in_doubt                  not_in_doubt/FAILED         FAILED           not_in_doubt
claim                 invalid_status    CLAIMED         invalid_status  invalid_status                invalid_status              invalid_status   invalid_status
start                 lease_lost        lease_lost      RUNNING         kept                          invalid_status              invalid_status   already_ended
heartbeat             lease_lost        lease_lost      invalid_status  kept                          lease_lost/RUNNING          lease_lost/kept  already_ended
heartbeat_overdue     lease_lost        lease_lost      invalid_status  kept                          lease_lost/kept             lease_lost/kept  already_ended
heartbeat_with_key    lease_lost        lease_lost      invalid_status  kept                          lease_lost/RUNNING          lease_lost       already_ended
succeeded             lease_lost        lease_lost      invalid_status  SUCCEEDED                     SUCCEEDED                   SUCCEEDED        already_ended
failed                lease_lost        lease_lost      invalid_status  FAILED>QUEUED/FAILED          FAILED>QUEUED/FAILED        FAILED           already_ended
failed_for_good       lease_lost        lease_lost      invalid_status  FAILED                        FAILED                      FAILED           already_ended
failed_last_run       lease_lost        lease_lost      invalid_status  FAILED                        FAILED                      FAILED           already_ended
failed_cancel_asked   lease_lost        lease_lost      invalid_status  FAILED                        FAILED                      FAILED           already_ended
timed_out             lease_lost        lease_lost      invalid_status  TIMED_OUT>QUEUED/TIMED_OUT    TIMED_OUT>QUEUED/TIMED_OUT  TIMED_OUT        already_ended
timed_out_for_good    lease_lost        lease_lost      invalid_status  TIMED_OUT                     TIMED_OUT                   TIMED_OUT        already_ended
canceled              lease_lost        lease_lost      invalid_status  FAILED                        FAILED                      FAILED           already_ended
canceled_as_asked     lease_lost        lease_lost      invalid_status  CANCELED                      CANCELED                    CANCELED         already_ended
interrupted           lease_lost        lease_lost      invalid_status  STALE>QUEUED/STALE>NEEDS_ATTENTION  QUEUED/NEEDS_ATTENTION      NEEDS_ATTENTION  already_ended
interrupted_last_run  lease_lost        lease_lost      invalid_status  STALE>FAILED/STALE>NEEDS_ATTENTION  FAILED/NEEDS_ATTENTION      NEEDS_ATTENTION  already_ended
interrupted_asked     lease_lost        lease_lost      invalid_status  STALE>FAILED/STALE>NEEDS_ATTENTION  FAILED/NEEDS_ATTENTION      NEEDS_ATTENTION  already_ended
cancel                CANCELED          CANCELED        CANCELED        RUNNING                       STALE                       already_ended    already_ended
cancel_again          CANCELED          CANCELED        CANCELED        kept                          kept                        already_ended    already_ended
sweep_early           kept              kept            kept            kept                          kept                        kept             kept
sweep_lapsed          kept              kept            QUEUED          STALE                         QUEUED/kept                 kept             kept
sweep_day             EXPIRED           EXPIRED         QUEUED          STALE                         QUEUED/NEEDS_ATTENTION      kept             kept
sweep_deadline        kept              kept            kept            STALE                         kept                        kept             kept
sweep_deadline_spent  kept              kept            kept            STALE                         kept                        kept             kept
sweep_deadline_asked  kept              kept            kept            STALE                         kept                        kept             kept
sweep_spent           kept              kept            FAILED          STALE                         FAILED/kept                 kept             kept
`

interface Situation {
  event: OrderEvent
  patch?: Partial<OrderState>
  now?: number
}

const [hour, day] = [noon + 3_600_000, noon + 86_400_000]
const asked = { cancelRequestedAt: noon }
const lastRun = { maxAttempts: 1 }
const overdue = { timeoutSec: 60, leaseExpiresAt: hour + 1 }
const lostBefore = defaultTiming.maxLostClaims - 1
const sweep: OrderEvent = { kind: 'sweep' }

const situations: Record<string, Situation> = {
  approve: { event: { kind: 'approve', approval: 'ana' } },
  reject: { event: { kind: 'reject', reason: null } },
  settle_succeeded: { event: settled('succeeded') },
  settle_failed: { event: settled('failed') },
  claim: { event: { kind: 'claim', runnerId: 'runner-1', lease: 'lease-2' } },
  start: { event: { kind: 'start', by: holder } },
  heartbeat: { event: { kind: 'heartbeat', by: holder } },
  heartbeat_overdue: { event: { kind: 'heartbeat', by: holder }, now: hour, patch: overdue },
  heartbeat_with_key: { event: { kind: 'heartbeat', by: holder }, patch: { resourceKey: 'app' } },
  succeeded: { event: completed('succeeded') },
  failed: { event: completed('failed') },
  failed_for_good: { event: completed('failed', { retryable: false }) },
  failed_last_run: { event: completed('failed'), patch: lastRun },
  failed_cancel_asked: { event: completed('failed'), patch: asked },
  timed_out: { event: completed('timed_out') },
  timed_out_for_good: { event: completed('timed_out', { retryable: false }) },
  canceled: { event: completed('canceled') },
  canceled_as_asked: { event: completed('canceled'), patch: asked },
  interrupted: { event: completed('interrupted') },
  interrupted_last_run: { event: completed('interrupted'), patch: lastRun },
  interrupted_asked: { event: completed('interrupted'), patch: asked },
  cancel: { event: { kind: 'cancel', reason: null } },
  cancel_again: { event: { kind: 'cancel', reason: null }, patch: asked },
  sweep_early: { event: sweep },
  sweep_lapsed: { event: sweep, now: hour },
  sweep_day: { event: sweep, now: day },
  sweep_deadline: { event: sweep, now: hour, patch: overdue },
  sweep_deadline_spent: { event: sweep, now: hour, patch: { ...overdue, ...lastRun } },
  sweep_deadline_asked: { event: sweep, now: hour, patch: { ...overdue, ...asked } },
  sweep_spent: { event: sweep, now: hour, patch: { attempt: lostBefore + 1, lostClaims: lostBefore, ...lastRun } },
}

const cells = readCells(answers)

/** What each event that moves an order writes into its history, with the reason; of an idempotent order in the state named. */
const history: [event: string, from: OrderStatus, told: string][] = [
  ['approve', 'PENDING_APPROVAL', 'order.approved'],
  ['reject', 'PENDING_APPROVAL', 'order.rejected rejected'],
  ['settle_failed', 'NEEDS_ATTENTION', 'order.settled the row is there'],
  ['succeeded', 'NEEDS_ATTENTION', 'order.succeeded'],
  ['failed', 'NEEDS_ATTENTION', 'order.failed failed'],
  ['interrupted', 'NEEDS_ATTENTION', 'order.reported_late interrupted'],
  ['claim', 'QUEUED', 'order.claimed'],
  ['start', 'CLAIMED', 'order.started'],
  ['succeeded', 'RUNNING', 'order.succeeded'],
  ['failed', 'RUNNING', 'order.failed failed, order.requeued retry'],
  ['failed_for_good', 'RUNNING', 'order.failed failed'],
  ['timed_out', 'RUNNING', 'order.timed_out timeout, order.requeued retry'],
  ['canceled', 'RUNNING', 'order.failed stopped_by_runner'],
  ['canceled_as_asked', 'RUNNING', 'order.canceled canceled_while_running'],
  ['interrupted', 'RUNNING', 'order.went_stale interrupted, order.requeued interrupted'],
  ['interrupted', 'STALE', 'order.requeued interrupted'],
  ['interrupted_last_run', 'RUNNING', 'order.went_stale interrupted, order.failed interrupted'],
  ['cancel', 'QUEUED', 'order.canceled canceled'],
  ['cancel', 'RUNNING', 'order.cancel_requested'],
  ['sweep_day', 'QUEUED', 'order.expired not_claimed_in_time'],
  ['sweep_lapsed', 'CLAIMED', 'order.requeued claim_expired'],
  ['sweep_spent', 'CLAIMED', 'order.failed claim_lost_too_often'],
  ['sweep_lapsed', 'RUNNING', 'order.went_stale no_heartbeat'],
  ['sweep_deadline', 'RUNNING', 'order.went_stale timeout'],
]

describe('the history of an order', () => {
  for (const [event, from, told] of history) {
    it(`has ${told} after ${event} in ${from}`, () => {
      const { decision } = happen(event, from, 'idempotent')
      const steps = decision.kind === 'changed' ? decision.steps : []
      expect(steps.map(({ action, reason }) => (reason === null ? action : `${action} ${reason}`)).join(', ')).toBe(
        told,
      )
    })
  }

  it('has the reason that was given', () => {
    for (const event of [
      completed('failed', { reason: 'disk_full', retryable: false }),
      completed('failed', { reason: 'disk_full' }),
    ]) {
      const decision = advance(anOrder('RUNNING'), event, at())
      expect(decision.kind === 'changed' && decision.steps[0]).toMatchObject({ reason: 'disk_full' })
    }
    const rejected = advance(anOrder('PENDING_APPROVAL'), { kind: 'reject', reason: 'not today' }, at())
    expect(rejected.order.statusReason).toBe('not today')
  })

  it('has of an order that went stale why it did, when it is decided', () => {
    const stale = anOrder('STALE', { statusReason: 'timeout', dueAt: noon, maxAttempts: 1 })
    const decision = advance(stale, { kind: 'sweep' }, at(hour))
    expect(decision.kind === 'changed' && decision.steps).toMatchObject([
      { action: 'order.timed_out', reason: 'timeout' },
    ])
  })
})

describe('every event in every state', () => {
  for (const name of Object.keys(situations)) {
    for (const status of orderStatuses) {
      for (const retryClass of retryClasses) {
        const expected = expectedAnswer(name, status, retryClass)
        it(`${name} of a ${status} ${retryClass} order: ${expected}`, () => {
          const { order, decision } = happen(name, status, retryClass)
          expect(render(decision)).toBe(expected)
          if (decision.kind === 'refused') expect(decision.order).toBe(order)
        })
      }
    }
  }

  it('is in the list', () => {
    expect([...cells.keys()]).toEqual(Object.keys(situations))
  })

  it('moves only along the table, and every move of the table is made by some event', () => {
    const made = new Set<string>()
    for (const name of Object.keys(situations)) {
      for (const status of orderStatuses) {
        for (const retryClass of retryClasses) {
          const { decision } = happen(name, status, retryClass)
          if (decision.kind !== 'changed') continue
          for (const { from, to, action } of decision.steps) {
            if (action !== 'order.cancel_requested' && action !== 'order.reported_late') made.add(`${from} ${to}`)
          }
        }
      }
    }
    const table = orderStatuses.flatMap((from) => Object.values(orderTable[from]).map((to) => `${from} ${to}`))
    expect([...made].toSorted()).toEqual([...new Set(table)].toSorted())
  })

  it('leaves the order it was given as it was', () => {
    for (const name of Object.keys(situations)) {
      for (const status of orderStatuses) {
        const { order } = happen(name, status, 'idempotent')
        expect(order).toEqual(situation(name, status, 'idempotent').order)
      }
    }
  })
})

describe('an order that has ended', () => {
  it('says when, holds no lease and is never due', () => {
    for (const status of liveStatuses) {
      for (const name of Object.keys(situations)) {
        const { decision } = happen(name, status, 'once')
        const now = situations[name]?.now ?? noon
        if (decision.kind !== 'changed' || !isTerminal(decision.order.status)) continue
        expect(decision.order).toMatchObject({ completedAt: now, leaseExpiresAt: null, dueAt: null, wait: null })
      }
    }
  })

  it('cannot be moved by any trigger but the retry of the transaction that ended it', () => {
    for (const status of orderStatuses.filter((each) => isTerminal(each) && each !== 'NEEDS_ATTENTION')) {
      for (const trigger of ['claim', 'start', 'succeed', 'fail', 'cancel', 'lose', 'expire', 'approve'] as const) {
        expect(nextStatus(status, trigger)).toBeNull()
      }
    }
  })
})

function readCells(text: string): Map<string, string[]> {
  const rows = text.trim().split('\n').slice(1)
  return new Map(
    rows.map((row) => {
      const [name = '', ...columns] = row.trim().split(/\s+/)
      return [name, columns]
    }),
  )
}

function expectedAnswer(name: string, status: OrderStatus, retryClass: OrderState['retryClass']): string {
  const column = isTerminal(status)
    ? liveStatuses.length + Number(status !== 'NEEDS_ATTENTION')
    : liveStatuses.indexOf(status)
  const [idempotent = 'missing', once = idempotent] = cells.get(name)?.[column]?.split('/') ?? []
  return retryClass === 'once' ? once : idempotent
}

function situation(name: string, status: OrderStatus, retryClass: OrderState['retryClass']) {
  const { event, patch = {}, now = noon } = situations[name] as Situation
  const maxAttempts = retryClass === 'once' ? 1 : 3
  return { event, now, order: anOrder(status, { retryClass, maxAttempts, ...patch }) }
}

function happen(name: string, status: OrderStatus, retryClass: OrderState['retryClass']) {
  const { event, now, order } = situation(name, status, retryClass)
  return { order, decision: advance(order, event, at(now)) }
}

function render(decision: Decision): string {
  if (decision.kind === 'refused') return decision.refusal
  if (decision.kind === 'kept') return 'kept'
  return decision.steps.map(({ to }) => to).join('>')
}

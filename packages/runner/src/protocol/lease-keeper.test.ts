import { ApiError, type Progress, UnreachableError } from '@ikoma/api'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Stop } from '../order/stop.ts'
import { recordingLogger, until } from '../testing/setup.ts'
import { LeaseKeeper, type LeaseKeeperDeps } from './lease-keeper.ts'

const progress: Progress = {
  ...{ id: '', status: 'RUNNING', statusReason: null, attempt: 1, leaseExpiresAt: null, cancelRequested: false },
}

function setup(renew: LeaseKeeperDeps['renew'], { runLeaseSec = 0.6, rerun = true } = {}) {
  const stops: Stop[] = []
  const begunMs = performance.now()
  const lostAfter: number[] = []
  const onStop = (stop: Stop) => {
    stops.push(stop)
    lostAfter.push(performance.now() - begunMs)
  }
  const keeper = new LeaseKeeper({
    renew,
    runLeaseSec,
    rerun,
    confirmedAtMs: begunMs,
    onStop,
    logger: recordingLogger(),
  })
  onTestFinished(() => keeper.close())
  return { keeper, stops, lostAfter }
}

function parked({ waitSec, signal }: { waitSec: number; signal: AbortSignal }): Promise<Progress> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, waitSec * 1000, progress)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(new UnreachableError('http://x', null))
    })
  })
}

const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('the keeper of a lease', () => {
  it('renews every third of the lease for as long as the order runs', async () => {
    let renewals = 0
    const { stops } = setup((options) => {
      renewals += 1
      return parked(options)
    })
    await pass(1_000)
    expect(stops).toEqual([])
    expect(renewals).toBeGreaterThanOrEqual(4)
    expect(renewals).toBeLessThanOrEqual(6)
  })

  it('does not ask in a rush when answers come at once', async () => {
    let renewals = 0
    setup(async () => {
      renewals += 1
      return progress
    })
    await pass(400)
    expect(renewals).toBeLessThanOrEqual(4)
  })

  it('gives the lease up before it ends when it cannot be renewed', async () => {
    const { stops, lostAfter } = setup(() => Promise.reject(new UnreachableError('http://x', null)))
    await until(() => stops.length === 1)
    expect(stops[0]?.kind).toBe('lost')
    expect(lostAfter[0]).toBeGreaterThanOrEqual(440)
    expect(lostAfter[0]).toBeLessThan(600)
  })

  it('never gives up work that nobody may do again, but stops it when it is told that the claim is over', async () => {
    const problem = { type: '', title: '', status: 409, detail: 'over', reason: 'lease_lost', requestId: '' }
    const begunMs = performance.now()
    const { stops } = setup(
      async () => {
        throw performance.now() - begunMs < 1_000 ? new UnreachableError('http://x', null) : new ApiError(409, problem)
      },
      { rerun: false },
    )
    await pass(700)
    expect(stops).toEqual([])
    await until(() => stops.length === 1)
    expect(stops[0]?.kind).toBe('lost')
  })

  it('counts the lease from when a renewal was sent, not from its answer', async () => {
    let sent = 0
    const { stops, lostAfter } = setup(async ({ signal }) => {
      sent += 1
      if (sent > 1) return parked({ waitSec: 60, signal })
      await pass(250)
      return progress
    })
    await until(() => stops.length === 1)
    expect(lostAfter[0]).toBeLessThan(800)
  })

  it('survives an outage that is shorter than the lease', async () => {
    let failures = 0
    const { stops } = setup((options) => {
      if (failures++ < 3) return Promise.reject(new UnreachableError('http://x', null))
      return parked(options)
    })
    await pass(900)
    expect(stops).toEqual([])
  })

  it('stops at once when the control plane says that the lease is lost', async () => {
    const problem = { type: '', title: '', status: 409, detail: 'Lost.', reason: 'lease_lost', requestId: '' }
    const { stops } = setup(() => Promise.reject(new ApiError(409, problem)), { runLeaseSec: 30 })
    await until(() => stops.length === 1, 500)
    expect(stops).toEqual([{ kind: 'lost', message: 'Lost.' }])
  })

  it('passes a cancel on once and keeps the lease while the order is being stopped', async () => {
    let renewals = 0
    const { stops } = setup(async () => {
      renewals += 1
      return { ...progress, cancelRequested: true }
    })
    await pass(600)
    expect(stops).toMatchObject([{ kind: 'canceled' }])
    expect(renewals).toBeGreaterThanOrEqual(3)
    expect(renewals).toBeLessThanOrEqual(4)
  })
})

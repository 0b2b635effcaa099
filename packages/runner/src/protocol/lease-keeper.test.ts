import { ApiError, type Progress, UnreachableError } from '@ikoma/api'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Stop } from '../order/stop.ts'
import { recordingLogger } from '../testing/setup.ts'
import { testTime } from '../testing/test-time.ts'
import { LeaseKeeper, type LeaseKeeperDeps } from './lease-keeper.ts'

const progress: Progress = {
  ...{ id: '', status: 'RUNNING', statusReason: null, attempt: 1, leaseExpiresAt: null, cancelRequested: false },
}
const second = 1_000

interface Renewal {
  at: number
  /** This one included. */
  count: number
  /** An answer after so long, unless the keeper gives up before. */
  answerAfter(ms: number): Promise<Progress>
  /** An answer when nothing is to be told. */
  parked(): Promise<Progress>
}

function setup(renew: (renewal: Renewal) => Promise<Progress>, { runLeaseSec = 60, rerun = true } = {}) {
  const { time, pass, wait } = testTime()
  const stops: { at: number; stop: Stop }[] = []
  const asked: { at: number; waitSec: number }[] = []
  const keeper = new LeaseKeeper({
    renew: (options: Parameters<LeaseKeeperDeps['renew']>[0]) => {
      asked.push({ at: time.nowMs(), waitSec: options.waitSec })
      const answerAfter = (ms: number) => {
        const gone = new Promise<never>((_, reject) => {
          options.signal.addEventListener('abort', () => reject(new UnreachableError('http://x', null)))
          time.after(options.timeoutMs, () => reject(new UnreachableError('http://x', null)))
        })
        return Promise.race([wait(ms).then(() => progress), gone])
      }
      const parked = () => answerAfter(options.waitSec * second)
      return renew({ at: time.nowMs(), count: asked.length, answerAfter, parked })
    },
    runLeaseSec,
    rerun,
    confirmedAtMs: 0,
    onStop: (stop) => stops.push({ at: time.nowMs(), stop }),
    logger: recordingLogger(),
    time,
  })
  onTestFinished(() => keeper.close())
  return { stops, asked, pass }
}

const unreachable = () => Promise.reject(new UnreachableError('http://x', null))
const lost = (detail: string) => {
  const problem = { type: '', title: '', status: 409, detail, reason: 'lease_lost', requestId: '' }
  return Promise.reject(new ApiError(409, problem))
}

describe('the keeper of a lease', () => {
  it('renews every fifth of the lease for as long as the order runs', async () => {
    const world = setup(({ parked }) => parked())
    await world.pass(60 * second)
    expect(world.asked).toEqual([0, 12, 24, 36, 48, 60].map((sec) => ({ at: sec * second, waitSec: 12 })))
    expect(world.stops).toEqual([])
  })

  it.each([2, 10, 30, 60, 120, 600])(
    'keeps a lease of %s s when its connection says nothing more',
    async (runLeaseSec) => {
      // The third one waits on a connection of which only this end is left; new ones are answered.
      const world = setup(({ count, parked, answerAfter }) => (count === 3 ? answerAfter(1e9) : parked()), {
        runLeaseSec,
      })
      await world.pass(2 * runLeaseSec * second)
      expect(world.stops).toEqual([])
      const [confirmed, silent, next] = world.asked.slice(1, 4).map(({ at }) => at)
      expect(next ?? 0).toBeGreaterThan(silent ?? 0)
      expect((next ?? 0) - (confirmed ?? 0)).toBeLessThan(runLeaseSec * second * 0.6)
    },
  )

  it('does not ask in a rush when answers come at once: once a second, to hear of a cancel', async () => {
    const { asked, pass } = setup(async () => progress)
    await pass(4_500)
    expect(asked.map(({ at }) => at)).toEqual([0, 1, 2, 3, 4].map((sec) => sec * second))
  })

  it('gives the lease up a quarter, or 15 seconds, before it ends when it cannot be renewed', async () => {
    const { stops, pass } = setup(unreachable)
    await pass(45 * second - 1)
    expect(stops).toEqual([])
    await pass(1)
    expect(stops).toMatchObject([{ at: 45 * second, stop: { kind: 'lost' } }])
    const short = setup(unreachable, { runLeaseSec: 8 })
    await short.pass(20 * second)
    expect(short.stops).toMatchObject([{ at: 6 * second }])
  })

  it('never gives up work that nobody may do again, but stops it when it is told that the claim is over', async () => {
    const { stops, pass } = setup(({ at }) => (at < 100 * second ? unreachable() : lost('over')), { rerun: false })
    await pass(100 * second)
    expect(stops).toEqual([])
    await pass(10 * second)
    expect(stops).toMatchObject([{ stop: { kind: 'lost', message: 'over' } }])
  })

  it('counts the lease from when a renewal was sent, not from its answer', async () => {
    const world = setup(({ count, answerAfter }) => answerAfter(count > 1 ? 1_000 * second : 25 * second))
    await world.pass(45 * second)
    // Sent at 0 and answered at 25: good for 60 seconds from 0, not from 25.
    expect(world.stops).toMatchObject([{ at: 45 * second }])
  })

  it('has a whole lease from the next renewal on', async () => {
    const world = setup(({ count, parked }) => (count > 2 ? unreachable() : parked()))
    await world.pass(200 * second)
    // The last renewal that was answered was sent at 12.
    expect(world.stops).toMatchObject([{ at: (12 + 45) * second }])
  })

  it('survives an outage that is shorter than the lease, and asks for an answer at once meanwhile', async () => {
    const world = setup(({ count, parked }) => (count > 1 && count < 5 ? unreachable() : parked()))
    await world.pass(120 * second)
    expect(world.stops).toEqual([])
    expect(world.asked.slice(0, 6).map(({ waitSec }) => waitSec)).toEqual([12, 12, 0, 0, 0, 12])
  })

  it('stops at once when the control plane says that the lease is lost', async () => {
    const { stops, asked, pass } = setup(() => lost('Lost.'))
    await pass(60 * second)
    expect(stops).toEqual([{ at: 0, stop: { kind: 'lost', message: 'Lost.' } }])
    expect(asked).toHaveLength(1)
  })

  it('passes a cancel on once and keeps the lease while the order is being stopped', async () => {
    const { stops, asked, pass } = setup(async () => ({ ...progress, cancelRequested: true }))
    await pass(45 * second)
    expect(stops).toMatchObject([{ at: 0, stop: { kind: 'canceled' } }])
    // Then without being parked, every fifth of the lease.
    expect(asked.map(({ at, waitSec }) => [at, waitSec])).toEqual([
      [0, 12],
      [1 * second, 0],
      [13 * second, 0],
      [25 * second, 0],
      [37 * second, 0],
    ])
  })
})

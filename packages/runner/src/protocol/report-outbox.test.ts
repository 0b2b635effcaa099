import { ApiError, type Report, reportSchema, UnreachableError } from '@ikoma/api'
import { describe, expect, it, onTestFinished } from 'vitest'
import { recordingLogger, until } from '../testing/setup.ts'
import { Comeback } from './comeback.ts'
import { type OutboxDeps, ReportOutbox } from './report-outbox.ts'

const report: Report = { version: 'v2', ok: true, summary: 'Done.', outcome: 'succeeded' }
const result = { orderId: 'order', attempt: 1, lease: 'lease', report }

const forHours = { baseMs: 36_000_000, capMs: 36_000_000 }

function setup(answer: (tries: number) => number | null, more: Partial<OutboxDeps> = {}) {
  const acknowledged: string[] = []
  const told: Report[] = []
  const state = { tries: 0, acknowledged, told }
  const logger = recordingLogger()
  const outbox = new ReportOutbox({
    async complete(_hold, report) {
      told.push(report)
      const status = answer(++state.tries)
      if (status === null) throw new UnreachableError('http://x', null)
      const problem = { type: '', title: '', status, detail: 'no', reason: 'test', requestId: '' }
      if (status !== 200) throw new ApiError(status, problem)
    },
    journal: { recordAck: async (lease) => void acknowledged.push(lease) },
    logger,
    backoff: { baseMs: 5, capMs: 20 },
    ...more,
  })
  onTestFinished(() => outbox.close())
  return { outbox, state, logger }
}

describe('the outbox of reports', () => {
  it('tells a report until it is acknowledged, however long the outage', async () => {
    const { outbox, state } = setup((tries) => (tries < 20 ? ([null, 503, 401, 429][tries % 4] ?? null) : 200))
    await outbox.deliver(result)
    await outbox.idle()
    expect(state).toMatchObject({ tries: 20, acknowledged: ['lease'] })
  })

  it('tells it at once when the control plane is back, however long it would have waited', async () => {
    const comeback = new Comeback()
    const { outbox, state } = setup((tries) => (tries === 1 ? null : 200), { comeback, backoff: forHours })
    await outbox.deliver(result)
    comeback.cameBack()
    await outbox.idle()
    expect(state).toMatchObject({ tries: 2, acknowledged: ['lease'] })
  })

  it('tells it no sooner than the control plane asked for, though it answers others again', async () => {
    const comeback = new Comeback()
    const askedFor = new ApiError(
      503,
      { type: '', title: '', status: 503, detail: '', reason: 'test', requestId: '' },
      1,
    )
    const triedAtMs: number[] = []
    const outbox = new ReportOutbox({
      async complete() {
        triedAtMs.push(performance.now())
        if (triedAtMs.length === 1) throw askedFor
      },
      journal: { recordAck: async () => {} },
      ...{ logger: recordingLogger(), comeback, backoff: forHours },
    })
    await outbox.deliver(result)
    comeback.cameBack()
    await outbox.idle()
    const [first = 0, second = 0] = triedAtMs
    expect(second - first).toBeGreaterThan(990)
  })

  it('tries to tell the end of the log before the report, each time', async () => {
    const told: string[] = []
    const outbox = new ReportOutbox({
      async tellLog({ lease }) {
        told.push(`log of ${lease}`)
      },
      async complete() {
        told.push('report')
        if (told.length < 4) throw new UnreachableError('http://x', null)
      },
      journal: { recordAck: async () => void told.push('ack') },
      logger: recordingLogger(),
      backoff: { baseMs: 1, capMs: 2 },
    })
    await outbox.deliver(result)
    await outbox.idle()
    expect(told).toEqual(['log of lease', 'report', 'log of lease', 'report', 'ack'])
  })

  it.each([400, 413, 422])('tells at least how an order ended when its report is refused with %s', async (status) => {
    const { outbox, state } = setup((tries) => (tries === 1 ? status : 200))
    await outbox.deliver({ ...result, report: { ...report, output: { not: 'taken' } } })
    await outbox.idle()
    expect(state.told).toMatchObject([{ output: { not: 'taken' } }, { ok: true, outcome: 'succeeded', cut: ['all'] }])
    expect(state.acknowledged).toEqual(['lease'])
  })

  it.each([400, 422])('does not tell it for ever: %s a second time is the answer', async (status) => {
    const { outbox, state } = setup(() => status)
    await outbox.deliver(result)
    await outbox.idle()
    expect(state).toMatchObject({ tries: 2, acknowledged: ['lease'] })
  })

  it('cuts what a former version wrote into the journal', async () => {
    const { outbox, state } = setup(() => 200)
    await outbox.deliver({ ...result, report: { ...report, output: { text: 'x'.repeat(900_000) } } })
    await outbox.idle()
    expect(reportSchema.safeParse(state.told[0]).error).toBeUndefined()
    expect(state.told[0]).toMatchObject({ cut: ['output'] })
  })

  it.each([409, 404])('takes %s for an answer and forgets the report, which is no error', async (status) => {
    const { outbox, state, logger } = setup(() => status)
    await outbox.deliver(result)
    await outbox.idle()
    expect(state).toMatchObject({ tries: 1, acknowledged: ['lease'] })
    expect(logger.entries.map(({ level }) => level)).toEqual(['warn'])
  })

  it('does not keep its caller waiting for longer than the first try', async () => {
    const { outbox, state } = setup(() => null)
    await outbox.deliver(result)
    expect(state.acknowledged).toEqual([])
    await until(() => state.tries > 3)
  })

  it('leaves an untold report in the journal when it closes', async () => {
    const { outbox, state } = setup(() => null)
    await outbox.deliver(result)
    await outbox.close()
    expect(state.acknowledged).toEqual([])
  })
})

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Grant } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { describe, expect, it } from 'vitest'
import { machineHash } from '../host/machine-identity.ts'
import { environmentHas, readProcesses } from '../host/process-table.ts'
import { Journal } from '../protocol/journal.ts'
import { recordingLogger, setup, temporaryDirectory, until } from '../testing/setup.ts'
import { testTime } from '../testing/test-time.ts'

function processesOf(orderId: string): number {
  const markers = [`IKOMA_ORDER=${orderId}.1`, `IKOMA_ORDER=${orderId}.2`]
  return readProcesses().filter(({ pid }) => markers.some((marker) => environmentHas(pid, marker))).length
}

describe('an order that must not run', () => {
  it.each<[string, Partial<Grant>]>([
    ['another runner', { runnerId: '0198c000-0000-7000-8000-00000000dead' }],
    ['the past', { notAfter: 0 }],
  ])('is refused loudly and without effect when it was signed for %s', async (_what, change) => {
    const { plane, stateDir, start, logger } = await setup()
    plane.alterGrant = (grant) => ({ ...grant, ...change })
    const order = plane.place('shell.run', { argv: ['touch', join(stateDir, 'effect')] })
    await start()
    await until(() => order.reports.length > 0)
    const errors = [{ code: 'refused_signature' }]
    expect(order.reports[0]).toMatchObject({ ok: false, outcome: 'failed', retryable: false, errors })
    expect(existsSync(join(stateDir, 'effect'))).toBe(false)
    expect(logger.entries).toContainEqual(expect.objectContaining({ level: 'error', message: 'An order was refused.' }))
  })

  it('is refused when the local policy does not allow its type, whatever the control plane granted', async () => {
    const { plane, stateDir, start } = await setup(null)
    const order = plane.place('shell.run', { argv: ['touch', join(stateDir, 'effect')] })
    await start()
    await until(() => order.reports.length > 0)
    expect(order.reports[0]).toMatchObject({ ok: false, retryable: false, errors: [{ code: 'refused_policy' }] })
    expect(existsSync(join(stateDir, 'effect'))).toBe(false)
  })

  it('is refused when it may take longer than the local policy allows', async () => {
    const { plane, start } = await setup({ scopes: ['*'], maxTimeoutSec: 5 })
    const order = plane.place('shell.run', { argv: ['true'] }, { timeoutSec: 6 })
    await start()
    await until(() => order.reports.length > 0)
    expect(order.reports[0]).toMatchObject({ errors: [{ code: 'refused_policy' }] })
  })

  it.each([
    ['invalid_payload', 'shell.run', { argv: 'rm -rf /' }],
    ['unknown_type', 'shell.walk', {}],
    ['unknown_type', '__proto__', {}],
  ])('is refused with %s', async (code, type, payload) => {
    const { plane, start } = await setup()
    const order = plane.place(type, payload)
    await start()
    await until(() => order.reports.length > 0)
    expect(order.reports[0]).toMatchObject({ ok: false, retryable: false, errors: [{ code }] })
  })
})

describe('an order whose claim cannot be read', () => {
  it.each<[string, (claim: object) => object]>([
    [
      'holds a grant that is too large',
      (claim) => ({ ...claim, grant: { keyId: 'k', bytes: 'x'.repeat(1_100_000), signature: 's' } }),
    ],
    ['holds no grant', ({ ...claim }) => ({ ...claim, grant: undefined })],
    ['holds a grant of another shape', (claim) => ({ ...claim, grant: 'later' })],
    ['does not say its attempt', (claim) => ({ ...claim, attempt: '1' })],
  ])('ends at once, by its name, when it %s', async (_how, alter) => {
    const { plane, start } = await setup()
    plane.alterClaim = alter
    const order = plane.place('runner.selftest')
    await start()
    await until(() => order.reports.length > 0)
    const errors = [{ code: 'unreadable_order' }]
    expect(order.reports[0]).toMatchObject({ ok: false, outcome: 'failed', retryable: false, errors })
    expect(order.attempt).toBe(1)
  })

  it('does not stand in the way of the next', async () => {
    const { plane, start, logger } = await setup()
    const nameless = plane.place('runner.selftest')
    plane.alterClaim = (claim) => (nameless.status === 'CLAIMED' && nameless.attempt === 1 ? { id: 7 } : claim)
    await start()
    await until(() => nameless.status === 'CLAIMED')
    plane.alterClaim = (claim) => claim
    const next = plane.place('runner.selftest')
    await until(() => next.reports.length > 0)
    expect(logger.entries).toContainEqual(
      expect.objectContaining({ level: 'error', message: expect.stringMatching(/not even which/) }),
    )
  })
})

describe('an order that the action refuses', () => {
  it.each([
    ['for good', new AppError('unprocessable', 'No.', { reason: 'foreign_unit' }), false],
    ['for now', new AppError('unavailable', 'Not yet.', { reason: 'tool_failed' }), undefined],
    ['without knowing why', new Error('Oh.'), undefined],
  ])('%s', async (_, error, retryable) => {
    const { plane, start } = await setup()
    const order = plane.place('runner.selftest', {})
    await start({}, { 'runner.selftest': () => Promise.reject(error) })
    await until(() => order.reports.length > 0)
    expect(order.reports[0]).toMatchObject({ ok: false, outcome: 'failed' })
    expect(order.reports[0]?.retryable).toBe(retryable)
  })
})

describe('a report', () => {
  it('is on disk before it is told: a runner that is killed while the first try hangs loses nothing', async () => {
    const { plane, stateDir, start } = await setup()
    const path = join(stateDir, 'journal.ndjson')
    let atTelling = ''
    plane.interfere = (verb) => {
      if (verb !== 'complete') return null
      atTelling ||= readFileSync(path, 'utf8')
      // Never answered, as by a control plane that hangs.
      return 'hang'
    }
    const order = plane.place('shell.run', { argv: ['true'] })
    await start()
    await until(() => atTelling !== '')
    expect(order.reports).toEqual([])
    // What a kill at this moment leaves: the next start finds the end, and does not take it for interrupted.
    const copy = join(await temporaryDirectory(), 'journal.ndjson')
    writeFileSync(copy, atTelling)
    const journal = await Journal.open(copy, { machine: machineHash(), logger: recordingLogger() })
    expect(journal.interrupted).toEqual([])
    expect(journal.undelivered).toMatchObject([{ orderId: order.id, report: { ok: true, outcome: 'succeeded' } }])
    await journal.close()
    plane.interfere = () => null
    plane.hangUp()
  })
})

describe('a running order', () => {
  it('is ended with its whole process tree when its time is up, and keeps what it said', async () => {
    const { plane, start } = await setup()
    const { time, pass } = testTime()
    const argv = ['sh', '-c', 'setsid --fork sleep 600; echo begun; sleep 600']
    const order = plane.place('shell.run', { argv }, { timeoutSec: 20 })
    await start({ killGraceMs: 30_000 }, {}, { time })
    await until(() => order.lines.length > 0)
    await pass(19_999)
    expect([order.reports, processesOf(order.id) > 0]).toEqual([[], true])
    await pass(1)
    await until(() => order.reports.length > 0)
    expect(order.reports[0]).toMatchObject({ ok: false, outcome: 'timed_out', output: { stdoutTail: 'begun\n' } })
    expect(processesOf(order.id)).toBe(0)
  })

  it('is ended when somebody cancels it', async () => {
    const { plane, start } = await setup()
    // Renewals are then parked for longer than anything here is waited for: it must hear within one.
    plane.runLeaseSec = 600
    const order = plane.place('shell.run', { argv: ['sleep', '600'] })
    await start()
    await until(() => order.renewals > 0)
    plane.cancel(order)
    await until(() => order.reports.length > 0, 30_000)
    expect(order.reports[0]).toMatchObject({ ok: false, outcome: 'canceled' })
  })

  it('does not begin when it was canceled before', async () => {
    const { plane, stateDir, start } = await setup()
    const argv = ['touch', join(stateDir, 'effect')]
    const order = plane.place('shell.run', { argv }, { cancelRequested: true })
    await start()
    await until(() => order.reports.length > 0)
    expect(order.reports[0]?.outcome).toBe('canceled')
    expect(existsSync(join(stateDir, 'effect'))).toBe(false)
  })

  it('is ended when its lease is lost to another claim', async () => {
    const { plane, start } = await setup()
    const order = plane.place('shell.run', { argv: ['sleep', '600'] })
    plane.interfere = (verb) => (verb === 'renew' && order.renewals > 0 ? 409 : null)
    plane.runLeaseSec = 600
    await start()
    await until(() => order.renewals > 0 && processesOf(order.id) > 0)
    // The parked renewal ends with its connection, and the next one is told.
    plane.hangUp()
    await until(() => processesOf(order.id) === 0)
    expect(order.status).toBe('RUNNING')
  })

  it('is ended before its lease can end when the control plane is out of reach', async () => {
    const { plane, start } = await setup()
    const { time, pass } = testTime()
    plane.runLeaseSec = 60
    const order = plane.place('shell.run', { argv: ['sleep', '600'] }, { timeoutSec: 600 })
    await start({}, {}, { time })
    await until(() => order.renewals > 0 && processesOf(order.id) > 0)
    plane.interfere = () => 'drop'
    plane.hangUp()
    await pass(44_999)
    expect(processesOf(order.id)).toBeGreaterThan(0)
    await pass(1)
    // A quarter of the lease is left, and passes no more.
    await until(() => processesOf(order.id) === 0)
    plane.interfere = () => null
    await until(() => order.reports.length > 0)
    expect(order.reports[0]).toMatchObject({ ok: false, outcome: 'interrupted', errors: [{ code: 'lease_lost' }] })
  })

  it('brings the end of its log, before its report, when the control plane is back after it ended', async () => {
    const { plane, start, stateDir } = await setup()
    const go = join(stateDir, 'go')
    const script = `until test -e ${go}; do sleep 0.05; done; seq 9; echo the error >&2; exit 3`
    const order = plane.place('shell.run', { argv: ['sh', '-c', script] })
    const runner = await start()
    await until(() => order.status === 'RUNNING')
    plane.interfere = () => 503
    writeFileSync(go, '')
    const folder = join(stateDir, 'logs')
    const kept = () => (existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')).length : 0)
    await until(() => kept() === 1)
    // The process that ran it is gone when the control plane is there again.
    await runner.stop()
    plane.interfere = () => null
    await start()
    await until(() => order.reports.length > 0)
    const told = order.lines.filter(({ stream }) => stream !== 'runner').map(({ text }) => text)
    expect(told.toSorted()).toEqual([...'123456789', 'the error'])
    await until(() => kept() === 0)
  })

  it('starts in the end when the first tries do not get through', async () => {
    const { plane, start } = await setup()
    let tries = 0
    plane.interfere = (verb) => (verb === 'start' && tries++ < 2 ? 'drop' : null)
    const order = plane.place('shell.run', { argv: ['true'] })
    await start()
    await until(() => order.status === 'SUCCEEDED')
  })

  it('is not begun when its start is not confirmed while the claim lasts', async () => {
    const { plane, stateDir, start } = await setup()
    // Its grant is good for longer.
    plane.alterClaim = (claim) => ({ ...claim, claimLeaseSec: 0.5 })
    plane.interfere = (verb) => (verb === 'start' ? 503 : null)
    const order = plane.place('shell.run', { argv: ['touch', join(stateDir, 'effect')] })
    await start()
    await until(() => order.reports.length > 0)
    expect(order.reports[0]).toMatchObject({ outcome: 'failed', errors: [{ code: 'not_started' }] })
    expect(existsSync(join(stateDir, 'effect'))).toBe(false)
  })

  it('shows no secret of its payload or its runner, in no log line and no report', async () => {
    const { plane, start } = await setup()
    const env = { DB_PASSWORD: 'correct-horse-battery' }
    const script = 'echo "pw $DB_PASSWORD"; printf %s "$DB_PASSWORD" | base64; echo "$1"; exit 3'
    const order = plane.place('shell.run', { argv: ['sh', '-c', script, 'sh', plane.token], env })
    await start()
    await until(() => order.reports.length > 0)
    const shown = JSON.stringify([order.lines, order.reports])
    expect(order.lines.map(({ text }) => text)).toContain('pw [REDACTED]')
    for (const secret of ['correct-horse', 'Y29ycmVjdC1ob3Jz', plane.token]) expect(shown).not.toContain(secret)
  })

  it('shows nothing of the runner’s own environment and of its lease, wherever an action says it', async () => {
    const { plane, start } = await setup()
    const secret = 'hunter2-of-smtp'
    const order = plane.place('runner.selftest')
    const said = () => `told ${secret} and ${order.lease}`
    await start(
      { ownEnv: { SMTP_LOGIN: secret, PATH: '/usr/bin' } },
      {
        'runner.selftest': async (_payload, context) => {
          context.log(said())
          await context.step(said(), async () => {})
          const errors = [{ code: said(), message: said(), step: said() }]
          return { ok: false, summary: said(), errors, output: { [said()]: { deep: [said()] } } } as never
        },
      },
    )
    await until(() => order.reports.length > 0)
    const shown = JSON.stringify([order.lines, order.reports])
    expect(shown.match(/\[REDACTED\]/g)?.length).toBeGreaterThanOrEqual(14)
    expect(shown).not.toContain(secret)
    expect(shown).not.toContain(order.lease)
  })

  it('reports an action that fails as a failed order, not as a failed runner', async () => {
    const { plane, start } = await setup()
    const order = plane.place('runner.selftest')
    const next = plane.place('shell.run', { argv: ['true'] })
    await start({}, { 'runner.selftest': () => Promise.reject(new TypeError('x is not a function')) })
    await until(() => order.reports.length > 0 && next.status === 'SUCCEEDED')
    const errors = [{ code: 'action_failed', message: 'x is not a function' }]
    expect(order.reports[0]).toMatchObject({ ok: false, outcome: 'failed', errors })
  })
})

import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { spendGrant } from '../executor/spent-grants.ts'
import type { FakeOrder } from '../testing/fake-control-plane.ts'
import { recordingLogger, setup, temporaryDirectory, until } from '../testing/setup.ts'
import { Journal } from './journal.ts'
import type { Intent } from './journal-entry.ts'

const here = { machine: 'a'.repeat(32), logger: recordingLogger() }
const report = { version: 'v2', ok: true, summary: 'Done.', outcome: 'succeeded' } as const

function intent(orderId: string, attempt = 1): Intent {
  return { orderId, attempt, lease: `${orderId}-${attempt}`, type: 'shell.run', retryClass: 'once', at: 1 }
}

/** A small file system of its own at the folder, and what fills it. */
function small(folder: string) {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=700', 'tmpfs', folder])
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]))
  const ballast = join(folder, 'ballast')
  return {
    fill: () => expect(() => writeFileSync(ballast, Buffer.alloc(4 << 20))).toThrow('ENOSPC'),
    clear: () => rmSync(ballast),
  }
}

describe('a journal on a full disk', () => {
  it('takes no new effect, keeps what ends in its reserve, and knows it after a restart', async () => {
    const folder = await temporaryDirectory()
    const { fill } = small(folder)
    const path = join(folder, 'journal.ndjson')
    const journal = await Journal.open(path, here)
    await journal.recordIntent(intent('running'))
    fill()
    // Whatever the last block of the file still takes.
    const tooMuch = { ...intent('large'), auditHead: { seq: 1, hash: 'x'.repeat(200_000) } } as Intent
    await journal.recordResult({ ...intent('running'), report: { ...report, output: { text: 'y'.repeat(100_000) } } })
    expect(await journal.isFull()).toBe(true)
    await expect(
      journal.recordIntent({ ...tooMuch, auditHead: null, type: 'x'.repeat(600_000) }),
    ).rejects.toMatchObject({
      reason: 'disk_full',
    })
    await journal.recordIntent(intent('pruning'))
    await journal.recordIntent({ ...intent('looking'), type: 'x'.repeat(600_000) }, false)
    expect(journal.has('looking', 1)).toBe(true)
    await journal.close()
    const again = await Journal.open(path, here)
    expect(again.undelivered).toMatchObject([{ orderId: 'running' }])
    expect(again.interrupted.map(({ orderId }) => orderId)).toEqual(['pruning'])
    expect(again.has('pruning', 1)).toBe(true)
    await again.close()
  })

  it('goes on in the file once there is room, and nothing of the reserve comes back', async () => {
    const folder = await temporaryDirectory()
    const { fill, clear } = small(folder)
    const path = join(folder, 'journal.ndjson')
    const journal = await Journal.open(path, here)
    fill()
    await journal.recordIntent(intent('a'))
    await journal.recordResult({ ...intent('a'), report: { ...report, output: { text: 'y'.repeat(100_000) } } })
    await journal.close()
    clear()
    const again = await Journal.open(path, here)
    expect(again.full).toBe(false)
    await again.recordAck('a-1')
    await again.close()
    const last = await Journal.open(path, here)
    expect([last.interrupted, last.undelivered]).toEqual([[], []])
    expect(last.has('a', 1)).toBe(true)
    await last.close()
  })
})

it('a runner on a full disk looks, refuses what would change something, says why, and goes on by itself', async () => {
  const { plane, stateDir, start, logger } = await setup()
  const state = await temporaryDirectory()
  const { fill, clear } = small(state)
  execFileSync('cp', ['-a', `${stateDir}/.`, state])
  await start({ stateDir: state, heartbeatSec: 0.1 })
  const first = plane.place('shell.run', { argv: ['true'] })
  await until(() => first.status === 'SUCCEEDED')
  fill()
  plane.alterGrant = (grant) => ({ ...grant, risk: grant.type === 'shell.run' ? 'change' : 'read' })
  // The last block of the journal takes some more.
  const isRefused = (order: FakeOrder) => order.reports[0]?.errors?.[0]?.code === 'disk_full'
  const changes: FakeOrder[] = []
  while (!changes.some(isRefused) && changes.length < 50) {
    const order = plane.place('shell.run', { argv: ['true'] })
    changes.push(order)
    await until(() => order.reports.length > 0)
  }
  const looked = plane.place('system.facts.collect')
  await until(() => looked.reports.length > 0)
  expect(looked.reports[0]).toMatchObject({ outcome: 'succeeded' })
  const [report] = changes.find(isRefused)?.reports ?? []
  expect(report).toMatchObject({ ok: false, outcome: 'failed', errors: [{ code: 'disk_full' }] })
  expect(report?.retryable).not.toBe(false)
  await until(() => plane.heartbeats.some((beat) => JSON.stringify(beat).includes('"diskFull":true')))
  expect(logger.entries.map(({ message }) => message)).not.toContain('The runner cannot go on.')
  clear()
  // It looks again by itself, some seconds later.
  let again = plane.place('shell.run', { argv: ['true'] })
  await until(() => {
    if (again.reports.length > 0 && isRefused(again)) again = plane.place('shell.run', { argv: ['true'] })
    return again.status === 'SUCCEEDED'
  })
  await until(() => !JSON.stringify(plane.heartbeats.findLast((beat) => 'capabilities' in beat)).includes('diskFull'))
})

it('what root spends on a full disk stays spent', async () => {
  const folder = await temporaryDirectory()
  const { fill } = small(folder)
  const grant = {
    orderId: '0198c000-0000-7000-8000-000000000001',
    attempt: 1,
    maxAttempts: 3,
    issuedAt: 1,
    notAfter: 2,
  }
  fill()
  expect(await spendGrant(folder, { ...grant, expiresAt: null } as never)).toBeNull()
  expect(await spendGrant(folder, { ...grant, expiresAt: null } as never)).toBe('This grant was executed here before.')
})

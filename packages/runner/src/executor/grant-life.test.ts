import { chmodSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Grant } from '@ikoma/api'
import { newId } from '@ikoma/kernel'
import { newSigningKey } from '@ikoma/kernel/node'
import { describe, expect, test } from 'vitest'
import { actions as allActions } from '../actions/index.ts'
import type { Actions } from '../order/action.ts'
import type { Claim } from '../protocol/control-plane-client.ts'
import { recordingLogger, temporaryDirectory } from '../testing/setup.ts'
import { signedClaim, signedClaims } from '../testing/signed-claim.ts'
import { runExecutor } from './run-executor.ts'

const noon = Date.UTC(2026, 0, 15, 12)
const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000]
const key = newSigningKey()
const runnerId = newId()
const me = userInfo()

/** An executor whose clock the test sets; each question is a process of its own, as systemd would start one. */
async function setup() {
  const stateDir = await temporaryDirectory()
  const [configPath, policyFile] = [join(stateDir, 'executor.json'), join(stateDir, 'policy.json')]
  const controlPlaneKey = { keyId: key.keyId, publicKey: key.publicKey }
  writeFileSync(
    configPath,
    JSON.stringify({ runnerUser: me.username, runnerId, controlPlaneKey, policyFile, stateDir }),
  )
  writeFileSync(policyFile, JSON.stringify({ scopes: ['system.directory'] }))
  for (const path of [configPath, policyFile]) chmodSync(path, 0o644)
  const time = { now: noon }
  const done: string[] = []
  const logger = recordingLogger()
  const actions: Actions = {
    ...allActions,
    'system.directory.apply': async ({ path }) => {
      done.push(path)
      return { ok: true, summary: 'done', output: { changed: true, changes: [] } }
    },
  }
  async function ask(claim: Claim): Promise<string> {
    const [input, output] = [new PassThrough(), new PassThrough()]
    input.write(`${JSON.stringify({ claim })}\n`)
    const told = text(output)
    await runExecutor({ configPath, peerUid: me.uid, input, output, logger, clock: { now: () => time.now }, actions })
    const { result } = JSON.parse((await told).trim().split('\n').at(-1) ?? '')
    return result.ok ? 'done' : result.errors[0].code
  }
  return { time, done, logger, ask }
}

const claimOf = (more: Partial<Grant> = {}) => signedClaim(key, { runnerId, issuedAt: noon, ...more })

describe('one grant', () => {
  test('is run once within its life, however often and whenever it is brought', async () => {
    const { time, done, ask } = await setup()
    const claim = claimOf()
    expect(await ask(claim)).toBe('done')
    for (const passed of [0, second, 59 * second, minute]) {
      time.now = noon + passed
      expect(await ask(claim)).toBe('already_executed')
    }
    time.now = noon + minute + 1
    expect(await ask(claim)).toBe('refused_signature')
    expect(done).toHaveLength(1)
  })

  test('brought five times at once is run once', async () => {
    const { done, ask } = await setup()
    const claim = claimOf()
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => ask(claim)))
    expect(answers.filter((answer) => answer === 'done')).toHaveLength(1)
    expect(done).toHaveLength(1)
  })

  test('from the future, or valid for days, is not run now, nor kept for later', async () => {
    const { time, done, ask } = await setup()
    const ahead = claimOf({ issuedAt: noon + 2 * minute, notAfter: noon + 3 * minute })
    expect(await ask(ahead)).toBe('refused_signature')
    const long = claimOf({ notAfter: noon + 3 * day })
    expect(await ask(long)).toBe('refused_signature')
    time.now = noon + 2 * day
    expect(await ask(long)).toBe('refused_signature')
    expect(done).toEqual([])
  })
})

describe('an order that was set back in the database', () => {
  test('is not run under a fresh grant of the same or a lower attempt, two days after it was', async () => {
    const { time, done, ask } = await setup()
    const order = { orderId: newId(), expiresAt: noon + 7 * day }
    expect(await ask(claimOf({ ...order, attempt: 2 }))).toBe('done')
    for (const passed of [minute, 25 * hour, 6 * day]) {
      time.now = noon + passed
      const [issuedAt, notAfter] = [time.now, time.now + minute]
      expect(await ask(claimOf({ ...order, attempt: 2, issuedAt, notAfter }))).toBe('already_executed')
      expect(await ask(claimOf({ ...order, attempt: 1, issuedAt, notAfter }))).toBe('already_executed')
      // What others do meanwhile takes nothing from the memory.
      for (let n = 0; n < 70; n += 1) expect(await ask(claimOf({ issuedAt, expiresAt: time.now + hour }))).toBe('done')
    }
    time.now = noon + 8 * day
    const late = { issuedAt: time.now, notAfter: time.now + minute }
    expect(await ask(claimOf({ ...order, attempt: 1, ...late }))).toBe('refused_signature')
    expect(done).toHaveLength(211)
  })

  test('is not run more often than it has attempts', async () => {
    const { ask } = await setup()
    const order = { orderId: newId(), maxAttempts: 1 }
    expect(await ask(claimOf({ ...order, attempt: 1 }))).toBe('done')
    expect(await ask(claimOf({ ...order, attempt: 2 }))).toBe('refused_signature')
    // Lost claims are what the control plane says they are: an edited row may say it too.
    expect(await ask(claimOf({ ...order, attempt: 2, lostClaims: 1 }))).toBe('already_executed')
  })
})

test('a clock that is set back makes no old grant good again, and says what to do', async () => {
  const { time, done, logger, ask } = await setup()
  const kept = claimOf()
  time.now = noon + 2 * hour
  expect(await ask(claimOf({ issuedAt: time.now }))).toBe('done')
  time.now = noon
  expect(await ask(kept)).toBe('refused_signature')
  expect(done).toHaveLength(1)
  expect(logger.entries).toContainEqual(
    expect.objectContaining({ level: 'warn', message: expect.stringContaining('set back') }),
  )
})

test('of grants that were signed together each is good at its own place alone', async () => {
  const { done, ask } = await setup()
  const each = [1, 2].map((n) => ({ runnerId, issuedAt: noon, payload: { path: `/srv/${n}` } }))
  const [one, two] = signedClaims(key, each) as [Claim, Claim]
  expect(await ask({ ...one, grant: { ...one.grant, place: 1 } })).toBe('refused_signature')
  expect(await ask({ ...one, grant: two.grant })).toBe('refused_signature')
  expect([await ask(two), await ask(one)]).toEqual(['done', 'done'])
  expect(done).toEqual(['/srv/2', '/srv/1'])
})

import { newSigningKey } from '@ikoma/kernel/node'
import { expect, test } from 'vitest'
import { signedClaim } from '../testing/signed-claim.ts'
import { admit } from './admit.ts'
import { dispatch } from './dispatch.ts'
import { policyOf } from './policy.ts'

const now = 1_750_000_000_000
const key = newSigningKey()
const runnerId = '0198c000-0000-7000-8000-000000000001'

function setup(type: string, payload: Record<string, unknown>, { begun = false } = {}) {
  const claim = signedClaim(key, { runnerId, type, payload, issuedAt: now })
  const gate = {
    identity: { runnerId, controlPlaneKey: { keyId: key.keyId, publicKey: key.publicKey } },
    policy: policyOf({ scopes: ['*'] }),
    journal: { has: () => begun },
    now,
  }
  return { claim, verdict: admit(claim, gate) }
}

test('an order is admitted with its payload', () => {
  const { verdict } = setup('shell.run', { argv: ['id'] })
  expect(verdict).toMatchObject({ admitted: { type: { type: 'shell.run' }, payload: { argv: ['id'] } } })
})

test('one whose payload is not of its type is refused before it begins, and its fields are named', () => {
  const { verdict } = setup('shell.run', { argv: 'id' })
  expect(verdict).toMatchObject({ refusal: { code: 'invalid_payload', message: expect.stringContaining('argv') } })
})

test.each([
  ['a type', { scopes: ['runner'] }, '"scopes": ["runner", "shell.run"]'],
  ['a time', { scopes: ['*'], maxTimeoutSec: 1 }, '"maxTimeoutSec": '],
])('one that the policy refuses for %s names the file and the line to write', (_, written, line) => {
  const claim = signedClaim(key, { runnerId, type: 'shell.run', payload: { argv: ['id'] }, issuedAt: now })
  const identity = { runnerId, controlPlaneKey: { keyId: key.keyId, publicKey: key.publicKey } }
  const policy = policyOf(written, '/srv/policy.json')
  const verdict = admit(claim, { identity, policy, journal: { has: () => false }, now })
  expect(verdict).toMatchObject({ refusal: { code: 'refused_policy', message: expect.stringContaining(line) } })
  expect(verdict).toMatchObject({ refusal: { message: expect.stringContaining('write in /srv/policy.json: ') } })
})

test('one whose attempt was begun here is refused', () => {
  const { verdict } = setup('shell.run', { argv: ['id'] }, { begun: true })
  expect(verdict).toMatchObject({ refusal: { code: 'already_executed' } })
})

test.each([
  ['runner.selftest', {}, 'this process'],
  ['shell.run', { argv: ['id'] }, 'this process'],
  ['system.directory.apply', { path: '/srv/app' }, 'the executor'],
])('%s is done by the one who may: %j by %s', async (type, payload, by) => {
  const { claim, verdict } = setup(type, payload)
  if (!('admitted' in verdict)) throw new Error(verdict.refusal.message)
  const done: string[] = []
  const ended = { ok: true, summary: '' } as never
  const doing = (who: string) => async () => {
    done.push(who)
    return ended
  }
  const actions = { [type]: doing('this process') } as never
  const executor = { run: doing('the executor'), look: async () => undefined }
  const chosen = dispatch(claim, verdict.admitted, { actions, executor, root: false })
  if (!('dispatched' in chosen)) throw new Error(chosen.refusal.message)
  await chosen.dispatched.run({} as never)
  expect(done).toEqual([by])
  const alone = dispatch(claim, verdict.admitted, { actions, executor: null, root: false })
  if (by === 'the executor') expect(alone).toMatchObject({ refusal: { code: 'missing_privilege' } })
  else expect(alone).toHaveProperty('dispatched')
})

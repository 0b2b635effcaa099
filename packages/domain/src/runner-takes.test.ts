import { AppError } from '@ikoma/kernel'
import { expect, test } from 'vitest'
import { refuseUntaken } from './runner-takes.ts'

const asked = { type: 'service.systemd.apply', requiredScope: 'service.systemd', timeoutSec: 60 }
const policy = { scopes: ['runner', 'check'], maxTimeoutSec: 30, file: '/etc/ikoma/policy.json' }

function refusal(capabilities: Record<string, unknown>, more: Partial<typeof asked> = {}): [string, string] | null {
  try {
    refuseUntaken({ ...asked, ...more }, { id: 'r', name: 'web-1', scopes: ['*'], capabilities })
    return null
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return [error.reason, error.message]
  }
}

test('what the told policy does not allow is refused, with runner, file and what to write', () => {
  const [reason, message] = refusal({ policy, orderTypes: ['runner.selftest'] }) ?? []
  expect(reason).toBe('refused_policy')
  expect(message).toContain('"web-1"')
  expect(message).toContain('/etc/ikoma/policy.json: "service.systemd" in "scopes"')
})

test('what a runner told is not handed to a person to paste', () => {
  const [, message] = refusal({ policy: { ...policy, scopes: ['shell'], file: '/etc/x; rm -rf /' } }) ?? []
  expect(message).not.toMatch(/shell|rm -rf/)
  expect(message).toContain('its policy file: "service.systemd" in "scopes"')
})

test('what would take longer than the told policy allows is refused', () => {
  const [reason, message] = refusal({ policy: { ...policy, scopes: ['service'] } }) ?? []
  expect([reason, message]).toEqual(['refused_policy', expect.stringContaining('"maxTimeoutSec": 60')])
  expect(refusal({ policy: { ...policy, scopes: ['*'] } }, { timeoutSec: 30 })).toBeNull()
})

test('a type that the policy allows and the version does not know says which runner to update', () => {
  const told = { policy: { ...policy, scopes: ['*'], maxTimeoutSec: 600 }, orderTypes: ['runner.selftest'] }
  expect(refusal(told)).toEqual(['runner_too_old', expect.stringContaining('Update ikoma there')])
})

test('a former version that tells its types alone is believed too, and the message knows both causes', () => {
  expect(refusal({ orderTypes: ['runner.selftest'] })).toEqual([
    'refused_policy',
    expect.stringContaining('or its version'),
  ])
  expect(refusal({ orderTypes: [asked.type] })).toBeNull()
})

test.each([
  [{}],
  [{ policy: null, orderTypes: null }],
  [{ policy: { scopes: 'check' }, orderTypes: 'all' }],
  [{ policy: { scopes: [1] }, orderTypes: [1] }],
  [{ policy: { scopes: ['*'], maxTimeoutSec: '1' } }],
])('a runner that told nothing of it, or nonsense, is asked: %j', (capabilities) => {
  expect(refusal(capabilities)).toBeNull()
})

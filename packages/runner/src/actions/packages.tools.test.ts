import { catalogue } from '@ikoma/api'
import { expect, test } from 'vitest'
import { policyOf } from '../order/policy.ts'
import { actionContext } from '../testing/action-context.ts'
import { packages } from './packages.ts'

const { payload: schema } = catalogue['system.packages.apply']

/** Only what apt and dpkg say they would do: the packages of this machine stay as they are. */
function plan(payload: object) {
  const context = actionContext({ dryRun: true, policy: policyOf({ packages: ['*'] }) })
  return packages['system.packages.apply'](schema.parse(payload), context)
}

test('apt says what would be installed, and with it', async () => {
  const result = await plan({ install: ['hello'], upgradeDependencies: true })
  const [change] = result.output?.changes ?? []
  expect(change?.title).toBe('install hello')
  // A machine without package lists cannot foresee it.
  if (change?.diff !== null) expect(change?.diff).toMatch(/^\+hello \d/m)
})

test('dpkg says what is installed already', async () => {
  const result = await plan({ install: ['dpkg'] })
  expect(result).toMatchObject({ ok: true, output: { changes: [] } })
  expect(result.output?.packages).toEqual([
    { name: 'dpkg', before: expect.stringMatching(/^\d/), after: expect.stringMatching(/^\d/) },
  ])
})

test('apt names what a removal would take along', async () => {
  await expect(plan({ remove: ['libc-bin'] })).rejects.toThrow(/apt-get failed|would also remove/)
})

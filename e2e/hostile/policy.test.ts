import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { adminKey, newWorld } from '../kit/world.ts'

test('the runner of `ikoma up` has the policy that IKOMA_POLICY_FILE names', async (t) => {
  const world = await newWorld('sqlite', t)
  writeFileSync(join(world.folder, 'strict.json'), JSON.stringify({ scopes: ['runner'] }))
  const started = world.ikoma(['up'], { IKOMA_ADMIN_KEY: adminKey, IKOMA_POLICY_FILE: 'strict.json' })
  const controlPlane = await world.ready(started)
  await started.said(/curl .*/, 30_000)
  const [runner] = (await controlPlane.client.listRunners()).items
  await controlPlane.client.updateRunner(runner?.id ?? '', { scopes: ['*'] })
  const placing = controlPlane.client.placeOrder({ type: 'system.facts.collect', runnerId: runner?.id ?? '' })
  const line = expect.stringMatching(/strict\.json: "system\.facts\.collect" in "scopes"/)
  await expect(placing).rejects.toMatchObject({ problem: { reason: 'refused_policy', detail: line } })
})

test('a policy that is named and is not there stops the start, in words', async (t) => {
  const world = await newWorld('sqlite', t)
  const started = world.ikoma(['up'], { IKOMA_ADMIN_KEY: adminKey, IKOMA_POLICY_FILE: 'nowhere.json' })
  expect((await started.exited).code).not.toBe(0)
  expect(started.output()).toMatch(/IKOMA_POLICY_FILE: there is no .*nowhere\.json/)
})

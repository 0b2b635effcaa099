import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Process } from '../kit/process.ts'
import { until } from '../kit/until.ts'
import { onHost } from './bare-host.ts'
import { ownRepository } from './own-repository.ts'
import { newVps, type Vps } from './vps.ts'

const steps = 120
/** A name that the policy of a server allows by default. */
const slow = { name: 'htop', version: '99' }

onHost('a program that takes two minutes and prints a line a second', () => {
  let vps: Vps
  beforeAll(async () => {
    vps = await newVps({ scopes: ['system'] })
    const postinst = `#!/bin/sh
for step in $(seq ${steps}); do
  echo "step $step of ${steps} at $(date +%s%3N) PASSWORD=hunter2-$step"
  sleep 1
done
`
    await ownRepository(vps.host, '/srv/slow').offer({ ...slow, postinst })
  })
  afterAll(() => vps?.close())

  test('is seen live by logs --follow, done as root by the executor, its secrets hidden', async () => {
    const { client, ikoma } = vps.controlPlane
    const { privilege } = (await client.getRunner(vps.runnerId)).capabilities ?? {}
    expect(privilege).toBe('executor')
    const payload = { install: [slow.name] }
    const { id } = await client.placeOrder({ type: 'system.packages.apply', runnerId: vps.runnerId, payload })
    const following = ikoma(['order', 'logs', id, '--follow'])
    const seen = await watch(following)
    expect(await client.getOrder(id)).toMatchObject({ status: 'SUCCEEDED', report: { ok: true } })
    expect(seen.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, index) => index + 1))
    const latenessMs = seen.map(({ lateMs }) => lateMs).toSorted((a, b) => a - b)
    // A batch of lines waits a fraction of a second; one that came with the report would be up to two minutes old.
    expect(latenessMs.at(-1)).toBeLessThan(30_000)
    expect(latenessMs[steps / 2]).toBeLessThan(5_000)
    expect(following.output()).not.toContain('hunter2')
  })
})

interface SeenStep {
  step: number
  /** Between being printed on the host and being seen by a person. */
  lateMs: number
}

async function watch(following: Process): Promise<SeenStep[]> {
  const seen: SeenStep[] = []
  await until(
    'the end of the order',
    async () => {
      const lines = [...following.stdout().matchAll(/step (\d+) of \d+ at (\d+)/g)]
      for (const [, step, at] of lines.slice(seen.length)) {
        seen.push({ step: Number(step), lateMs: Date.now() - Number(at) })
      }
      return following.hasEnded() ? true : null
    },
    240_000,
  )
  return seen
}

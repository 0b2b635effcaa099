import { describe, expect, it } from 'vitest'
import { ok } from '../testing/fake-api.ts'
import { anOrder, aRunner, noon, page, runnerId } from '../testing/fixtures.ts'
import { createConnectedWorld } from '../testing/world.ts'

const draining = { since: noon(), by: 'admin-key' }

describe('control-plane drain', () => {
  it('tells its progress until nothing runs, and how it is undone', async () => {
    const { run, api } = await createConnectedWorld()
    api.on('PUT /v1/drain', ok({ draining, running: 2 }))
    api.on('GET /v1/drain', ok({ draining, running: 2 }), ok({ draining, running: 1 }), ok({ draining, running: 0 }))
    const { code, stderr } = await run('control-plane', 'drain')
    expect(code).toBe(0)
    expect(stderr).toMatch(/2 orders run still.*1 order runs still.*Nothing runs.*ikoma control-plane resume/s)
  })

  it('ends with 6 when the time is over, and stays drained', async () => {
    const { run, api } = await createConnectedWorld()
    api.on('PUT /v1/drain', ok({ draining, running: 1 }))
    api.on('GET /v1/drain', ok({ draining, running: 1 }))
    const { code, stderr } = await run('control-plane', 'drain', '--wait', '3s')
    expect([code, stderr.includes('The time is over')]).toEqual([6, true])
    expect(api.requests.filter(({ route }) => route === 'PUT /v1/drain').map(({ body }) => body)).toEqual([
      { draining: true },
    ])
  })

  it('is undone by resume', async () => {
    const { run, api } = await createConnectedWorld()
    api.on('PUT /v1/drain', ok({ draining: null, running: 0 }))
    const { code, stderr } = await run('control-plane', 'resume')
    expect([code, stderr]).toEqual([0, expect.stringContaining('given again')])
    expect(api.requests.at(-1)?.body).toEqual({ draining: false })
  })
})

describe('runner drain', () => {
  it('waits for the orders of that runner alone', async () => {
    const { run, api } = await createConnectedWorld()
    api.on(`PUT /v1/runners/${runnerId}/drain`, ok(aRunner({ draining })))
    api.on('GET /v1/orders', ok(page([anOrder()])), ok(page([])))
    const { code, stderr } = await run('runner', 'drain', 'local-runner')
    expect(code).toBe(0)
    expect(stderr).toMatch(/1 order runs still.*Nothing runs.*ikoma runner resume local-runner/s)
    const asked = api.requests.find(({ route }) => route === 'GET /v1/orders')
    expect(asked?.query).toMatchObject({ runnerId, status: 'CLAIMED,RUNNING' })
  })

  it('is shown in the list, with how it is undone, and so is a clock that is off', async () => {
    const { run, api } = await createConnectedWorld()
    api.on('GET /v1/runners', ok(page([aRunner({ draining, clockSkewMs: -180_000 })])))
    const { stderr } = await run('runner', 'list')
    expect(stderr).toContain('ikoma runner resume local-runner')
    expect(stderr).toContain('is 3 min behind')
  })

  it.each(['en', 'fr'])('explains itself in %s', async (language) => {
    const { run } = await createConnectedWorld()
    for (const noun of ['runner', 'control-plane']) {
      expect((await run(noun, 'drain', '--help', '--lang', language)).stdout).toContain(`ikoma ${noun} drain`)
    }
  })
})

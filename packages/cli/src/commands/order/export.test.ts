import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { problem, type Reply } from '../../testing/fake-api.ts'
import { noon, runnerId, succeeded } from '../../testing/fixtures.ts'
import { createConnectedWorld } from '../../testing/world.ts'

const route = 'GET /v1/orders/export'
const record = `${JSON.stringify({ ...succeeded, events: [], log: [{ text: 'é \u009b31m' }] })}\n`

/** Sends `pieces`, and then ends the answer, breaks the connection, or says nothing more. */
function sent(pieces: string[], then: 'end' | 'break' | 'hang' = 'end'): Reply {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    for (const piece of pieces) response.write(piece)
    if (then === 'end') response.end()
    if (then === 'break') setTimeout(() => response.destroy(), 20)
  }
}

async function setup(reply: Reply) {
  const world = await createConnectedWorld()
  world.api.on(route, reply)
  return world
}

describe('order export', () => {
  it('prints what came, one order a line, and nothing that a terminal obeys', async () => {
    const { run } = await setup(sent([record, record.slice(0, 9), record.slice(9)]))
    const { code, stdout, stderr } = await run('order', 'export')
    expect([code, stderr]).toEqual([0, '2 orders exported.\n'])
    expect(stdout.split('\n').map((line) => line && JSON.parse(line))).toEqual([
      JSON.parse(record),
      JSON.parse(record),
      '',
    ])
    expect(stdout).not.toContain('\u009b')
  })

  it('sends its filters, with names turned into ids', async () => {
    const { run, api } = await setup(sent([]))
    await run('order', 'export', '--status', 'failed,timed-out', '--runner', 'local-runner', '--since', '2m')
    expect(api.seen(route)[0]?.query).toEqual({ status: 'FAILED,TIMED_OUT', runnerId, since: noon(-60) })
  })

  it('with --output writes a file that only its owner reads, as it came', async () => {
    const { run, home } = await setup(sent([record]))
    expect(await run('order', 'export', '-o', 'orders.ndjson')).toMatchObject({ code: 0, stdout: '' })
    const file = join(home, 'orders.ndjson')
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual([record, 0o600])
  })

  it.each([
    ['breaks off', sent([record, '{"id'], 'break')],
    ['is refused', problem(403, 'forbidden', 'This needs another role.')],
  ])('that %s leaves no file behind', async (_how, reply) => {
    const { run, home } = await setup(reply)
    expect((await run('order', 'export', '--output', 'orders.ndjson')).code).not.toBe(0)
    expect(readdirSync(home).filter((name) => name.startsWith('orders'))).toEqual([])
  })

  it('leaves the file of before when it breaks off', async () => {
    const { run, home, api } = await setup(sent([record]))
    await run('order', 'export', '--output', 'orders.ndjson')
    api.on(route, sent(['{"id'], 'break'))
    expect((await run('order', 'export', '--output', 'orders.ndjson')).code).toBe(1)
    expect(readFileSync(join(home, 'orders.ndjson'), 'utf8')).toBe(record)
  })

  it('says which file it cannot write', async () => {
    const { run } = await setup(sent([record]))
    const { code, stderr } = await run('order', 'export', '--output', 'nowhere/orders.ndjson')
    expect([code, stderr.includes('nowhere/orders.ndjson cannot be written')]).toEqual([2, true])
  })

  it('ends with 130 and no file when it is interrupted', async () => {
    const { run, home, api, interrupt } = await setup(sent([record], 'hang'))
    const running = run('order', 'export', '--output', 'orders.ndjson')
    while (api.seen(route).length === 0 || !existsSync(join(home, 'orders.ndjson.part'))) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    interrupt()
    expect((await running).code).toBe(130)
    expect(readdirSync(home).filter((name) => name.startsWith('orders'))).toEqual([])
  })

  it('asks for no more when nobody reads on', async () => {
    const { run, io, seen } = await setup(sent([record], 'hang'))
    io.stdout.ready = async () => false
    expect((await run('order', 'export')).code).toBe(0)
    expect(seen.stdout).toContain(succeeded.id)
  })
})

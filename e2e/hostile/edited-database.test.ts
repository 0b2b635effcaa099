import { setTimeout as sleep } from 'node:timers/promises'
import { tokenPrefix } from '@ikoma/domain'
import { hashToken, newToken } from '@ikoma/kernel/node'
import { describe, expect, type TestContext, test } from 'vitest'
import { type Dialect, dialects } from '../kit/database.ts'
import { startSlowTarget } from '../kit/slow-target.ts'
import { newWorld } from '../kit/world.ts'

// Whole processes, and somebody who can write the database but not read the keys.

async function setup(dialect: Dialect, t: TestContext) {
  const world = await newWorld(dialect, t)
  const server = await world.startServer()
  const runner = await world.enrol(server)
  const target = await startSlowTarget(0, t)
  const place = (path: string) =>
    server.client.placeOrder({ type: 'check.http.run', runnerId: runner.id, payload: { url: `${target.url}${path}` } })
  return { world, server, runner, target, place }
}

type Setup = Awaited<ReturnType<typeof setup>>

/** Until whatever was written has been met: an order placed after it is done. */
async function afterwards({ world, server, place }: Setup): Promise<void> {
  const { id } = await place('/afterwards')
  await world.orderIs(server, id, 'SUCCEEDED')
  await sleep(300)
}

function literal(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return String(value)
  return `'${String(typeof value === 'object' ? JSON.stringify(value) : value).replaceAll("'", "''")}'`
}

describe.each(dialects)('who can write to the database alone, on %s', (dialect) => {
  test('has no order that succeeded done again, by its status or by all that it was', async (t) => {
    const here = await setup(dialect, t)
    const { world, server, runner, target, place } = here
    const reset = await place('/reset')
    const restored = await place('/restored')
    const [before] = await world.database.query(`select * from orders where id = '${restored.id}'`)
    await world.startRunner(runner)
    for (const { id } of [reset, restored]) await world.orderIs(server, id, 'SUCCEEDED')

    const queued = "status = 'QUEUED', lease = null, completed_at = null, finished_lease = null, runner_id = null"
    await world.database.query(`update orders set ${queued} where id = '${reset.id}'`)
    const columns = Object.entries(before ?? {}).filter(([name]) => name !== 'seq' && name !== 'id')
    const put = columns.map(([name, value]) => `${name} = ${literal(value)}`).join(', ')
    await world.database.query(`update orders set ${put} where id = '${restored.id}'`)
    await afterwards(here)

    const counted = (path: string) => target.visits.filter((visit) => visit.path === path).length
    expect([counted('/reset'), counted('/restored')]).toEqual([1, 1])
    const verified = await server.client.verifyAudit()
    expect(verified.ok).toBe(false)
    expect(verified.rows?.map(({ id }) => id)).toContain(reset.id)
    expect(server.output()).toContain('was changed in the database')
  })

  test('is no runner by a key and a token of its own', async (t) => {
    const { world, server, runner } = await setup(dialect, t)
    const token = newToken(tokenPrefix.runner)
    await world.database.query(
      `update runners set token_hash = '${hashToken(token)}', public_key = null where id = '${runner.id}'`,
    )
    await sleep(2_500)

    const answer = await fetch(`${server.url}/v1/runner/orders/claim-next`, {
      method: 'POST',
      headers: { 'x-runner-id': runner.id, 'x-runner-token': token },
    })

    expect(answer.status).toBe(401)
    expect((await server.client.verifyAudit()).rows).toMatchObject([{ table: 'runners', id: runner.id }])
  })

  test('gives no server to another runner', async (t) => {
    const { world, server } = await setup(dialect, t)
    const shop = await server.client.createServer({ name: 'shop' })
    const own = await world.enrol(server, { name: 'own', serverId: shop.id })
    const other = await world.enrol(server, { name: 'other' })
    await world.database.query(`update servers set runner_id = '${other.id}' where id = '${shop.id}'`)
    await sleep(2_500)

    const placing = server.client.placeOrder({ type: 'runner.selftest', serverId: shop.id, payload: {} })

    await expect(placing).rejects.toMatchObject({ problem: { reason: 'seal_broken' } })
    expect(own.id).not.toBe(other.id)
  })
})

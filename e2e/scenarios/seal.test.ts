import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, type TestContext, test } from 'vitest'
import { type Dialect, dialects } from '../kit/database.ts'
import { startSlowTarget } from '../kit/slow-target.ts'
import { newWorld } from '../kit/world.ts'

async function setup(dialect: Dialect, t: TestContext) {
  const world = await newWorld(dialect, t)
  const server = await world.startServer()
  const runner = await world.enrol(server)
  const target = await startSlowTarget(0, t)
  const place = (path: string) =>
    server.client.placeOrder({
      type: 'check.http.run',
      runnerId: runner.id,
      payload: { url: `${target.url}${path}` },
    })
  return { world, server, runner, target, place }
}

describe.each(dialects)('who can write to the database alone, on %s', (dialect) => {
  test.concurrent('cannot change what is executed', async (t) => {
    const { world, server, runner, target, place } = await setup(dialect, t)
    const edited = await place('/asked')
    const honest = await place('/honest')
    const payload = JSON.stringify({ ...edited.payload, url: `${target.url}/evil` })
    await world.database.query(`update orders set payload = '${payload}' where id = '${edited.id}'`)

    await world.startRunner(runner)

    expect(await world.orderIs(server, edited.id, 'CANCELED')).toMatchObject({ statusReason: 'seal_broken' })
    await world.orderIs(server, honest.id, 'SUCCEEDED')
    expect(target.visits.map(({ path }) => path)).toEqual(['/honest'])
    expect(server.output()).toMatch(new RegExp(`"${edited.id}"[^\\n]*the seal of a row is broken`))
  })

  test.concurrent('cannot lead an order to another runner', async (t) => {
    const { world, server, runner, target, place } = await setup(dialect, t)
    const other = await world.enrol(server)
    const { id } = await place('/asked')
    await world.database.query(
      `update orders set target = 'runner:${other.id}', runner_id = '${other.id}' where id = '${id}'`,
    )

    await world.startRunner(runner)
    await world.startRunner(other)

    expect(await world.orderIs(server, id, 'CANCELED')).toMatchObject({ statusReason: 'seal_broken' })
    expect(target.visits).toEqual([])
  })

  test.concurrent('is found out by the audit', async (t) => {
    const { world, server, place } = await setup(dialect, t)
    await place('/asked')
    expect(await server.client.verifyAudit()).toMatchObject({ ok: true })
    await expect(world.database.query(`update audit set actor = 'nobody' where seq = 2`)).rejects.toThrow(/append-only/)
    const drop = dialect === 'sqlite' ? 'drop trigger audit_no_update' : 'alter table audit disable trigger user'
    await world.database.query(drop)
    await world.database.query(`update audit set actor = 'nobody' where seq = 2`)

    expect(await server.client.verifyAudit()).toMatchObject({ ok: false, fault: { seq: 2, fault: 'altered' } })
  })
})

test('a control plane with other keys is not obeyed', async (t) => {
  const { world, server, runner, target } = await setup('sqlite', t)
  await server.end('SIGTERM')
  rmSync(join(world.folder, 'data', 'keys', 'signing.pem'))
  const impostor = await world.startServer({ PORT: server.port })
  await world.startRunner(runner)
  const payload = { url: `${target.url}/evil` }
  const { id } = await impostor.client.placeOrder({ type: 'check.http.run', runnerId: runner.id, payload })

  const order = await world.orderIs(impostor, id, 'FAILED')

  expect(order).toMatchObject({ statusReason: 'refused_signature', attempt: 1 })
  expect(target.visits).toEqual([])
})

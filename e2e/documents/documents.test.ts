import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Dialect, dialects } from '../kit/database.ts'
import { entry, node, root } from '../kit/product.ts'
import { adminKey, newWorld, type World } from '../kit/world.ts'

async function runScript(world: World, name: string, env: { BASE: string; ADMIN_KEY: string }): Promise<string> {
  // The scripts read JSON with whatever Node is first on the PATH.
  const PATH = `${dirname(node)}:${process.env.PATH ?? ''}`
  const script = world.start(['bash', join(import.meta.dirname, name)], { ...env, PATH })
  const { code } = await script.exited
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${script.output()}`)
  return script.output()
}

/** What `ExecStart=/usr/bin/node dist/index.cjs` sees under the runbook's unit, and the key that production asks for. */
function unitEnvironment(world: World): Record<string, string> {
  return {
    NODE_ENV: 'production',
    PORT: '0',
    DB_PATH: join(world.folder, 'data', 'ikoma.db'),
    LOG_LEVEL: 'info',
    IKOMA_ADMIN_KEY: adminKey,
  }
}

describe.each(dialects)('the source documents, on %s', (dialect) => {
  test.concurrent('document 1: every request of the gateway’s runbook', async (t) => {
    const world = await newWorld(dialect, t)
    const gateway = world.start([node, entry, ...(entry.endsWith('.cjs') ? [] : ['up'])], unitEnvironment(world))
    await gateway.said(/The runner has started/)
    const { url } = await world.ready(gateway)
    await gateway.said(/curl /)

    expect(await runScript(world, '1-gateway.sh', { BASE: url, ADMIN_KEY: adminKey })).toMatch(/^PASSED: document 1/m)
  })

  test.concurrent('document 2: every request of the orders API, and every endpoint of its list', async (t) => {
    const world = await newWorld(dialect, t)
    const documentKey = 'super-secret-admin-key'
    const server = world.ikoma(['serve'], { IKOMA_ADMIN_KEY: documentKey })
    const { url } = await world.ready(server, documentKey)

    expect(await runScript(world, '2-orders-api.sh', { BASE: url, ADMIN_KEY: documentKey })).toMatch(
      /^PASSED: document 2/m,
    )
  })

  test.concurrent('document 1: a database made by `npx drizzle-kit push` is taken over', async (t) => {
    const world = await newWorld(dialect, t)
    await push(world, dialect)
    // "Relancez npx drizzle-kit push": once more does no harm.
    await push(world, dialect)
    const first = await world.startServer()
    const runner = await world.enrol(first)
    await world.startRunner(runner)
    const { id } = await first.client.placeOrder({ type: 'runner.selftest', runnerId: runner.id })
    await world.orderIs(first, id, 'SUCCEEDED')
    await first.end('SIGTERM')

    const second = await world.startServer()

    expect(await second.client.getOrder(id)).toMatchObject({ status: 'SUCCEEDED' })
    expect(await second.client.verifyAudit()).toMatchObject({ ok: true })
  })
})

async function push(world: World, dialect: Dialect): Promise<void> {
  const pushing = world.start(['npx', 'drizzle-kit', 'push'], {}, root)
  const { code } = await pushing.exited
  if (code !== 0) throw new Error(`drizzle-kit push ended with ${code}:\n${pushing.output()}`)
  if (dialect === 'sqlite') expect(existsSync(join(world.folder, 'data', 'ikoma.db'))).toBe(true)
}

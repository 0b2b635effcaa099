import { execFile } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { node, root } from '../kit/product.ts'
import { adminKey, newWorld } from '../kit/world.ts'

const run = promisify(execFile)

test('a client that a well-known generator made of /openapi.json places an order', async (t) => {
  const world = await newWorld('sqlite', t)
  const server = await world.startServer()
  const runner = await world.enrol(server)
  await world.startRunner(runner)
  const folder = join(world.folder, 'client')
  cpSync(join(root, 'e2e/programs/generated-client'), folder, { recursive: true })

  // With the settings of whoever runs the tests: where packages come from is theirs to say.
  await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, timeout: 180_000 })
  const steps = { cwd: folder, timeout: 60_000 }
  await run(
    'npx',
    ['openapi-typescript', `${server.url}/openapi.json`, '--default-non-nullable', 'false', '--output', 'api.ts'],
    steps,
  )
  await run('npx', ['tsc', '-p', '.'], steps)
  const { stdout } = await run(node, ['place-order.ts', server.url, adminKey, runner.id], steps)

  expect(JSON.parse(stdout)).toEqual({ status: 'SUCCEEDED', reason: 'validation_failed', field: 'body/priority' })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { dialects } from '../kit/database.ts'
import { node, root } from '../kit/product.ts'
import { placeShell, shellScopes } from '../kit/shell-order.ts'
import { newWorld } from '../kit/world.ts'

const secret = 'S3cr3t/with+odd=chars&42'

/** The spellings in which it must not show up. */
const spellings = [
  secret,
  secret.slice(0, 12),
  secret.slice(12),
  Buffer.from(secret).toString('base64').slice(0, 20),
  Buffer.from(`user:${secret}`).toString('base64').slice(8, 28),
  Buffer.from(secret).toString('hex'),
  encodeURIComponent(secret),
]

describe.each(dialects)('a secret in an order’s environment, on %s', (dialect) => {
  test('is neither in its log, its report, its events, nor in what the processes say', async (t) => {
    const world = await newWorld(dialect, t)
    const server = await world.startServer()
    const runner = await world.enrol(server, shellScopes)
    const runnerProcess = await world.startRunner(runner)
    const argv = [node, join(root, 'e2e/programs/blabber.ts')]
    const { id } = await placeShell(server, runner, { argv, env: { API_TOKEN: { plain: secret } } })

    const { report } = await world.orderIs(server, id, 'SUCCEEDED')

    const logs = await server.client.listOrderLogs(id)
    const texts = logs.items.map(({ text }) => text)
    expect(texts).toContain('nothing to hide')
    expect(texts.filter((text) => text.includes('[REDACTED]')).length).toBeGreaterThanOrEqual(5)
    const events = await server.client.listOrderEvents(id)
    const journal = readFileSync(join(runner.stateDir, 'journal.ndjson'), 'utf8')
    const said = { logs, report, events, journal, server: server.output(), runner: runnerProcess.output() }
    for (const [where, content] of Object.entries(said)) {
      const text = JSON.stringify(content)
      expect(
        spellings.filter((spelling) => text.includes(spelling)),
        where,
      ).toEqual([])
    }
  })
})

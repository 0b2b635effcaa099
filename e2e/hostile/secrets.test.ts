import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isTerminal } from '@ikoma/domain'
import { expect, onTestFinished, test } from 'vitest'
import { dialects } from '../kit/database.ts'
import { allCommandLines } from '../kit/process-table.ts'
import { node } from '../kit/product.ts'
import { placeShell, shellScopes } from '../kit/shell-order.ts'
import { type ControlPlane, newWorld, type World } from '../kit/world.ts'

const canary = 'canary-5f1e7a90c4/with+odd=chars&42'
/** Enough of it to know it by, however it is written. */
const spellings = [
  'canary-5f1e7a90c4',
  'with+odd',
  encodeURIComponent(canary).slice(18),
  Buffer.from(canary).toString('base64').slice(0, 20),
  Buffer.from(canary).toString('hex').slice(0, 20),
]

/** What an app does with its secret, and what it must not do: it also says it. */
const app = `
  const { API_VALUE: value, OUT: out } = process.env
  require('node:fs').writeFileSync(out, value, { mode: 0o600 })
  console.log('it is', value)
  console.error(Buffer.from(value).toString('base64'), encodeURIComponent(value))
  setTimeout(() => process.exit(Number(process.env.CODE)), 1500)
`

test('a secret that orders name is found only where the app keeps it', async (t) => {
  const world = await newWorld('sqlite', t)
  const server = await world.startServer({ LOG_LEVEL: 'debug' })
  const runner = await world.enrol(server, shellScopes)
  const runnerProcess = await world.startRunner(runner)
  const site = await aSite()
  await server.client.setSecret('api', { value: canary })
  await server.client.setSecret('address', { value: `${site.url}/${encodeURIComponent(canary)}` })
  await server.client.setSecret('nowhere', { value: `http://127.0.0.1:1/?sig=${encodeURIComponent(canary)}` })
  const streamed = collectStream(server)
  const watched = watchCommandLines()

  const out = join(world.folder, 'kept-by-the-app')
  const env = { API_VALUE: { secret: 'api' }, OUT: out }
  const argv = [node, '-e', app]
  const ran = await placeShell(server, runner, { argv, env: { ...env, CODE: '0' } })
  const failed = await placeShell(server, runner, { argv, env: { ...env, CODE: '7' } })
  const body = (secret: string) => ({ type: 'check.http.run', runnerId: runner.id, payload: { url: { secret } } })
  const checked = await server.client.placeOrder(body('address'), 'once')
  await server.client.placeOrder(body('address'), 'once')
  const lost = await server.client.placeOrder({ ...body('nowhere'), maxAttempts: 1 })
  await world.orderIs(server, ran.id, 'SUCCEEDED')
  await world.orderIs(server, failed.id, 'FAILED')
  await world.orderIs(server, checked.id, 'SUCCEEDED')
  await world.orderIs(server, lost.id, 'FAILED')

  expect(readFileSync(out, 'utf8')).toBe(canary)
  expect(site.asked()).toContain(encodeURIComponent(canary))
  const { client } = server
  const orders = await client.listOrders()
  const logs = await Promise.all(orders.items.map(({ id }) => client.listOrderLogs(id)))
  expect(JSON.stringify(logs)).toContain('it is [REDACTED]')
  let exported = ''
  for await (const text of client.exportOrders()) exported += text
  expect(exported).toContain('{"secret":"api"}')
  const said = {
    orders,
    logs,
    exported,
    events: await Promise.all(orders.items.map(({ id }) => client.listOrderEvents(id))),
    audit: await client.listAudit({ limit: 200 }),
    secrets: await client.listSecrets(),
    stream: streamed(),
    server: server.output(),
    runner: runnerProcess.output(),
    commandLines: watched(),
  }
  for (const [where, content] of Object.entries(said)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    expect(
      spellings.filter((spelling) => text.includes(spelling)),
      where,
    ).toEqual([])
  }
  expect(filesWith(world.folder)).toEqual([out])
  expect(statSync(join(world.folder, 'data', 'keys', 'secrets-1.key')).mode & 0o777).toBe(0o600)
  expect(statSync(join(runner.stateDir, 'seal-key.pem')).mode & 0o777).toBe(0o600)
})

test.each(dialects)(
  '200 orders run while the key is rotated again and again, and none fails, on %s',
  async (dialect) => {
    const world = await newWorld(dialect, { onTestFinished, onTestFailed: () => undefined })
    const servers = [await world.startServer()]
    // On PostgreSQL a second process serves the same database, and is told of no key.
    if (dialect === 'postgres') servers.push(await world.startServer())
    const [first, last] = [servers[0], servers.at(-1)] as [ControlPlane, ControlPlane]
    const site = await aSite()
    const token = createHash('sha256').update(dialect).digest('hex')
    await first.client.setSecret('address', { value: `${site.url}/${token}` })
    const others = Array.from({ length: 110 }, (_, n) => `other-${n}`)
    await Promise.all(others.map((name) => last.client.setSecret(name, { value: `value of ${name}` })))
    const runners: string[] = []
    for (const server of servers) {
      const runner = await world.enrol(server, { scopes: ['check'], policy: ['check'] })
      await world.startRunner(runner)
      runners.push(runner.id)
    }
    const order = (runnerId: string) => ({ type: 'check.http.run', runnerId, payload: { url: { secret: 'address' } } })

    const placing = (async () => {
      for (let n = 0; n < 200; n += 20) {
        const some = Array.from({ length: 20 }, (_, each) => order(runners[each % runners.length] ?? ''))
        await Promise.all(some.map((each) => first.client.placeOrder(each)))
      }
    })()
    let rotations = 0
    let ended = 0
    do {
      await rotate(rotations % 2 === 0 ? first : last)
      rotations += 1
      ended = await endedOrders(first)
    } while (ended < 200 && rotations < 500)
    await placing

    const { items } = await first.client.listOrders({ limit: 200 })
    expect(items.filter(({ status }) => status !== 'SUCCEEDED')).toEqual([])
    expect([items.length, site.asked().split(token).length - 1]).toEqual([200, 200])
    expect(rotations).toBeGreaterThan(2)
    const keys = readdirSync(keysOf(world)).filter((name) => name.startsWith('secrets-'))
    expect(keys).toEqual([`secrets-${rotations + 1}.key`])
  },
)

async function rotate({ client }: ControlPlane): Promise<void> {
  let { keyVersion, done } = await client.rotateSecrets({})
  while (!done) ({ keyVersion, done } = await client.rotateSecrets({ keyVersion }))
}

async function endedOrders({ client }: ControlPlane): Promise<number> {
  const { items } = await client.listOrders({ limit: 200 })
  return items.filter(({ status }) => isTerminal(status)).length
}

/** A server that remembers what it was asked for. */
async function aSite() {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked.join('\n') }
}

/** The command lines of every process of the machine, looked at all the time; gives those that were seen. */
function watchCommandLines(): () => string {
  const seen = new Set<string>()
  const over = new AbortController()
  const watching = (async () => {
    while (!over.signal.aborted) {
      for (const line of allCommandLines()) seen.add(line)
      await sleep(20)
    }
  })()
  onTestFinished(() => {
    over.abort()
    return watching
  })
  // This test's own has the value in no argument: it is in its source, which is no process.
  return () => [...seen].join('\n')
}

function collectStream({ url }: ControlPlane): () => string {
  let text = ''
  const over = new AbortController()
  onTestFinished(() => over.abort())
  void (async () => {
    const headers = { 'x-ikoma-admin-key': 'e2e-admin-key-9f31c07b5d28a64e' }
    const { body } = await fetch(`${url}/v1/stream`, { headers, signal: over.signal })
    const decoder = new TextDecoder()
    for await (const chunk of body ?? []) text += decoder.decode(chunk as Uint8Array, { stream: true })
  })().catch(() => undefined)
  return () => text
}

/** Every file below a folder that holds the value in any spelling: database and log ahead of it, journals, keys, state. */
function filesWith(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const bytes = readFileSync(path, 'latin1')
      return spellings.some((spelling) => bytes.includes(spelling))
    })
}

function keysOf(world: World): string {
  return join(world.folder, 'data', 'keys')
}

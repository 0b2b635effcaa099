import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, type TestContext, test } from 'vitest'
import { until } from '../kit/until.ts'
import { newWorld } from '../kit/world.ts'

interface Heard {
  method: string
  path: string
  headers: Record<string, string>
  body: string
}

/** What the false control plane says by itself; null to ask the true one. */
type Lie = (heard: Heard) => { status: number; headers?: Record<string, string>; body: object } | null

/** A control plane that is none: it stands in front of the true one, hears everything and may answer in its place. */
async function startFalse(truth: string, t: TestContext) {
  const heard: Heard[] = []
  const state: { lie: Lie } = { lie: () => null }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const bytes of request) body += bytes
    const one = { method: request.method ?? '', path: request.url ?? '', headers: plain(request.headers), body }
    heard.push(one)
    const lie = state.lie(one)
    if (lie) {
      response
        .writeHead(lie.status, { 'content-type': 'application/json', ...lie.headers })
        .end(JSON.stringify(lie.body))
      return
    }
    const answer = await ask(truth, one).catch(() => null)
    if (answer === null) return void request.socket.destroy()
    const nonce = answer.headers.get('x-ikoma-nonce')
    const type = { 'content-type': answer.headers.get('content-type') ?? 'application/json' }
    response.writeHead(answer.status, { ...type, ...(nonce ? { 'x-ikoma-nonce': nonce } : {}) })
    response.end(answer.status === 204 ? undefined : await answer.text())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard, state }
}

const kept = /^(x-|content-digest|content-type)/
function plain(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (kept.test(name) ? [[name, String(value)]] : [])),
  )
}

function ask(url: string, { method, path, headers, body }: Heard): Promise<Response> {
  return fetch(new URL(path, url), { method, headers, ...(body === '' ? {} : { body }) })
}

async function setup(t: TestContext) {
  const world = await newWorld('sqlite', t)
  const server = await world.startServer()
  const runner = await world.enrol(server)
  const between = await startFalse(server.url, t)
  const start = () => world.ikoma(['runner', 'run', '--state-dir', runner.stateDir, '--url', between.url])
  const proven = () => between.heard.filter(({ headers }) => headers['x-runner-proof'] !== undefined)
  return { world, server, runner, between, start, proven }
}

test('what a false control plane hears is good for nothing else, and not a second time', async (t) => {
  const { world, server, between, start, proven } = await setup(t)
  start()
  const beat = await until(
    'a proven heartbeat',
    async () => proven().find(({ path }) => path.endsWith('/heartbeat')) ?? null,
  )
  await until('a claim', async () => proven().find(({ path }) => path.includes('claim-next')) ?? null)
  const tries: Heard[] = [
    beat,
    { ...beat, path: '/v1/runner/orders/claim-next?max=100' },
    { ...beat, path: '/v1/runner/orders/exchange' },
    { ...beat, body: JSON.stringify({ status: 'OFFLINE' }) },
    { ...beat, body: '' },
    { ...beat, path: `${beat.path}?again=1` },
    { ...beat, headers: { ...beat.headers, 'x-runner-instance': `${'f'.repeat(32)}.${'f'.repeat(16)}` } },
  ]
  for (const each of tries) expect([each.path, (await ask(server.url, each)).status]).toEqual([each.path, 401])
  expect(world.outputs()).not.toContain('two machines')
  expect(between.heard.length).toBeGreaterThan(1)
})

test('a proof cannot be asked for in advance: not by a time that is told, nor by a nonce that is made up', async (t) => {
  const { server, between, start, proven } = await setup(t)
  const later = new Date(Date.now() + 180_000).toISOString()
  let count = 0
  between.state.lie = () => ({
    status: 401,
    headers: count++ % 2 === 0 ? {} : { 'x-ikoma-nonce': Buffer.alloc(24, count).toString('base64url') },
    body: { detail: 'no', reason: 'proof_needed', serverTime: later },
  })
  start()
  const made = await until('a proof for a nonce that is made up', async () => proven()[0] ?? null)
  const answer = await ask(server.url, made)
  expect([answer.status, ((await answer.json()) as { reason: string }).reason]).toEqual([401, 'proof_needed'])
  // What carries a time, as proofs once did, is not made any more.
  for (const { headers } of proven()) expect(headers['x-runner-proof']).toMatch(/^2\.[\w-]{32}~[\w-]+\.[\w-]{86}$/)
})

test('a redirect is not followed with a credential', async (t) => {
  const { between, start } = await setup(t)
  const thief = await startFalse('http://127.0.0.1:1', t)
  between.state.lie = ({ path }) => ({ status: 307, headers: { location: `${thief.url}${path}` }, body: {} })
  start()
  await until('some tries', async () => between.heard.length > 2 || null)
  expect(thief.heard).toEqual([])
})

test('plain http to another machine needs --insecure, for enrolling as for running', async (t) => {
  const { world, runner } = await setup(t)
  const url = 'http://192.0.2.1:3000'
  const said = async (args: string[], env: Record<string, string> = {}) => {
    const program = world.ikoma(args, env)
    return { ...(await program.exited), output: program.output() }
  }
  const enrol = ['runner', 'enrol', '--url', url, '--token', 'iko_x', '--state-dir', `${world.folder}/new`]
  for (const args of [enrol, ['runner', 'run', '--state-dir', runner.stateDir, '--url', url]]) {
    const refused = await said(args)
    expect(refused.code).toBe(2)
    expect(refused.output).toContain('--insecure')
  }
  const running = world.ikoma(['runner', 'run', '--state-dir', runner.stateDir, '--url', url], { IKOMA_INSECURE: '1' })
  await running.said(/The runner has started/)
})

test('a runner tells a control plane that knows no nonces from a wrong credential', async (t) => {
  const { between, start } = await setup(t)
  between.state.lie = () => ({ status: 401, body: { detail: 'no', reason: 'runner_auth_required' } })
  await start().said(/Update the control plane/)
})

import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { catalogue, type OrderTypeName } from '@ikoma/api'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Action } from '../../order/action.ts'
import { actionContext, temporaryDirectory } from '../../testing/setup.ts'
import { actions } from '../index.ts'

/** Runs an action as the runner does: defaults filled in, output held against the catalogue. */
async function run<T extends OrderTypeName>(type: T, payload: Record<string, unknown>) {
  const action = actions[type] as Action<never>
  const result = await action(catalogue[type].payload.parse(payload) as never, await actionContext())
  if (result.ok) catalogue[type].output.parse(result.output)
  return result
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function serve(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createHttpServer(listener))}/`
}

async function closedPort(): Promise<number> {
  const server = createTcpServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('waitSec', () => {
  it('asks again until it passes', async () => {
    let asked = 0
    const url = await serve((_, response) => response.writeHead(++asked < 3 ? 503 : 200).end())
    expect(await run('check.http.run', { url })).toMatchObject({ ok: false, output: { status: 503 } })
    expect(await run('check.http.run', { url, waitSec: 30 })).toMatchObject({ ok: true })
    expect(asked).toBe(3)
  })

  it('ends with the last answer when the time is over', async () => {
    const given = { host: '127.0.0.1', port: await closedPort(), waitSec: 1 }
    expect(await run('check.tcp.run', given)).toMatchObject({ ok: false, errors: [{ code: 'connection_refused' }] })
  })
})

describe('check.http.run', () => {
  it('passes when status and text are as expected, and shows no cookie', async () => {
    const url = await serve((_, response) => response.setHeader('set-cookie', 'id=1').end('all is well'))
    const result = await run('check.http.run', { url, expectBody: 'is well' })
    expect(result).toMatchObject({ ok: true, output: { status: 200, bodyBytes: 11 } })
    expect(JSON.stringify(result)).not.toContain('id=1')
  })

  it('does not follow a redirect', async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: '/elsewhere' }).end())
    const failed = { ok: false, retryable: false, errors: [{ code: 'unexpected_status' }], output: { status: 302 } }
    expect(await run('check.http.run', { url })).toMatchObject(failed)
    expect(await run('check.http.run', { url, expectStatus: [200, 302] })).toMatchObject({ ok: true })
  })

  it('reads 64 KiB of an endless body, and misses text that comes after', async () => {
    const url = await serve((_, response) => {
      const more = setInterval(() => response.write('x'.repeat(40_000)), 1)
      response.once('close', () => clearInterval(more))
    })
    const result = await run('check.http.run', { url, expectBody: 'needle' })
    expect(result).toMatchObject({ errors: [{ code: 'missing_text' }], output: { bodyBytes: 65_536 } })
  })

  it('says why there was no answer', async () => {
    const silent = await serve(() => {})
    const rude = await listen(createTcpServer((socket) => void socket.once('data', () => socket.resetAndDestroy())))
    const codes = await Promise.all(
      [
        { url: silent, timeoutMs: 200 },
        { url: `http://127.0.0.1:${await closedPort()}` },
        { url: `http://127.0.0.1:${rude}` },
        { url: silent.replace('http:', 'https:'), timeoutMs: 1_000 },
      ].map(async (payload) => {
        const result = await run('check.http.run', payload)
        return result.ok ? 'ok' : result.errors[0]?.code
      }),
    )
    expect(codes).toEqual(['timeout', 'connection_refused', 'connection_reset', 'tls_failed'])
  })
})

describe('check.tcp.run', () => {
  it('passes when the port accepts, and fails when nothing listens', async () => {
    const port = await listen(createTcpServer())
    const open = await run('check.tcp.run', { host: '127.0.0.1', port })
    expect(open).toMatchObject({ ok: true, output: { address: '127.0.0.1' } })
    const closed = await run('check.tcp.run', { host: '127.0.0.1', port: await closedPort() })
    expect(closed).toMatchObject({ ok: false, retryable: false, errors: [{ code: 'connection_refused' }] })
  })
})

describe('check.tls.run', () => {
  async function serveTls(days: number) {
    const directory = await temporaryDirectory()
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
    const name = ['-subj', '/CN=localhost/O=IKOMA', '-addext', 'subjectAltName=DNS:localhost,DNS:app.test']
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', String(days)]
    const made = spawnSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...name])
    if (made.status !== 0) throw new Error(made.stderr.toString())
    const pem = await readFile(cert, 'utf8')
    const port = await listen(createTlsServer({ key: await readFile(key), cert: pem }))
    return {
      pem,
      check: (more = {}) => run('check.tls.run', { host: '127.0.0.1', serverName: 'localhost', port, ...more }),
    }
  }

  function trust(pem: string) {
    const before = getCACertificates('default')
    setDefaultCACertificates([...before, pem])
    onTestFinished(() => setDefaultCACertificates(before))
  }

  it('passes for a trusted certificate that lasts, and describes it', async () => {
    const { pem, check } = await serveTls(90)
    trust(pem)
    const output = { authorized: true, subject: 'localhost', names: ['localhost', 'app.test'], daysLeft: 89 }
    expect(await check()).toMatchObject({ ok: true, output })
  })

  it('fails for one that nobody trusts, that is for another name, or that ends soon', async () => {
    const { pem, check } = await serveTls(90)
    expect(await check()).toMatchObject({ ok: false, errors: [{ code: 'untrusted_certificate' }] })
    trust(pem)
    expect(await check({ serverName: 'else.test' })).toMatchObject({ errors: [{ code: 'name_mismatch' }] })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 80 * 24 * 3_600_000 })
    onTestFinished(() => void vi.useRealTimers())
    expect(await check()).toMatchObject({ errors: [{ code: 'certificate_expires_soon' }], output: { daysLeft: 9 } })
    expect(await check({ minDaysLeft: 5 })).toMatchObject({ ok: true })
  })

  it('fails when no TLS is spoken there', async () => {
    const port = await listen(createTcpServer((socket) => socket.end('220 plain text\r\n')))
    expect(await run('check.tls.run', { host: '127.0.0.1', port })).toMatchObject({ errors: [{ code: 'tls_failed' }] })
  })
})

describe('check.dns.run', () => {
  /** Answers A questions about `app.test`, denies other names, and says nothing about `silent.test`. */
  async function serveDns(): Promise<string> {
    const socket = createSocket('udp4')
    socket.on('message', (question, from) => {
      if (question.includes('silent')) return
      const known = question.includes('\x03app\x04test')
      const header = Buffer.from(question.subarray(0, 12))
      header.writeUInt16BE(known ? 0x8180 : 0x8183, 2)
      header.writeUInt16BE(known ? 1 : 0, 6)
      header.fill(0, 8, 12)
      const asked = question.subarray(12, question.indexOf(0, 12) + 5)
      const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7])
      socket.send(Buffer.concat(known ? [header, asked, answer] : [header, asked]), from.port, from.address)
    })
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    onTestFinished(() => void socket.close())
    return `127.0.0.1:${socket.address().port}`
  }

  it('passes when every expected answer is there', async () => {
    const resolver = await serveDns()
    const result = await run('check.dns.run', { name: 'app.test', expect: ['192.0.2.7'], resolver })
    expect(result).toMatchObject({ ok: true, output: { answers: ['192.0.2.7'] } })
  })

  it.each([
    ['missing_answer', { name: 'app.test', expect: ['192.0.2.8'] }],
    ['name_not_found', { name: 'nobody.test' }],
    ['timeout', { name: 'silent.test', timeoutMs: 200 }],
  ])('fails with %s', async (code, payload) => {
    const resolver = await serveDns()
    expect(await run('check.dns.run', { ...payload, resolver })).toMatchObject({ ok: false, errors: [{ code }] })
  })

  it('refuses a resolver that is no address', async () => {
    expect(await run('check.dns.run', { name: 'app.test', resolver: '1.2.3' })).toMatchObject({
      errors: [{ code: 'invalid_resolver' }],
    })
  })
})

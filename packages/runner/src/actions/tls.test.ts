import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { catalogue } from '@ikoma/api'
import { selfSigned } from '@ikoma/machine/testing/self-signed'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { renew, tls } from './tls.ts'

const file = '/etc/letsencrypt/live/app.test/fullchain.pem'
const roots = '/etc/roots.pem'

/** A TLS server with a certificate of its own, which the roots on the machine hold. */
async function setup({ days = 90, stored }: { days?: number; stored?: string } = {}) {
  const { key, certificate } = selfSigned(['app.test'], days)
  const server = createServer({ key, cert: certificate })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const machine = new SimulatedHost({ files: { [file]: stored ?? certificate, [roots]: certificate } })
  const endpoint = { host: '127.0.0.1', port, serverName: 'app.test', rootFile: roots }
  const { payload, output } = catalogue['tls.certificate.check']
  return {
    endpoint,
    async check(asked: object) {
      const result = await tls['tls.certificate.check'](payload.parse(asked) as never, actionContext({ machine }))
      if (result.ok) output.parse(result.output)
      return result
    },
  }
}

test('what is on disk and what is served are told together, and are the same', async () => {
  const { endpoint, check } = await setup()
  const result = await check({ file, endpoint })
  expect(result).toMatchObject({
    ok: true,
    summary: 'The certificate for app.test is valid for 89 more days.',
    output: { stored: { names: ['app.test'], daysLeft: 89 }, served: { authorized: true, names: ['app.test'] } },
  })
  expect(await check({ endpoint })).toMatchObject({ ok: true, output: { stored: null } })
})

test('what was renewed and is not served yet is found', async () => {
  const { endpoint, check } = await setup({ stored: selfSigned(['app.test'], 90).certificate })
  expect(await check({ file, endpoint })).toMatchObject({ ok: false, errors: [{ code: 'certificate_not_served' }] })
})

test.each([
  ['certificate_expires_soon', 10, {}],
  ['certificate_expires_soon', 25, { warnDays: 30 }],
])('fails with %s when %i days are left', async (code, days, more) => {
  const { endpoint, check } = await setup()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + (90 - days) * 24 * 3_600_000 })
  onTestFinished(() => void vi.useRealTimers())
  for (const asked of [{ file }, { endpoint }, { file, endpoint }]) {
    expect(await check({ ...asked, ...more })).toMatchObject({ ok: false, retryable: false, errors: [{ code }] })
  }
})

test('a file that is not there, or holds no certificate, is named', async () => {
  const { check } = await setup({ stored: 'nothing' })
  const absent = { ok: false, errors: [{ code: 'certificate_absent' }], output: { stored: null } }
  expect(await check({ file })).toMatchObject(absent)
  expect(await check({ file: '/none.pem' })).toMatchObject(absent)
})

test('only the roots that are named are trusted', async () => {
  const { endpoint, check } = await setup()
  const { rootFile, ...untrusted } = endpoint
  expect(await check({ endpoint: untrusted })).toMatchObject({ errors: [{ code: 'untrusted_certificate' }] })
  expect(await check({ endpoint: { ...endpoint, serverName: 'else.test' } })).toMatchObject({
    errors: [{ code: 'name_mismatch' }],
  })
})

test('neither a file nor an endpoint is a bad payload', () => {
  expect(catalogue['tls.certificate.check'].payload.safeParse({}).success).toBe(false)
})

describe('a renewal', () => {
  const conf = 'server = https://acme.test/directory\nwebroot_path = /srv/acme,\n'

  /** A server of TLS that serves one certificate, while certbot renews to another. */
  async function renewal({
    served,
    names = ['app.test'],
  }: {
    served: 'former' | 'renewed' | 'other'
    names?: string[]
  }) {
    const former = selfSigned(names, 30)
    const renewed = selfSigned(names, 90)
    const other = selfSigned(['app.test', 'else.test'], 10)
    const { key, certificate } = { former, renewed, other }[served]
    const server = createServer({ key, cert: certificate })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const machine = new SimulatedHost({
      files: { [file]: former.certificate, '/etc/letsencrypt/renewal/app.test.conf': conf },
      tools: {
        certbot: ({ machine }) => {
          machine.put(file, renewed.certificate)
          return {}
        },
        ss: () => ({ stdout: `LISTEN 0 511 0.0.0.0:${port} 0.0.0.0:* users:(("nginx",pid=7,fd=6))\n` }),
        nginx: () => ({
          code: 1,
          stderr: 'nginx: [emerg] host not found in upstream "db" in /etc/nginx/conf.d/a.conf:3\n',
        }),
      },
    })
    const place = { port, attempts: 2, pauseMs: 1 }
    const payload = catalogue['tls.certificate.renew'].payload.parse({})
    return renew(payload, actionContext({ machine }), place)
  }

  test('that nobody serves has failed, and says why the server did not take it', async () => {
    const result = await renewal({ served: 'former' })
    expect(result).toMatchObject({
      ok: false,
      retryable: false,
      errors: [{ code: 'certificate_not_served' }],
      output: { renewed: ['app.test'], notServed: [{ name: 'app.test', domain: 'app.test' }] },
    })
    expect(result.summary).toContain('nginx takes no reload: host not found in upstream "db"')
  })

  test('of a wildcard is looked for at a name of it', async () => {
    expect(await renewal({ served: 'former', names: ['*.app.test'] })).toMatchObject({
      ok: false,
      output: { notServed: [{ domain: 'www.app.test' }] },
    })
  })

  test.each(['renewed', 'other'] as const)('is done where what is served is %s', async (served) => {
    expect(await renewal({ served })).toMatchObject({ ok: true, output: { renewed: ['app.test'], notServed: [] } })
  })
})

describe('the list of certificates', () => {
  const list = (machine: SimulatedHost) =>
    tls['tls.certificate.list'](catalogue['tls.certificate.list'].payload.parse({}), actionContext({ machine }))

  test('warns of none that Caddy gives inside the house, which lives for hours', async () => {
    const inside = '/var/lib/caddy/.local/share/caddy/certificates/local/b.test/b.test.crt'
    const machine = new SimulatedHost({ files: { [inside]: selfSigned(['b.test'], 1).certificate } })
    expect(await list(machine)).toMatchObject({
      summary: '1 certificate.',
      output: { certificates: [{ status: 'valid' }] },
    })
  })

  test('names one whose links lead nowhere, and one whose folder is gone', async () => {
    const machine = new SimulatedHost({
      files: { '/etc/letsencrypt/renewal/gone.test.conf': '', '/etc/letsencrypt/live/README': '' },
    })
    machine.putDirectory('/etc/letsencrypt/live/app.test')
    machine.putLink('/etc/letsencrypt/live/app.test/fullchain.pem', '../../archive/app.test/fullchain1.pem')
    const { summary, output } = await list(machine)
    const named = [file, '/etc/letsencrypt/live/gone.test/fullchain.pem']
    expect(output).toMatchObject({ unreadable: named })
    for (const each of named) expect(summary).toContain(each)
  })
})

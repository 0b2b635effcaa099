import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { catalogue } from '@ikoma/api'
import { selfSigned } from '@ikoma/machine/testing/self-signed'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect, onTestFinished, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { tls } from './tls.ts'

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
  const { endpoint, check } = await setup({ days })
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

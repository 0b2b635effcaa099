import { expect, onTestFinished, test, vi } from 'vitest'
import { planFor } from '../plan.ts'
import { selfSigned } from '../testing/self-signed.ts'
import { SimulatedHost, type Tool } from '../testing/simulated-host.ts'
import { type CertbotRequest, renewCertificates } from './certbot.ts'
import { certbotCertificate } from './certificate.ts'
import { certbotPlaces } from './places.ts'

const request: CertbotRequest = { name: 'app', domains: ['app.test'], webroot: '/srv/acme', staging: false }

const challenge = (type: string, detail: string) => `
Certbot failed to authenticate some domains (authenticator: webroot). The Certificate Authority reported these problems:
  Domain: app.test
  Type:   ${type}
  Detail: ${detail}

Hint: The Certificate Authority failed to download the temporary challenge files created by Certbot.
Some challenges have failed.`

function setup(said: string, files: Record<string, string> = {}) {
  let runs = 0
  const certbot: Tool = () => {
    runs += 1
    return said === '' ? {} : { code: 1, stderr: said }
  }
  const host = new SimulatedHost({ files: { '/var/lib/dpkg/status': '', ...files }, tools: { certbot } })
  const get = async (more: Partial<CertbotRequest> = {}) => {
    try {
      for (const change of await planFor([certbotCertificate({ ...request, ...more })], host)) await change.apply(host)
      return { code: 'none' }
    } catch (error) {
      const { code, reason, message } = error as { code: string; reason: string; message: string }
      return { code, reason, message }
    }
  }
  return { host, get, runs: () => runs }
}

test.each([
  ['connection', '192.0.2.1: Fetching http://app.test/.well-known/acme-challenge/x: Connection refused', 'port 80'],
  [
    'unauthorized',
    '192.0.2.1: Invalid response from http://app.test/.well-known/acme-challenge/x: 404',
    'another answer',
  ],
  ['dns', 'DNS problem: NXDOMAIN looking up A for app.test', 'leads nowhere'],
])(
  'a challenge that failed (%s) names its domain and the cause, and is not tried again',
  async (type, detail, cause) => {
    const { get } = setup(challenge(type, detail))
    const told = await get()
    expect(told).toMatchObject({ code: 'unprocessable', reason: 'acme_challenge_failed' })
    for (const part of ['app.test', detail, cause]) expect(told.message).toContain(part)
  },
)

test.each([
  [
    'acme_limit',
    'too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s, retry after 2026-02-01',
  ],
  ['acme_limit', 'urn:ietf:params:acme:error:rateLimited :: There were too many requests of a given type'],
  ['webroot_missing', 'certbot: error: argument -w/--webroot-path: /srv/acme does not exist or is not a directory'],
])('nor is what the authority or the server lacks: %s', async (reason, said) => {
  expect(await setup(said).get()).toMatchObject({ code: 'unprocessable', reason })
})

test('an authority that does not answer may do so the next time', async () => {
  const said = 'requests.exceptions.ConnectionError: HTTPSConnectionPool(host=acme-v02.api.letsencrypt.org)'
  expect(await setup(said).get()).toMatchObject({ code: 'unavailable', reason: 'tool_failed' })
})

test('validations that failed are counted, and the last that are allowed in an hour are left to people', async () => {
  const { get, runs } = setup(challenge('connection', 'Connection refused'))
  const now = Date.parse('2026-03-01T12:00:00Z')
  vi.useFakeTimers({ toFake: ['Date'], now })
  onTestFinished(() => void vi.useRealTimers())
  for (const _ of [1, 2, 3, 4]) expect(await get()).toMatchObject({ reason: 'acme_challenge_failed' })
  expect(await get()).toMatchObject({ reason: 'acme_limit', message: expect.stringContaining('2026-03-01T13:00:00') })
  expect(runs()).toBe(4)
  // Another authority, and another domain, have their own.
  expect(await get({ staging: true })).toMatchObject({ reason: 'acme_challenge_failed' })
  expect(await get({ domains: ['other.test'] })).toMatchObject({ reason: 'acme_challenge_failed' })
  vi.setSystemTime(now + 3_600_001)
  expect(await get()).toMatchObject({ reason: 'acme_challenge_failed' })
})

test('a clock that was put back locks nobody out', async () => {
  const { get } = setup(challenge('connection', 'Connection refused'))
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2027-03-01T12:00:00Z') })
  onTestFinished(() => void vi.useRealTimers())
  for (const _ of [1, 2, 3, 4]) await get()
  vi.setSystemTime(Date.parse('2026-03-01T12:00:00Z'))
  expect(await get()).toMatchObject({ reason: 'acme_challenge_failed' })
})

test('a sixth certificate for the same names within a week is refused before anybody is asked', async () => {
  const { certificate } = selfSigned(['app.test'], 90)
  const kept = Object.fromEntries(
    [1, 2, 3, 4, 5].map((n) => [`/etc/letsencrypt/archive/app/cert${n}.pem`, certificate]),
  )
  const conf = { '/etc/letsencrypt/renewal/app.conf': 'server = https://acme-v02.api.letsencrypt.org/directory\n' }
  const { get, runs, host } = setup('', { ...kept, ...conf, '/etc/letsencrypt/live/app/cert.pem': certificate })
  expect(await get()).toMatchObject({ reason: 'acme_limit', message: expect.stringContaining('5 certificates') })
  const force = renewCertificates(host, { name: 'app', force: true }, certbotPlaces)
  await expect(force).rejects.toMatchObject({ reason: 'acme_limit' })
  expect(runs()).toBe(0)
  await renewCertificates(host, { name: 'app', force: false }, certbotPlaces)
  expect(runs()).toBe(1)
})

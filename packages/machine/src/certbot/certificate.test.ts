import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { planFor } from '../plan.ts'
import { selfSigned } from '../testing/self-signed.ts'
import { SimulatedHost, type Tool } from '../testing/simulated-host.ts'
import { type CertbotRequest, rehearseRenewal, renewCertificates } from './certbot.ts'
import { certbotCertificate } from './certificate.ts'
import { certbotPlaces } from './places.ts'

const request: CertbotRequest = {
  name: 'app',
  domains: ['app.test', 'www.app.test'],
  webroot: '/srv/acme',
  staging: false,
}
const letsEncrypt = 'https://acme-v02.api.letsencrypt.org/directory'

const certificate = (days: number, names = request.domains) => selfSigned(names, days).certificate

async function titles({ pem, server = letsEncrypt }: { pem?: string; server?: string }, wanted = request) {
  const files = {
    ...(pem !== undefined && { '/etc/letsencrypt/live/app/fullchain.pem': pem }),
    '/etc/letsencrypt/renewal/app.conf': `[renewalparams]\nserver = ${server}\n`,
  }
  return (await planFor([certbotCertificate(wanted)], new SimulatedHost({ files }))).map(({ title }) => title)
}

test('a certificate that is there, for these domains, from this authority and for long is left alone', async () => {
  expect(await titles({ pem: certificate(22) })).toEqual([])
  expect(await titles({ pem: certificate(22, request.domains.toReversed()) })).toEqual([])
})

test.each([
  ['there is none', {}],
  ['there is none', { pem: 'broken' }],
  ['that there is is for app.test', { pem: certificate(90, ['app.test']) }],
  [
    'that there is is from https://acme-staging-v02.api.letsencrypt.org/directory',
    { pem: certificate(90), server: 'https://acme-staging-v02.api.letsencrypt.org/directory' },
  ],
])('one is got because %s', async (why, there) => {
  const get = `get the certificate app for app.test, www.app.test from ${letsEncrypt}`
  expect(await titles(there)).toEqual([`${get}: ${why}`])
})

test('one of ninety days is got anew near its end, and one of six lives as long as its kind', async () => {
  const [long, short] = [certificate(90), certificate(6)]
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 69.5 * 24 * 3_600_000 })
  onTestFinished(() => void vi.useRealTimers())
  expect(await titles({ pem: long })).toEqual([expect.stringContaining(': it ends in 20 days')])
  vi.useRealTimers()
  expect(await titles({ pem: short })).toEqual([])
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5 * 24 * 3_600_000 })
  expect(await titles({ pem: short })).toEqual([expect.stringContaining(': it ends in 0 days')])
})

test('another authority is asked where it is, and trusted by the file that is given', async () => {
  const runs: { args: readonly string[]; env: object }[] = []
  const certbot: Tool = ({ args, env }) => {
    runs.push({ args, env })
    return {}
  }
  const host = new SimulatedHost({ tools: { certbot } })
  const pebble = { directoryUrl: 'https://localhost:14000/dir', directoryRootFile: '/etc/pebble.pem' }
  for (const change of await planFor([certbotCertificate({ ...request, ...pebble })], host)) await change.apply(host)
  const [run] = runs
  expect(run?.env).toEqual({ REQUESTS_CA_BUNDLE: '/etc/pebble.pem' })
  const after = (option: string) => run?.args[run.args.indexOf(option) + 1]
  expect([after('--server'), after('--domains')]).toEqual([pebble.directoryUrl, 'app.test,www.app.test'])
})

const byRoot = { mode: 0o755, owner: 'root', group: 'root' }
const places = ['/srv/web', '/srv/web/.well-known', '/srv/web/.well-known/acme-challenge']

test.each([
  ['whose it is', { ...byRoot, owner: 'app' }],
  ['whose group writes', { ...byRoot, mode: 0o775, group: 'app' }],
  ['where everybody writes', { ...byRoot, mode: 0o777 }],
])('certbot writes into no folder of an account, %s', async (_, access) => {
  for (const bad of ['/srv', ...places]) {
    const host = new SimulatedHost()
    for (const path of ['/srv', ...places]) host.putDirectory(path, path === bad ? access : byRoot)
    const plan = planFor([certbotCertificate({ ...request, webroot: '/srv/web' })], host)
    await expect(plan).rejects.toMatchObject({ reason: 'unsafe_path' })
  }
})

test('nor through a link, whoever made it', async () => {
  const host = new SimulatedHost()
  host.putDirectory('/srv/web', byRoot)
  host.putLink('/srv/web/.well-known', '/etc')
  const plan = planFor([certbotCertificate({ ...request, webroot: '/srv/web' })], host)
  await expect(plan).rejects.toMatchObject({ reason: 'unsafe_path' })
})

test('the authority that certifies the directory is named by root alone', async () => {
  const host = new SimulatedHost()
  host.put('/srv/app/ca.pem', '', { ...byRoot, owner: 'app' })
  host.move('/srv/app', null)
  host.putDirectory('/srv/app', { ...byRoot, owner: 'app' })
  const trusting = { ...request, directoryUrl: 'https://localhost/dir', directoryRootFile: '/srv/app/ca.pem' }
  await expect(planFor([certbotCertificate(trusting)], host)).rejects.toMatchObject({ reason: 'unsafe_path' })
})

describe('a certificate that people got, whose answers go into the folder of an app', () => {
  const forms = [
    'webroot_path = /srv/app/public,',
    'webroot_path = /var/www/html, /srv/app/public',
    'webroot_path = "/srv/app/public"',
    '[[webroot_map]]\napp.test = /srv/app/public',
    '[[ webroot_map ]]\n"www.app.test" = /srv/app/public',
    '[[webroot_map]]\napp.test = /var/www/html\nwww.app.test = /srv/./app/public/',
    'webroot_path = ../srv/app/public',
  ]

  function setup(form: string) {
    const ran: string[][] = []
    const certbot: Tool = ({ args }) => {
      ran.push([...args])
      return {}
    }
    const conf = (lines: string) => `[renewalparams]\nserver = ${letsEncrypt}\nauthenticator = webroot\n${lines}\n`
    const files = {
      '/etc/letsencrypt/renewal/app.conf': conf(form),
      '/etc/letsencrypt/renewal/good.conf': conf('webroot_path = /var/lib/ikoma-acme,'),
    }
    const host = new SimulatedHost({ files, tools: { certbot } })
    host.putDirectory('/srv', byRoot)
    host.putDirectory('/srv/app', { ...byRoot, owner: 'app' })
    return { host, ran, named: () => ran.map((args) => args[args.indexOf('--cert-name') + 1]) }
  }

  test.each(forms)('%s: is left out when all are renewed, and refused by name', async (form) => {
    const { host, named } = setup(form)
    expect(await renewCertificates(host, { force: false }, certbotPlaces)).toEqual(['app'])
    expect(named()).toEqual(['good'])
    const refused = { reason: 'unsafe_path' }
    await expect(renewCertificates(host, { name: 'app', force: true }, certbotPlaces)).rejects.toMatchObject(refused)
    await expect(rehearseRenewal(host, { name: 'app' }, certbotPlaces)).rejects.toMatchObject(refused)
    expect(named()).toEqual(['good'])
  })

  test('where none is, certbot renews all of them by itself', async () => {
    const { host, ran } = setup('webroot_path = /var/www/html,')
    expect(await renewCertificates(host, { force: false }, certbotPlaces)).toEqual([])
    expect(ran).toHaveLength(1)
    expect(ran[0]).not.toContain('--cert-name')
  })
})

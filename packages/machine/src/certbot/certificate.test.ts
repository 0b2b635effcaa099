import { expect, test } from 'vitest'
import { planFor } from '../plan.ts'
import { selfSigned } from '../testing/self-signed.ts'
import { SimulatedHost, type Tool } from '../testing/simulated-host.ts'
import type { CertbotRequest } from './certbot.ts'
import { certbotCertificate } from './certificate.ts'

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
  ['it ends in 20 days', { pem: certificate(21) }],
  ['that there is is for app.test', { pem: certificate(90, ['app.test']) }],
  [
    'that there is is from https://acme-staging-v02.api.letsencrypt.org/directory',
    { pem: certificate(90), server: 'https://acme-staging-v02.api.letsencrypt.org/directory' },
  ],
])('one is got because %s', async (why, there) => {
  const get = `get the certificate app for app.test, www.app.test from ${letsEncrypt}`
  expect(await titles(there)).toEqual([`${get}: ${why}`])
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

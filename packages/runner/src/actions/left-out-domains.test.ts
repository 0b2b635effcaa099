import { catalogue } from '@ikoma/api'
import { selfSigned } from '@ikoma/machine/testing/self-signed'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { tellingLeftOut } from './left-out-domains.ts'
import { nginx } from './nginx.ts'

const chainFile = '/etc/letsencrypt/live/app/fullchain.pem'

/** What is said of a site with these domains, whose certificate has these names, beside another site. */
async function told(domains: string[], names: string[], other = '') {
  const machine = new SimulatedHost({
    files: {
      [chainFile]: selfSigned(names, 90).certificate,
      '/etc/nginx/conf.d/ikoma-other.conf': `server {\n    server_name ${other || 'other.test'};\n}\n`,
      // As it is before a dry run: with the domain that is about to go.
      '/etc/nginx/conf.d/ikoma-app.conf': `server {\n    server_name ${names.join(' ')};\n}\n`,
    },
  })
  const apply = tellingLeftOut(async () => ({ ok: true as const, summary: 'Made 1 change.', output: {} }))
  const site = { name: 'app', domains, certificate: { chainFile } }
  return (await apply(site, actionContext({ machine }))).summary
}

test('a domain that is taken out of a site while its certificate names it is a warning', async () => {
  const summary = await told(['app.test'], ['app.test', 'www.app.test'])
  expect(summary).toContain('Warning: the certificate names www.app.test, which no site of ours serves')
  expect(summary).toContain('tls.certificate.issue')
})

test.each([
  ['all of them are served', ['app.test', 'www.app.test'], ['app.test', 'www.app.test'], ''],
  ['another site serves it', ['app.test'], ['app.test', 'www.app.test'], 'www.app.test'],
  ['it is a wildcard', ['app.test'], ['app.test', '*.app.test'], ''],
])('it is none where %s', async (_, domains, names, other) => {
  expect(await told(domains, names, other)).toBe('Made 1 change.')
})

test('the plan of the order says it, before anything is done', async () => {
  const machine = new SimulatedHost({
    files: {
      [chainFile]: selfSigned(['app.test', 'www.app.test'], 90).certificate,
      '/etc/nginx/nginx.conf': 'http {\n  include conf.d/*.conf;\n}\n',
    },
    tools: {
      nginx: () => ({ stderr: 'nginx version: nginx/1.22.1' }),
      systemctl: () => ({ stdout: '7\n' }),
    },
  })
  for (const path of ['/etc/nginx/conf.d', '/var/lib']) machine.putDirectory(path)
  const certificate = { chainFile, keyFile: '/etc/letsencrypt/live/app/privkey.pem' }
  const given = { name: 'app', domains: ['app.test'], upstreams: [{ port: 8080 }], certificate }
  const payload = catalogue['platform.nginx.site.apply'].payload.parse(given)
  const { summary } = await nginx['platform.nginx.site.apply'](payload, actionContext({ machine, dryRun: true }))
  expect(summary).toContain('Warning: the certificate names www.app.test')
})

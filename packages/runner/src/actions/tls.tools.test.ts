import type { Desired } from '@ikoma/machine'
import { caddyRoute } from '@ikoma/machine/caddy'
import { certbotCertificate, certificateFiles, rehearseRenewal, renewCertificates } from '@ikoma/machine/certbot'
import { nginxSite } from '@ikoma/machine/nginx'
import { startPebble } from '@ikoma/machine/testing/pebble'
import { addFiles } from '@ikoma/machine/testing/tool'
import { expect, test } from 'vitest'
import type { ActionContext } from '../order/action.ts'
import { actionContext } from '../testing/action-context.ts'
import { startForegroundCaddy } from '../testing/foreground-caddy.ts'
import { startForegroundNginx } from '../testing/foreground-nginx.ts'
import { converging } from './converging.ts'
import { tls } from './tls.ts'

const serverName = 'app.example.com'

const make = (desired: Desired, context: ActionContext) => converging(() => [desired])({}, context)

async function served(port: number, { rootFile, file }: { rootFile: string; file?: string }, context: ActionContext) {
  const endpoint = { host: '127.0.0.1', port, serverName, rootFile, timeoutMs: 5_000 }
  return tls['tls.certificate.check']({ endpoint, file, warnDays: 21 }, context)
}

test('certbot gets a certificate through nginx, which serves it; again is no change, and a renewal is found', async () => {
  const { place, places, machine, site, ports } = await startForegroundNginx()
  const { root, ...authority } = await startPebble(ports)
  addFiles(place, { 'root.pem': root })
  const rootFile = `${place}/root.pem`
  const context = actionContext({ machine })
  const certbot = { config: `${place}/letsencrypt`, work: `${place}/work`, logs: `${place}/logs` }
  const request = { name: 'app', domains: [serverName], webroot: site.acmeWebroot, staging: false, ...authority }

  expect(await make(nginxSite(site, places), context)).toMatchObject({ ok: true })
  expect(await make(certbotCertificate(request, certbot), context)).toMatchObject({
    ok: true,
    output: { changed: true },
  })
  expect(await make(certbotCertificate(request, certbot), context)).toMatchObject({ output: { changed: false } })
  const certificate = certificateFiles('app', certbot)
  expect(await make(nginxSite({ ...site, certificate }, places), context)).toMatchObject({ ok: true })
  const file = certificate.chainFile
  expect(await served(ports.https, { rootFile, file }, context)).toMatchObject({
    ok: true,
    output: { served: { authorized: true, names: [serverName] } },
  })

  const renewal = { name: 'app', directoryRootFile: authority.directoryRootFile }
  await rehearseRenewal(machine, renewal, certbot)
  expect(await served(ports.https, { rootFile, file }, context)).toMatchObject({ ok: true })
  await renewCertificates(machine, { ...renewal, force: true }, certbot)
  expect(await served(ports.https, { rootFile, file }, context)).toMatchObject({
    errors: [{ code: 'certificate_not_served' }],
  })

  const more = { ...request, domains: [serverName, 'www.app.example.com'] }
  expect(await make(certbotCertificate(more, certbot), context)).toMatchObject({ ok: true, output: { changed: true } })
})

test('Caddy gets a certificate by itself for a route, from the authority that it names', async () => {
  const { place, places, machine, site, ports } = await startForegroundCaddy()
  const { root, ...authority } = await startPebble(ports)
  addFiles(place, { 'root.pem': root })
  const context = actionContext({ machine })
  expect(await make(caddyRoute('app', { ...site, tls: authority }, places), context)).toMatchObject({ ok: true })
  await expect
    .poll(() => served(ports.https, { rootFile: `${place}/root.pem` }, context), { timeout: 20_000, interval: 200 })
    .toMatchObject({ ok: true, output: { served: { authorized: true, names: [serverName] } } })
})

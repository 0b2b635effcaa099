import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Acme, startAcme } from './acme.ts'
import { onHost } from './bare-host.ts'
import { askHttp, askHttps } from './http-client.ts'
import { startUpstream, type Upstream } from './upstream.ts'
import { newVps, type Vps } from './vps.ts'

interface Stage {
  vps: Vps
  acme: Acme
  upstream: Upstream
  close(): Promise<void>
}

/** A host, a certificate authority that gives it certificates, and a backend to stand before. */
async function newStage(): Promise<Stage> {
  const vps = await newVps({ scopes: ['system', 'platform', 'tls'] })
  try {
    const acme = await startAcme(vps.host)
    const upstream = await startUpstream(vps.host.gateway)
    const close = async () => {
      await upstream.close()
      await acme.close()
      await vps.close()
    }
    return { vps, acme, upstream, close }
  } catch (error) {
    await vps.close()
    throw error
  }
}

/** What a client gets that trusts only the roots of the certificate authority. */
async function visit({ vps, acme }: Stage, name: string) {
  const answer = await askHttps({ address: vps.host.address, name, roots: acme.root })
  return { status: answer.status, body: answer.body, names: answer.certificate.subjectaltname }
}

const served = (name: string) => ({ status: 200, body: `hello from ${name}`, names: `DNS:${name}` })

onHost('certificates by Caddy', () => {
  let stage: Stage
  const route = (name: string, domain: string) => {
    const { upstream, acme } = stage
    return { name, domains: [domain], upstreams: [upstream.at], tls: { directoryUrl: acme.directory } }
  }
  beforeAll(async () => {
    stage = await newStage()
    await stage.vps.done('platform.caddy.install', { source: 'debian' }, { withinSec: 300 })
  })
  afterAll(() => stage?.close())

  test('a domain is served with one from the moment its route is applied, and a second time nothing changes', async () => {
    const payload = route('one', 'one.example.com')
    expect(await stage.vps.done('platform.caddy.route.apply', payload)).toMatchObject({ changed: true })
    await expect
      .poll(() => visit(stage, 'one.example.com').catch(String), { timeout: 60_000 })
      .toEqual(served('one.example.com'))
    expect(await stage.vps.done('platform.caddy.route.apply', payload)).toMatchObject({ changed: false, changes: [] })
  })

  test('a route that Caddy refuses is refused, and what was served still is', async () => {
    const before = await stage.vps.host.see(['find', '/etc/caddy', '-type', 'f', '-exec', 'sha256sum', '{}', '+'])
    // The same domain a second time: Caddy calls it ambiguous.
    const codes = await stage.vps.refused('platform.caddy.route.apply', route('two', 'one.example.com'))
    expect(codes).toEqual(['configuration_refused'])
    expect(await stage.vps.host.see(['find', '/etc/caddy', '-type', 'f', '-exec', 'sha256sum', '{}', '+'])).toBe(before)
    expect(await visit(stage, 'one.example.com')).toEqual(served('one.example.com'))
  })

  test('a Caddyfile that somebody broke by hand lets no order through, and what was served still is', async () => {
    const main = '/etc/caddy/Caddyfile'
    const whole = await stage.vps.host.see(['cat', main])
    await stage.vps.host.see(['tee', main], { input: `${whole}\nbroken {\n` })
    expect(await stage.vps.refused('platform.caddy.route.apply', route('three', 'three.example.com'))).toEqual([
      'configuration_refused',
    ])
    expect(await visit(stage, 'one.example.com')).toEqual(served('one.example.com'))
    await stage.vps.host.see(['tee', main], { input: whole })
  })
})

onHost('certificates by certbot, behind nginx', () => {
  let stage: Stage
  const domain = 'shop.example.com'
  const site = (more: Record<string, unknown> = {}) => ({
    name: 'shop',
    domains: [domain],
    upstreams: [stage.upstream.at],
    ...more,
  })
  beforeAll(async () => {
    stage = await newStage()
    await stage.vps.done('platform.nginx.install', {}, { withinSec: 300 })
    await stage.vps.done('system.packages.apply', { install: ['certbot'] }, { withinSec: 300 })
  })
  afterAll(() => stage?.close())

  test('a domain goes from HTTP to HTTPS by three orders, and a second time nothing changes', async () => {
    const { vps, acme } = stage
    const request = { domains: [domain], directoryUrl: acme.directory }
    await vps.done('platform.nginx.site.apply', site())
    const { chainFile, keyFile, changed } = await vps.done('tls.certificate.issue', request)
    expect(changed).toBe(true)
    const secured = site({ certificate: { chainFile, keyFile } })
    await vps.done('platform.nginx.site.apply', secured)

    expect(await visit(stage, domain)).toEqual(served(domain))
    expect(await vps.done('tls.certificate.issue', request)).toMatchObject({ changed: false, changes: [] })
    expect(await vps.done('platform.nginx.site.apply', secured)).toMatchObject({ changed: false, changes: [] })
  })

  test('HTTP is redirected, and browsers are told what document 3 wants them told', async () => {
    const { vps, acme } = stage
    const plain = await askHttp({ address: vps.host.address, name: domain, path: '/cart' })
    expect(plain).toMatchObject({ status: 301, headers: { location: `https://${domain}/cart` } })
    const { headers } = await askHttps({ address: vps.host.address, name: domain, roots: acme.root })
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' })
  })

  test('a renewal gets another one, and the site serves it', async () => {
    const { vps, acme } = stage
    const serial = async () => {
      const { certificate } = await askHttps({ address: vps.host.address, name: domain, roots: acme.root })
      return certificate.serialNumber
    }
    const before = await serial()
    expect(await vps.done('tls.certificate.renew', { force: true })).toMatchObject({ renewed: [domain] })
    await expect.poll(serial, { timeout: 30_000 }).not.toBe(before)
  })

  test('a site that nginx refuses is refused, and what was served still is', async () => {
    const nowhere = { chainFile: '/etc/ssl/nowhere.pem', keyFile: '/etc/ssl/nowhere.key' }
    const broken = site({ name: 'broken', domains: ['broken.example.com'], certificate: nowhere })
    const tree = ['find', '/etc/nginx', '-type', 'f', '-exec', 'sha256sum', '{}', '+'] as const
    const before = await stage.vps.host.see(tree)
    expect(await stage.vps.refused('platform.nginx.site.apply', broken)).toEqual(['configuration_refused'])
    expect(await stage.vps.host.see(tree)).toBe(before)
    expect(await visit(stage, domain)).toEqual(served(domain))
  })
})

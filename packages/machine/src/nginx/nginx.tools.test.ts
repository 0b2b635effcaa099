import { catalogue } from '@ikoma/api'
import { describe, expect, it } from 'vitest'
import { goldens, renderGolden } from '../testing/goldens.ts'
import { hostileTexts, outcomeOf } from '../testing/hostile.ts'
import { findFreePort, requestAsIs, startApp } from '../testing/http.ts'
import { checkNginx, startNginx } from '../testing/nginx.ts'
import { createCertificate, createPlace, moved } from '../testing/tool.ts'
import { type NginxSite, renderNginxSite } from './site-file.ts'

const sites = goldens.filter(({ kind }) => kind === 'nginx')

describe('nginx', () => {
  it.each(sites)('finds nothing wrong with $name', async (golden) => {
    const place = createPlace({ 'var/log/nginx/x.log': '' })
    const live = 'etc/letsencrypt/live/preprod.blingauto.com'
    await createCertificate(place, `${live}/fullchain.pem`, `${live}/privkey.pem`)
    const ports = { http: await findFreePort(), https: await findFreePort() }
    await checkNginx(
      renderGolden(golden, (given) => ({ ...(moved(given, place) as object), ports })),
      place,
    )
  })

  it('finds nothing wrong with two sites side by side', async () => {
    const ports = { http: await findFreePort(), https: await findFreePort() }
    const site = (name: string) =>
      renderNginxSite({
        ...aSite(),
        name,
        domains: [`${name}.example.com`],
        websocket: true,
        ports,
        rateLimits: [aLimit],
      })
    await checkNginx(site('one') + site('two'), createPlace())
  })

  it('answers with what is hostile as exactly that text in headers, in place of what the app says', async () => {
    const texts = hostileTexts.filter(
      (text) => 'rendered' in outcomeOf(() => renderNginxSite(aSite({ headers: { 'X-Any': text } }))),
    )
    expect(texts.length).toBeGreaterThan(20)
    const { get } = await serve({ headers: Object.fromEntries(texts.map((text, index) => [`X-${index}`, text])) })
    const answer = await get('/')
    expect(texts.map((_, index) => answer.headers[`x-${index}`])).toEqual(texts)
  })

  it('tells the app who the client is, whatever the client says', async () => {
    const { get, app } = await serve({})
    expect((await get('/', { 'x-forwarded-for': '10.0.0.1', 'x-real-ip': '10.0.0.1', upgrade: 'h2c' })).status).toBe(
      200,
    )
    expect(app.seen.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' })
    expect(app.seen.headers.upgrade).toBeUndefined()
  })

  it('hides paths, answers the ACME authority, and refuses whoever asks too often', async () => {
    const { get } = await serve({ hiddenPaths: ['/metrics'], rateLimits: [aLimit] })
    const hidden = ['/metrics', '/metrics/', '/metrics/x', '//metrics', '/%6detrics', '/a/../metrics']
    for (const path of hidden) expect((await get(path)).status, path).toBe(404)
    expect((await get('/metricsx')).status).toBe(200)
    expect((await get('/.well-known/acme-challenge/token')).body).toBe('answer')
    const answers = await Promise.all(Array.from({ length: 5 }, () => get('/login')))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 429, 429, 429])
  })
})

describe('a site of nginx', () => {
  it('lets a page with sixty files load, as its order has it by default', async () => {
    const { upstreams, ...payload } = catalogue['platform.nginx.site.apply'].payload.parse({
      name: 'sample',
      domains: ['sample.example.com'],
      upstreams: [{ port: 1 }],
    })
    const { get } = await serve({ ...payload, acmeWebroot: createPlace() })
    const page = await Promise.all(Array.from({ length: 60 }, (_, file) => get(`/${file}.js`)))
    expect(upstreams).toHaveLength(1)
    expect(page.filter(({ status }) => status !== 200)).toEqual([])
  })

  it('says what the app does not say, and leaves what it does', async () => {
    const { get } = await serve({
      headersWhereMissing: { 'X-0': 'DENY', 'X-Frame-Options': 'DENY', 'X-Third': 'a; b' },
    })
    const { headers } = await get('/')
    expect([headers['x-0'], headers['x-frame-options'], headers['x-third']]).toEqual([
      'the app says so',
      'DENY',
      'a; b',
    ])
  })

  it('stands beside an upstream, zones and variables of its name that somebody wrote by hand', async () => {
    const ports = { http: await findFreePort(), https: await findFreePort() }
    const site = aSite({ ports, websocket: true, rateLimits: [aLimit], connectionsPerClient: 3 })
    const byHand = [
      'upstream sample { server 127.0.0.1:1; }',
      'limit_conn_zone $server_name zone=sample_connections:1m;',
      'limit_req_zone $server_name zone=sample_0:1m rate=1r/s;',
      'limit_conn_zone $server_port zone=sample_tls:1m;',
      '',
    ]
    await checkNginx(byHand.join('\n') + renderNginxSite(site), createPlace())
  })
})

const aLimit = { path: '/login', requests: 1, per: 'minute', burst: 1 } as const

const aSite = (fields: Partial<NginxSite> = {}): NginxSite => ({
  name: 'sample',
  domains: ['sample.example.com'],
  upstreams: [{ host: '127.0.0.1', port: 8000 }],
  acmeWebroot: '/var/www/acme',
  maxBodyBytes: 1_000_000,
  ...fields,
})

/** A site before its certificate, in front of an app. */
async function serve(fields: Partial<NginxSite>) {
  const place = createPlace({ 'acme/.well-known/acme-challenge/token': 'answer' })
  const app = await startApp()
  const ports = { http: await findFreePort(), https: 443 }
  const site = aSite({
    upstreams: [{ host: '127.0.0.1', port: app.port }],
    acmeWebroot: `${place}/acme`,
    ports,
    ...fields,
  })
  const url = `http://127.0.0.1:${ports.http}`
  await startNginx(renderNginxSite(site), place, url)
  return { app, get: (path: string, headers = {}) => requestAsIs(url, { path, headers }) }
}

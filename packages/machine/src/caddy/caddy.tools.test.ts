import { describe, expect, it } from 'vitest'
import { goldens, renderGolden } from '../testing/goldens.ts'
import { hostileTexts, outcomeOf } from '../testing/hostile.ts'
import { answering, findFreePort, requestAsIs, startApp } from '../testing/http.ts'
import { addFiles, ask, createCertificate, createPlace, moved, start } from '../testing/tool.ts'
import { type CaddySite, renderCaddyMain, renderCaddySite } from './caddyfile.ts'

const files = goldens.filter(({ kind }) => kind.startsWith('caddy'))

describe('Caddy', () => {
  it.each(files)('finds nothing wrong with $name', async (golden) => {
    const place = createPlace({ 'etc/caddy/sites/other.caddy': renderCaddySite(aSite({})) })
    await createCertificate(place, 'etc/caddy/pebble.pem')
    const file = renderGolden(golden, (input) => moved(input, place))
    await ask(
      ['caddy', 'validate', '--adapter', 'caddyfile', '--config', `${createPlace({ Caddyfile: file })}/Caddyfile`],
      place,
    )
  })

  it.each(files)('would format $name the same way', async (golden) => {
    const place = createPlace({ Caddyfile: renderGolden(golden) })
    expect(await ask(['caddy', 'fmt', './Caddyfile'], place)).toBe(renderGolden(golden))
  })

  it('reads what is hostile as exactly that text in headers', async () => {
    const texts = hostileTexts.filter(
      (text) => 'rendered' in outcomeOf(() => renderCaddySite(aSite({ 'X-Any': text }))),
    )
    expect(texts.length).toBeGreaterThan(20)
    const headers = Object.fromEntries(texts.map((text, index) => [`X-${index}`, text]))
    const config = await adapted(renderCaddySite(aSite(headers)))
    const [set] = findAll(config, 'set') as [Record<string, string[]>]
    expect(set).toEqual(Object.fromEntries(texts.map((text, index) => [`X-${index}`, [text]])))
  })

  it('imports every site of the folder, and nothing of one reaches another', async () => {
    const place = createPlace({
      'sites/one.caddy': renderCaddySite(aSite({ 'X-One': '1' })),
      'sites/two.caddy': renderCaddySite({ domains: ['two.example.com'], upstreams: [{ host: '127.0.0.1', port: 2 }] }),
    })
    const config = await adapted(renderCaddyMain({ sitesDirectory: `${place}/sites` }))
    expect(findAll(config, 'host')).toEqual([['one.example.com'], ['two.example.com']])
    expect(findAll(config, 'dial')).toEqual(['127.0.0.1:1', '127.0.0.1:2'])
  })
})

describe('a site behind Caddy', () => {
  it('has its headers in place of what the app says, hides paths, and tells the app who the client is', async () => {
    const { get, app } = await serve({
      headers: { 'X-0': 'the site says so' },
      hiddenPaths: ['/metrics'],
      maxBodyBytes: 10,
    })
    const answer = await get('/', { 'x-forwarded-for': '10.0.0.1' })
    expect([answer.status, answer.headers['x-0'], answer.body]).toEqual([200, 'the site says so', 'app'])
    expect(app.seen.headers['x-forwarded-for']).toBe('127.0.0.1')
    const hidden = ['/metrics', '/metrics/', '/metrics/x', '//metrics', '/%6detrics', '/a/../metrics']
    for (const path of hidden) expect((await get(path)).status, path).toBe(404)
    expect((await get('/metricsx')).status).toBe(200)
  })
})

describe('a site of Caddy', () => {
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
})

/** With a certificate of Caddy's own authority. */
async function serve(fields: Partial<CaddySite>) {
  const app = await startApp()
  const site: CaddySite = {
    ...aSite({}),
    upstreams: [{ host: '127.0.0.1', port: app.port }],
    tls: 'internal',
    ...fields,
  }
  const place = createPlace({ 'sites/one.caddy': renderCaddySite(site) })
  const [httpPort, httpsPort, admin] = [await findFreePort(), await findFreePort(), await findFreePort()]
  const main = { sitesDirectory: `${place}/sites`, httpPort, httpsPort, admin: { host: '127.0.0.1', port: admin } }
  addFiles(place, { Caddyfile: renderCaddyMain(main) })
  start(['caddy', 'run', '--adapter', 'caddyfile', '--config', './Caddyfile'], place)
  const url = `https://127.0.0.1:${httpsPort}`
  const options = { servername: 'one.example.com', rejectUnauthorized: false }
  await answering(url, options)
  const get = (path: string, headers = {}) =>
    requestAsIs(url, { ...options, path, headers: { host: 'one.example.com', ...headers } })
  return { app, get }
}

const aSite = (headers: Record<string, string>): CaddySite => ({
  domains: ['one.example.com'],
  upstreams: [{ host: '127.0.0.1', port: 1 }],
  headers,
})

async function adapted(file: string): Promise<unknown> {
  const place = createPlace({ Caddyfile: file })
  return JSON.parse(await ask(['caddy', 'adapt', '--adapter', 'caddyfile', '--config', './Caddyfile'], place))
}

/** Every value under this key, wherever it is. */
function findAll(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, item]) => (name === key ? [item] : findAll(item, key)))
}

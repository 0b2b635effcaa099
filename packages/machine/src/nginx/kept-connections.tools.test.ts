import { expect, test } from 'vitest'
import { findFreePort } from '../testing/http.ts'
import { startNginx } from '../testing/nginx.ts'
import { idlePosts, startPlainApp, stopUnderLoad } from '../testing/plain-app.ts'
import { createPlace } from '../testing/tool.ts'
import { type NginxSite, renderNginxSite } from './site-file.ts'

/** `IKOMA_IDLE_MINUTES=10` asks for as long. */
const rounds = Math.max(3, Number(process.env.IKOMA_IDLE_MINUTES ?? 0) * 12)

async function serve(port: number, keepAliveTime = true) {
  const ports = { http: await findFreePort(), https: 443 }
  const place = createPlace()
  const site: NginxSite = {
    name: 'app',
    domains: ['app.example.com'],
    upstreams: [{ host: '127.0.0.1', port }],
    acmeWebroot: place,
    maxBodyBytes: 1000,
    ports,
  }
  const url = `http://127.0.0.1:${ports.http}`
  await startNginx(renderNginxSite(site, { keepAliveTime }), place, url)
  return url
}

test('no POST meets a connection that the app closes for being idle', { timeout: rounds * 10_000 }, async () => {
  const app = await startPlainApp()
  expect(await idlePosts(await serve(app.port), rounds)).toEqual([])
})

test.each([true, false])(
  'an app that is told to stop is not held by requests that go on (keepalive_time: %s)',
  async (keepAliveTime) => {
    const app = await startPlainApp()
    expect(await stopUnderLoad(await serve(app.port, keepAliveTime), app)).toBeLessThan(3_000)
  },
)

import { expect, test } from 'vitest'
import { answering, findFreePort } from '../testing/http.ts'
import { idlePosts, startPlainApp, stopUnderLoad } from '../testing/plain-app.ts'
import { addFiles, createPlace, start } from '../testing/tool.ts'
import { renderCaddySite } from './caddyfile.ts'

/** `IKOMA_IDLE_MINUTES=10` asks for as long. */
const rounds = Math.max(3, Number(process.env.IKOMA_IDLE_MINUTES ?? 0) * 12)

async function serve(port: number, keepAliveSec?: number) {
  const [httpPort, place] = [await findFreePort(), createPlace()]
  const site = { domains: ['app.example.com'], upstreams: [{ host: '127.0.0.1', port }], keepAliveSec }
  // Over HTTP, which the test's clients speak.
  const http = renderCaddySite(site).replace('app.example.com', `http://app.example.com:${httpPort}`)
  addFiles(place, { Caddyfile: `{\n\tadmin off\n}\n\n${http}` })
  start(['caddy', 'run', '--adapter', 'caddyfile', '--config', './Caddyfile'], place)
  const url = `http://127.0.0.1:${httpPort}`
  await answering(url, { headers: { host: 'app.example.com' } })
  return url
}

test.each([undefined, 4])(
  'no POST meets a connection that the app closes for being idle (keepAliveSec: %s)',
  { timeout: rounds * 10_000 },
  async (keepAliveSec) => {
    const app = await startPlainApp()
    expect(await idlePosts(await serve(app.port, keepAliveSec), rounds)).toEqual([])
  },
)

test('an app that is told to stop is not held by requests that go on', async () => {
  const app = await startPlainApp()
  expect(await stopUnderLoad(await serve(app.port), app)).toBeLessThan(3_000)
})

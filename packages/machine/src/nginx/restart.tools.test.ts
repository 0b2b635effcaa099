import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { findFreePort } from '../testing/http.ts'
import { startNginx } from '../testing/nginx.ts'
import { post, startPlainApp } from '../testing/plain-app.ts'
import { createPlace } from '../testing/tool.ts'
import { renderNginxSite } from './site-file.ts'

const plain = (http: number, port: number) =>
  `server {\n listen ${http};\n location / { proxy_pass http://127.0.0.1:${port}; }\n}\n`

/** What requests at 100 a second get while the app is told to stop and started anew on its port, as systemd does it. */
async function restarted(siteOf: (http: number, port: number, place: string) => string) {
  const app = await startPlainApp()
  const [http, place] = [await findFreePort(), createPlace()]
  const url = `http://127.0.0.1:${http}`
  await startNginx(siteOf(http, app.port, place), place, url)
  const asked: Promise<number | string>[] = []
  const asking = setInterval(() => void asked.push(post(url)), 10)
  await setTimeout(1_000)
  const begun = performance.now()
  app.child.kill('SIGTERM')
  await app.exited
  const stopMs = performance.now() - begun
  const before = asked.length
  await startPlainApp(app.port)
  const askedOfNobody = asked.length - before
  await setTimeout(1_000)
  clearInterval(asking)
  const outcomes = await Promise.all(asked)
  const failed = outcomes.filter((outcome) => outcome !== 200).length
  return { stopMs, askedOfNobody, failed }
}

const rendered = (http: number, port: number, place: string) =>
  renderNginxSite(
    {
      name: 'app',
      domains: ['app.example.com'],
      upstreams: [{ host: '127.0.0.1', port }],
      acmeWebroot: place,
      maxBodyBytes: 1000,
      ports: { http, https: 443 },
    },
    { keepAliveTime: true },
  )

test('a restart of the app behind a site fails no more than it does behind a plain nginx', async () => {
  const ours = await restarted(rendered)
  const theirs = await restarted(plain)
  // What differs is how long the app is held. Beyond that fails what was asked while Node starts, which is this machine's.
  expect(ours.stopMs).toBeLessThan(theirs.stopMs + 1_000)
  expect(ours.failed - ours.askedOfNobody).toBeLessThan(theirs.failed - theirs.askedOfNobody + 50)
})

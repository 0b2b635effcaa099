import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { NginxSite } from '@ikoma/machine/nginx'
import { answering, findFreePort, startApp } from '@ikoma/machine/testing/http'
import { configuration } from '@ikoma/machine/testing/nginx'
import { addFiles, createPlace, start } from '@ikoma/machine/testing/tool'
import { onTestFinished } from 'vitest'
import { foregroundMachine } from './foreground-machine.ts'

/** An nginx in the foreground that serves a site of somebody else, and an app that a site of ours could serve. */
export async function startForegroundNginx({ include = '*.conf', more = '' } = {}) {
  const place = createPlace()
  // Its workers are somebody else when its master is root.
  chmodSync(place, 0o755)
  const places = { main: `${place}/nginx.conf`, sites: `${place}/conf.d`, candidate: `${place}/candidate.conf` }
  const [theirs, http, https] = [await findFreePort(), await findFreePort(), await findFreePort()]
  addFiles(place, {
    'nginx.conf': configuration(place, `${places.sites}/${include}`),
    'conf.d/theirs.conf': `server {\n listen ${theirs};\n return 200 theirs;\n}\n${more.replaceAll('PORT', String(http))}`,
  })
  const flags = ['-p', place, '-e', `${place}/error.log`]
  start(['nginx', ...flags, '-c', places.main, '-g', 'daemon off;'], place)
  await answering(`http://127.0.0.1:${theirs}`)
  // Its workers are ended by it: before the tool's own end, which leaves it no time.
  onTestFinished(async () => {
    process.kill(Number(readFileSync(`${place}/nginx.pid`, 'utf8')), 'SIGTERM')
    while (existsSync(`${place}/nginx.pid`)) await setTimeout(20)
  })
  const machine = await foregroundMachine({
    // What is waited for is counted: it goes by in a hurry, but for nginx itself.
    sleep: ([sec = '']) => ({ argv: ['sleep', sec === '0.2' ? sec : '0.02'] }),
    nginx: (args) => ({ argv: ['/usr/sbin/nginx', ...flags, ...args] }),
    systemctl: ([verb]) =>
      verb === 'show'
        ? { stdout: readFileSync(`${place}/nginx.pid`, 'utf8') }
        : { argv: ['/usr/sbin/nginx', ...flags, '-c', places.main, '-s', 'reload'] },
  })
  const app = await startApp()
  const site: NginxSite = {
    name: 'app',
    domains: ['app.example.com'],
    upstreams: [{ host: '127.0.0.1', port: app.port }],
    acmeWebroot: `${place}/acme`,
    maxBodyBytes: 1_000_000,
    ports: { http, https },
  }
  return { place, places, machine, site, ports: { theirs, http, https } }
}

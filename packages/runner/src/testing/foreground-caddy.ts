import { chmodSync } from 'node:fs'
import type { CaddySite } from '@ikoma/machine/caddy'
import { answering, findFreePort, startApp } from '@ikoma/machine/testing/http'
import { addFiles, createPlace, start } from '@ikoma/machine/testing/tool'
import { foregroundMachine } from './foreground-machine.ts'

/** A Caddy in the foreground that serves a site of somebody else, and an app that a route of ours could serve. */
export async function startForegroundCaddy({
  theirs = 'theirs.example.com {\n\ttls internal\n\trespond "theirs"\n}\n',
  env = {},
  options = '',
}: {
  theirs?: string
  env?: Record<string, string>
  options?: string
} = {}) {
  const place = createPlace()
  chmodSync(place, 0o755)
  const places = { main: `${place}/Caddyfile`, routes: `${place}/ikoma` }
  const ports = { http: await findFreePort(), https: await findFreePort(), admin: await findFreePort() }
  const listening = `admin localhost:${ports.admin}\n\thttp_port ${ports.http}\n\thttps_port ${ports.https}`
  addFiles(place, { Caddyfile: `{\n\t${listening}\n\tskip_install_trust\n${options}}\n${theirs}` })
  const { child } = start(['caddy', 'run', '--adapter', 'caddyfile', '--config', './Caddyfile'], place, env)
  await answering(`http://localhost:${ports.admin}/config/`)
  const machine = await foregroundMachine({
    systemctl: () => ({ stdout: `${child.pid}\n` }),
    // What is waited for is counted: it goes by in a hurry.
    sleep: () => ({ argv: ['sleep', '0.02'] }),
    getent: () => ({ stdout: `caddy:x:${process.getuid?.()}:${process.getgid?.()}::${place}:\n` }),
    ...(process.getuid?.() === 0 ? {} : { setpriv: withoutUser }),
  })
  const app = await startApp()
  const site: CaddySite = {
    domains: ['app.example.com'],
    upstreams: [{ host: '127.0.0.1', port: app.port }],
    tls: 'internal',
  }
  return { place, places, machine, site, ports }
}

/** Only root may become somebody else. */
function withoutUser(args: string[]): { argv: [string, ...string[]] } {
  return { argv: ['caddy', ...args.slice(args.indexOf('caddy') + 1)] }
}

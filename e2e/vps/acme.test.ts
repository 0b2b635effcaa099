import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Acme, acmeName, startAcme } from './acme.ts'
import { newBareHost, onHost } from './bare-host.ts'
import type { Host } from './host.ts'

onHost('what the tests stand on', () => {
  let host: Host
  let acme: Acme
  beforeAll(async () => {
    host = await newBareHost()
    acme = await startAcme(host)
  })
  afterAll(async () => {
    await acme?.close()
    await host?.stop()
  })

  test('a bare host has systemd as its first process, and all of it is up', async () => {
    expect(await host.see(['systemctl', 'is-system-running'])).toBe('running\n')
    expect(await host.see(['cat', '/proc/1/comm'])).toBe('systemd\n')
  })

  test('nothing that an order would install is on it', async () => {
    for (const program of ['node', 'caddy', 'nginx', 'docker', 'certbot', 'psql']) {
      expect([program, (await host.look(['which', program])).code]).toEqual([program, 1])
    }
  })

  test('the host trusts the connection to the certificate authority, but none of its certificates', async () => {
    const directory = JSON.parse(await host.see(['curl', '--silent', '--show-error', acme.directory]))
    expect(directory).toMatchObject({ newOrder: expect.stringContaining(acmeName) })
    const trusted = await host.look(['openssl', 'verify', '-CApath', '/etc/ssl/certs'], { input: acme.root })
    expect([trusted.code, trusted.stderr]).toEqual([2, expect.stringContaining('self-signed certificate')])
  })
})

import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Process, startProcess } from '../kit/process.ts'
import type { Host } from './host.ts'
import { askHttps } from './http-client.ts'
import { mustRun } from './program.ts'
import { newScratchFolder, removeScratchFolder } from './scratch.ts'
import { telling } from './tell.ts'

/** The certificate authority of the hosts' little internet; they must know the name before they start. */
export const acmeName = 'acme.test'

export interface Acme {
  /** What an ACME client is told. */
  directory: string
  /** The root of every certificate that it gives; nothing else trusts it. */
  root: string
  close(): Promise<void>
}

/**
 * Let's Encrypt's test server on this machine, and a DNS server for it alone in which every name is the host. The host is
 * made to trust the connection to it, as every system trusts the one to Let's Encrypt; the certificates that it gives
 * stay strange to it.
 */
export async function startAcme(host: Host): Promise<Acme> {
  const { certificate, port, root, close } = await startAuthority(host)
  try {
    await trust(host, certificate)
    return { directory: `https://${acmeName}:${port}/dir`, root, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface Authority {
  port: number
  /** The file that shows who it is; nothing trusts it by itself. */
  certificate: string
  /** The root of every certificate that it gives. */
  root: string
  close(): Promise<void>
}

/** Listens at `gateway`, by that address and by `acmeName`; to it every name is at `address`. */
export async function startAuthority({ gateway, address }: { gateway: string; address: string }): Promise<Authority> {
  const folder = newScratchFolder()
  const started: Process[] = []
  const close = async () => {
    await Promise.all(started.map((one) => one.end('SIGKILL')))
    removeScratchFolder(folder)
  }
  try {
    const certificate = await makeCertificate(folder, gateway)
    const [dns, control, api, management] = await freePorts(gateway)
    const names = ['-defaultIPv4', address, '-defaultIPv6', '', '-dns01', `${gateway}:${dns}`]
    const nothing = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-management', `${gateway}:${control}`]
    const env = { PATH: process.env.PATH ?? '', HOME: folder, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' }
    const start = (...argv: [string, ...string[]]) => {
      const one = startProcess({ argv, cwd: folder, env })
      started.push(one)
      return one
    }
    const config = configOf({ api: `${gateway}:${api}`, management: `${gateway}:${management}` })
    writeFileSync(join(folder, 'pebble.json'), JSON.stringify(config))
    await telling('start the certificate authority', async () => {
      start('pebble-challtestsrv', ...names, ...nothing)
      await start('pebble', '-config', 'pebble.json', '-dnsserver', `${gateway}:${dns}`).said(
        /ACME directory available/,
      )
    })
    const at = { address: gateway, port: management, name: acmeName, roots: certificate }
    const { body: root } = await askHttps({ ...at, path: '/roots/0' })
    return { port: api, certificate: join(folder, 'certificate.pem'), root, close }
  } catch (error) {
    await close()
    throw error
  }
}

function configOf({ api, management }: { api: string; management: string }) {
  return {
    pebble: {
      listenAddress: api,
      managementListenAddress: management,
      certificate: 'certificate.pem',
      privateKey: 'key.pem',
      httpPort: 80,
      tlsPort: 443,
      ocspResponderURL: '',
      externalAccountBindingRequired: false,
    },
  }
}

async function makeCertificate(folder: string, gateway: string): Promise<string> {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const subject = ['-subj', `/CN=${acmeName}`, '-addext', `subjectAltName=DNS:${acmeName},IP:${gateway}`]
  await mustRun(['openssl', 'req', '-x509', ...kind, ...subject, '-keyout', key, '-out', certificate])
  return readFileSync(certificate, 'utf8')
}

async function trust(host: Host, certificate: string): Promise<void> {
  await host.copyIn(certificate, '/usr/local/share/ca-certificates/acme.crt')
  await host.see(['update-ca-certificates'])
}

/** Another process could take one before it is used: then what should use it says so. */
async function freePorts(address: string): Promise<[number, number, number, number]> {
  const free = async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, address, resolve))
    return server
  }
  const servers = await Promise.all([free(), free(), free(), free()])
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports as [number, number, number, number]
}

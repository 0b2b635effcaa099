import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

interface Leaf {
  name?: string
  days?: number
}

/** An authority that nobody knows, and what it signs. */
export function ownAuthority() {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-authority-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => {
    const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8', cwd: folder })
    if (status !== 0) throw new Error(stderr)
  }
  const subject = ['-subj', '/CN=An authority of our own', '-days', '2']
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', ...subject)
  return {
    /** PEM file of the authority. */
    file: at('ca.pem'),
    folder,
    sign({ name = 'localhost', days = 2 }: Leaf = {}) {
      writeFileSync(at('names'), `subjectAltName=DNS:${name}`)
      openssl('req', ...newKey, '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', `/CN=${name}`)
      const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', String(days), '-extfile', 'names']
      openssl('x509', '-req', '-in', 'leaf.csr', ...by, '-out', 'leaf.pem')
      return { key: readFileSync(at('leaf.key')), cert: readFileSync(at('leaf.pem')) }
    },
    selfSigned() {
      const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
      openssl('req', '-x509', ...newKey, '-keyout', 'self.key', '-out', 'self.pem', ...name)
      return { key: readFileSync(at('self.key')), cert: readFileSync(at('self.pem')), file: at('self.pem') }
    },
  }
}

/** Where a server of https listens, by name. */
export async function tlsServer(pair: { key: Buffer; cert: Buffer }, answer: RequestListener): Promise<string> {
  return `https://localhost:${await portOf(createTlsServer(pair, answer))}`
}

export async function httpServer(answer: RequestListener): Promise<string> {
  return `http://localhost:${await portOf(createServer(answer))}`
}

export async function tcpServer(answer: (socket: Socket) => void): Promise<number> {
  return portOf(createTcpServer(answer))
}

async function portOf(server: Server): Promise<number> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => open.add(socket.on('error', () => {})))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

interface TestSmtp {
  port: number
  /** As they came, whole. */
  mails: string[]
  stop(): Promise<void>
}

/** The answer that a server gives instead of taking it. */
export function refusing(responseCode: number): Error {
  return Object.assign(new Error('kanarienvogel is refused'), { responseCode })
}

export async function startSmtp(options: SMTPServerOptions = {}): Promise<TestSmtp> {
  const mails: string[] = []
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    onData(stream, _session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        mails.push(Buffer.concat(chunks).toString('utf8'))
        done()
      })
    },
    ...options,
  })
  // A client that does not trust it breaks the connection.
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.server.address() as AddressInfo
  return { port, mails, stop: () => new Promise((resolve) => server.close(() => resolve())) }
}

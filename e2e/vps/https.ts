import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'

export interface HttpsQuestion {
  /** Who is asked, whatever DNS says of the name. */
  address: string
  /** What the certificate must be for. */
  name: string
  /** The only roots that are trusted, as PEM. */
  roots: string
  port?: number
  path?: string
}

export interface HttpsAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: string
  certificate: DetailedPeerCertificate
}

/** GET over TLS; rejects unless the certificate is for the name and one of the roots stands behind it. */
export function askHttps({ address, name, roots, port = 443, path = '/' }: HttpsQuestion): Promise<HttpsAnswer> {
  const options = { host: address, port, path, servername: name, headers: { host: name }, ca: roots, agent: false }
  return new Promise((resolve, reject) => {
    const asked = request({ ...options, signal: AbortSignal.timeout(20_000) }, (answer) => {
      const certificate = (answer.socket as TLSSocket).getPeerCertificate(true)
      const { statusCode: status = 0, headers } = answer
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (text: string) => {
        body += text
      })
      answer.once('end', () => resolve({ status, headers, body, certificate }))
      answer.once('error', reject)
    })
    asked.once('error', reject)
    asked.end()
  })
}

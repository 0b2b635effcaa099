import { once } from 'node:events'
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'

export interface HttpQuestion {
  /** Who is asked, whatever DNS says of the name. */
  address: string
  /** Whom it is asked for, and what a certificate must be for. */
  name: string
  port?: number
  path?: string
}

export interface HttpAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

export interface HttpsQuestion extends HttpQuestion {
  /** The only roots that are trusted, as PEM. */
  roots: string
}

export interface HttpsAnswer extends HttpAnswer {
  certificate: DetailedPeerCertificate
}

/** GET; redirects are told, not followed. */
export async function askHttp({ address, name, port = 80, path = '/' }: HttpQuestion): Promise<HttpAnswer> {
  const options = { host: address, port, path, headers: { host: name }, agent: false }
  return answerTo(requestHttp({ ...options, signal: AbortSignal.timeout(20_000) }))
}

/** GET over TLS; rejects unless the certificate is for the name and one of the roots stands behind it. */
export async function askHttps({ address, name, roots, port = 443, path = '/' }: HttpsQuestion): Promise<HttpsAnswer> {
  const options = { host: address, port, path, servername: name, headers: { host: name }, ca: roots, agent: false }
  const asked = requestHttps({ ...options, signal: AbortSignal.timeout(20_000) })
  const shown = once(asked, 'response').then(([message]) => {
    return ((message as IncomingMessage).socket as TLSSocket).getPeerCertificate(true)
  })
  const [answer, certificate] = await Promise.all([answerTo(asked), shown])
  return { ...answer, certificate }
}

function answerTo(asked: ClientRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    asked.once('error', reject)
    asked.once('response', (message) => {
      const { statusCode: status = 0, headers } = message
      let body = ''
      message.setEncoding('utf8')
      message.on('data', (text: string) => {
        body += text
      })
      message.once('error', reject)
      message.once('end', () => resolve({ status, headers, body }))
    })
    asked.end()
  })
}

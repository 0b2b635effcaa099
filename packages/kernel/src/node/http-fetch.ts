import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

export interface HttpQuestion {
  method: string
  headers: Record<string, string>
  body?: string
  signal: AbortSignal
}

export interface HttpAnswer {
  ok: boolean
  status: number
  statusText: string
  headers: { get(name: string): string | null }
  body: AsyncIterable<Uint8Array>
  json(): Promise<unknown>
}

const redirects = [301, 302, 303, 307, 308]

/**
 * As much of `fetch` as a client of JSON needs; a redirect rejects. For processes that stay: the built-in one brings
 * undici and a compiled parser, 15 MB in each.
 */
export async function httpFetch(url: URL, { body, ...question }: HttpQuestion): Promise<HttpAnswer> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    // Not once: an abort may break the connection a second time.
    request(url, question).once('response', resolve).on('error', reject).end(body)
  })
  const { statusCode: status = 0, statusMessage: statusText = '', headers } = message
  if (redirects.includes(status)) {
    message.destroy()
    throw new Error(`${url.origin} redirects to ${headers.location}`)
  }
  // Unread it would hold on to its connection.
  if (status === 204) message.resume()
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText,
    headers: { get: (name) => headers[name]?.toString() ?? null },
    body: message,
    json: async () => JSON.parse(Buffer.concat(await message.toArray()).toString()),
  }
}

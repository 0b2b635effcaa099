import { type IncomingMessage, request as requestHttp } from 'node:http'
import { type Agent, request as requestHttps } from 'node:https'

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
  text(): Promise<string>
}

export type HttpFetch = (url: URL, question: HttpQuestion) => Promise<HttpAnswer>

const redirects = [301, 302, 303, 307, 308]

/**
 * As much of `fetch` as a client of JSON needs; a redirect rejects. For processes that stay: the built-in one brings
 * undici and a compiled parser, 15 MB in each. `agent` is asked for https alone.
 */
export async function httpFetch(
  url: URL,
  { body, ...question }: HttpQuestion,
  agent: Agent | null = null,
): Promise<HttpAnswer> {
  const secure = url.protocol === 'https:'
  const request = secure ? requestHttps : requestHttp
  const options = secure && agent !== null ? { ...question, agent } : question
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    // Not once: an abort may break the connection a second time.
    request(url, options).once('response', resolve).on('error', reject).end(body)
  })
  const { statusCode: status = 0, statusMessage: statusText = '', headers } = message
  if (redirects.includes(status)) {
    message.destroy()
    const { location = null } = headers
    const error = new Error(`${url.origin} redirects to ${location}`)
    throw Object.assign(error, { code: 'ERR_REDIRECTED', detail: location })
  }
  // Unread it would hold on to its connection.
  if (status === 204) message.resume()
  const text = async () => Buffer.concat(await message.toArray()).toString()
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText,
    headers: { get: (name) => headers[name]?.toString() ?? null },
    body: message,
    json: async () => JSON.parse(await text()),
    text,
  }
}

import { Agent as HttpAgent, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'

export interface Question {
  method?: string
  headers?: Record<string, string>
  body?: unknown
}

export interface Answer {
  status: number
  text: string
}

/** Where every name leads here; a certificate of the test's own will do. */
const here = { lookup: undefined, host: '127.0.0.1', rejectUnauthorized: false }
const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) }

/** One question as the machine beside it would ask, whatever the name resolves to elsewhere. */
export function ask(
  base: string,
  path: string,
  { method = 'GET', headers = {}, body }: Question = {},
): Promise<Answer> {
  const { protocol, hostname, port, host } = new URL(base)
  const request = protocol === 'https:' ? requestHttps : requestHttp
  const sent = { ...headers, host, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  const agent = agents[protocol as keyof typeof agents]
  return new Promise((resolve, reject) => {
    const asked = request(
      { ...here, agent, servername: hostname, port, path, method, headers: sent, timeout: 20_000 },
      async (answer) => {
        try {
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(await answer.toArray()).toString() })
        } catch (error) {
          reject(error)
        }
      },
    )
    asked.on('error', reject).on('timeout', () => asked.destroy(new Error('no answer')))
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** What an answer says until it has said `pattern`; then it is broken off. */
export function hear(base: string, path: string, headers: Record<string, string>, pattern: RegExp): Promise<string> {
  const { protocol, hostname, port, host } = new URL(base)
  const request = protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const asked = request({ ...here, servername: hostname, port, path, headers: { ...headers, host } }, (answer) => {
      let text = ''
      answer.on('data', (bytes) => {
        text += bytes
        if (!pattern.test(text)) return
        resolve(text)
        asked.destroy()
      })
      answer.once('end', () => reject(new Error(`It ended with: ${text}`)))
    })
    asked.on('error', reject).setTimeout(20_000, () => asked.destroy(new Error('nothing was heard')))
    asked.end()
  })
}

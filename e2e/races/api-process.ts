import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { type Process, startProcess } from '../kit/process.ts'
import { node, root } from '../kit/product.ts'

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came back
  body: any
}

export interface ApiProcess extends Process {
  url: string
}

export async function startApi(env: Record<string, string>, port = 0): Promise<ApiProcess> {
  const process = startProcess({
    argv: [node, join(root, 'apps/blingauto/src/main.ts')],
    cwd: root,
    env: { PATH: globalThis.process.env.PATH ?? '', PORT: String(port), TRUST_PROXY: '1', LOG_LEVEL: 'warn', ...env },
  })
  const [, url = ''] = await process.said(/^ {2}(http:\/\/\S+)$/m, 60_000)
  return { ...process, url }
}

const agent = new Agent({ keepAlive: true, maxSockets: 200 })
let asked = 0

/** Rejects where no answer came: the connection broke, or nobody listens. */
export function ask(url: string, method: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
  asked += 1
  // From an address of its own: how often one address may ask is no question here.
  const from = `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked & 255}`
  const text = body === undefined ? '' : JSON.stringify(body)
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { agent, method, timeout: 60_000, headers: { ...type, 'x-forwarded-for': from, ...headers } },
      (answer) => {
        let said = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => {
          said += chunk
        })
        answer.once('error', reject)
        answer.once('end', () => {
          const isJson = String(answer.headers['content-type']).includes('json')
          resolve({ status: answer.statusCode ?? 0, body: isJson ? JSON.parse(said) : said })
        })
      },
    )
    sent.once('error', reject)
    sent.once('timeout', () => sent.destroy(new Error(`${url} did not answer`)))
    sent.end(text)
  })
}

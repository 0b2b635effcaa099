import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { OutputOf, PayloadOf } from '@ikoma/api'
import { networkFailure } from '@ikoma/machine'
import type { ActionContext, ActionResult } from '../../order/action.ts'
import { failedCheck } from './failed-check.ts'

type Payload = Omit<PayloadOf<'check.http.run'>, 'waitSec'>
type Output = OutputOf<'check.http.run'>

const maxBodyBytes = 64 * 1024
const maxHeaders = 100
const maxHeaderLength = 2000
/** They are credentials of whoever gets them. */
const secretHeaders = new Set(['set-cookie', 'www-authenticate', 'authorization', 'proxy-authenticate'])

/** Asks once and follows no redirect: what answers at this address is what is checked. */
export async function runHttpCheck(payload: Payload, context: ActionContext): Promise<ActionResult<Output>> {
  const { url, method, timeoutMs } = payload
  const deadline = AbortSignal.timeout(timeoutMs)
  const begunMs = performance.now()
  try {
    const { status, headers, body } = await ask(payload, AbortSignal.any([deadline, context.signal]))
    const durationMs = Math.round(performance.now() - begunMs)
    const output = { status, durationMs, headers: showable(headers), bodyBytes: body.length }
    context.log(`${method} ${url}: ${status} in ${durationMs} ms`)
    return judge(payload, output, body)
  } catch (error) {
    const { code, message } = networkFailure(url, error, deadline.aborted)
    context.log(message)
    return failedCheck(code, message)
  }
}

function judge({ url, expectStatus, expectBody }: Payload, output: Output, body: Buffer): ActionResult<Output> {
  const { status, durationMs } = output
  if (!expectStatus.includes(status)) {
    return failedCheck(
      'unexpected_status',
      `${url} answered ${status} instead of ${expectStatus.join(' or ')}.`,
      output,
    )
  }
  if (expectBody !== undefined && !body.toString('utf8').includes(expectBody)) {
    const message = `${url} answered ${status}, but the first 64 KiB do not contain "${expectBody}".`
    return failedCheck('missing_text', message, output)
  }
  return { ok: true, summary: `${url} answered ${status} in ${durationMs} ms.`, output }
}

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

function ask({ url, method }: Payload, signal: AbortSignal): Promise<Answer> {
  const target = new URL(url)
  const send = target.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const request = send(target, { method, signal, agent: false, headers: { 'user-agent': 'ikoma-check' } })
    request.once('error', reject)
    request.once('response', (response) => {
      readStart(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        reject,
      )
    })
    request.end()
  })
}

/** Leaving the loop closes the connection: an endless body costs nothing. */
async function readStart(response: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece)
    length += piece.length
    if (length >= maxBodyBytes) break
  }
  return Buffer.concat(pieces).subarray(0, maxBodyBytes)
}

function showable(headers: IncomingHttpHeaders): Record<string, string> {
  const shown = Object.entries(headers)
    .filter(([name]) => !secretHeaders.has(name))
    .slice(0, maxHeaders)
    .map(([name, value]) => [name, String(value ?? '').slice(0, maxHeaderLength)])
  return Object.fromEntries(shown)
}

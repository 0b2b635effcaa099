import { type ConnectionFailure, connectionFailure, failureWords } from '@ikoma/kernel'
import { createParser } from 'eventsource-parser'
import type { Problem } from './problem.ts'

/** A stream of events says at least every 15 s that it is alive: after two of these nobody is there any more. */
const streamSilenceMs = 35_000

/** The built-in `fetch`, or as much of it as is asked for here. */
export type Fetch = (url: URL, question: Question) => Promise<Answer>

interface Question {
  method: string
  headers: Record<string, string>
  body?: string
  redirect: 'error'
  signal: AbortSignal
}

interface Answer extends Pick<Response, 'ok' | 'status' | 'statusText'> {
  headers: { get(name: string): string | null }
  body: AsyncIterable<Uint8Array> | null
  json(): Promise<unknown>
  text(): Promise<string>
}

/** What somebody else said in the control plane's place, as a proxy does with a page of its own. */
export class ForeignAnswer extends Error {
  readonly code: 'ERR_FOREIGN_ANSWER' | 'ERR_SPEAKS_TLS'
  readonly detail: string
  readonly url: string

  constructor(url: string, { status, headers }: Pick<Answer, 'status' | 'headers'>, text = '') {
    const kind = headers.get('content-type')?.split(';')[0] ?? null
    const parts = [String(status), kind, headers.get('server')].filter((part) => part !== null)
    super('What answered is not a control plane.')
    this.name = 'ForeignAnswer'
    // The words of nginx and of Go's server, which Caddy has.
    const wantsTls =
      status === 400 && /plain HTTP request was sent to HTTPS|HTTP request to an HTTPS server/i.test(text)
    this.code = wantsTls ? 'ERR_SPEAKS_TLS' : 'ERR_FOREIGN_ANSWER'
    this.detail = parts.join(', ')
    this.url = url
  }
}

/** The control plane said no; `problem` is its own account of why. */
export class ApiError extends Error {
  readonly status: number
  readonly problem: Problem
  /** How long the control plane asks to be left alone; null when it did not say. */
  readonly retryAfterSec: number | null
  /** Set when it was not the control plane who said it. */
  readonly foreign: ForeignAnswer | null

  constructor(
    status: number,
    problem: Problem,
    retryAfterSec: number | null = null,
    foreign: ForeignAnswer | null = null,
  ) {
    super(problem.detail)
    this.name = 'ApiError'
    this.status = status
    this.problem = problem
    this.retryAfterSec = retryAfterSec
    this.foreign = foreign
  }
}

/** The control plane could not be reached or did not answer in time. */
export class UnreachableError extends Error {
  readonly url: string
  /** Why, by its name. */
  readonly failure: ConnectionFailure

  constructor(url: string, cause: unknown) {
    const failure = connectionFailure(cause)
    const code = failure.code === null ? '' : ` (${failure.code})`
    super(`No answer from ${new URL(url).origin}: ${failureWords[failure.kind](failure.detail)}${code}.`, { cause })
    this.name = 'UnreachableError'
    this.url = url
    this.failure = failure
  }
}

export type Query = Record<string, string | number | undefined>

export interface RequestOptions {
  query?: Query
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
  timeoutMs?: number
  fetch?: Fetch
}

/** Sends one request and reads its JSON answer; `null` for 204. Rejects with ApiError or UnreachableError. */
export async function requestJson<T>(
  baseUrl: string,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<T> {
  const response = await send(baseUrl, method, path, options)
  if (response.status === 204) return null as T
  try {
    return (await response.json()) as T
  } catch (cause) {
    throw new UnreachableError(baseUrl, cause instanceof SyntaxError ? new ForeignAnswer(baseUrl, response) : cause)
  }
}

async function send(baseUrl: string, method: string, path: string, options: RequestOptions): Promise<Answer> {
  const url = new URL(path, rootOf(baseUrl))
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  const signals = [AbortSignal.timeout(options.timeoutMs ?? 30_000)]
  if (options.signal) signals.push(options.signal)
  const headers: Record<string, string> = { ...options.headers }
  if (options.body !== undefined) headers['content-type'] = 'application/json'
  const ask: Fetch = options.fetch ?? fetch
  let response: Answer
  try {
    response = await ask(url, {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.any(signals),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    })
  } catch (cause) {
    throw new UnreachableError(baseUrl, cause)
  }
  if (response.ok) return response
  const retryAfterSec = Number(response.headers.get('retry-after') ?? Number.NaN)
  const { problem, foreign } = await readProblem(baseUrl, response)
  throw new ApiError(response.status, problem, Number.isFinite(retryAfterSec) ? retryAfterSec : null, foreign)
}

/** A path in the base would be dropped in silence, and a credential be sent to whatever answers at the root. */
function rootOf(baseUrl: string): URL {
  const root = new URL(baseUrl)
  if (root.href === `${root.origin}/`) return root
  throw new TypeError(`A control plane answers at the root of its host: ask ${root.origin}, without a path.`)
}

async function readProblem(
  url: string,
  response: Answer,
): Promise<{ problem: Problem; foreign: ForeignAnswer | null }> {
  const fallback: Problem = {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    detail: `The control plane answered ${response.status}.`,
    reason: 'unknown',
    requestId: response.headers.get('x-request-id') ?? '',
  }
  // It broke off: who said it is not known.
  const text = await response.text().catch(() => null)
  if (text === null) return { problem: fallback, foreign: null }
  try {
    return { problem: { ...fallback, ...(JSON.parse(text) as Partial<Problem>) }, foreign: null }
  } catch {
    const foreign = new ForeignAnswer(url, response, text)
    const detail = `Not the control plane answered, but something in front of it (${foreign.detail}).`
    return { problem: { ...fallback, detail }, foreign }
  }
}

interface StreamEvent {
  event: string
  id?: string
  data: unknown
}

/** The events of a stream as they come. Rejects when it breaks off before its end. */
export async function* followEvents(
  baseUrl: string,
  path: string,
  options: RequestOptions,
): AsyncGenerator<StreamEvent> {
  const queue: StreamEvent[] = []
  const parser = createParser({
    onEvent: ({ event, id, data }) =>
      queue.push({ event: event ?? 'message', data: JSON.parse(data), ...(id ? { id } : {}) }),
  })
  for await (const text of streamText(baseUrl, path, { ...options, silenceMs: streamSilenceMs })) {
    parser.feed(text)
    yield* queue.splice(0)
  }
}

interface StreamOptions extends RequestOptions {
  /** After so long without a byte its connection is taken for dead; without it that is left to `fetch`. */
  silenceMs?: number
}

/** The text of an answer as it comes. Rejects when it breaks off before its end. */
export async function* streamText(baseUrl: string, path: string, options: StreamOptions): AsyncGenerator<string> {
  const { silenceMs, ...request } = options
  // How long a stream lives is not for us to say; only its beginning has a deadline, and its silence.
  const late = new AbortController()
  const abortAfter = (ms: number) => setTimeout(() => late.abort(new Error(`nothing came for ${ms} ms`)), ms)
  let timer = abortAfter(30_000)
  const signal = options.signal ? AbortSignal.any([late.signal, options.signal]) : late.signal
  const decoder = new TextDecoder()
  try {
    const response = await send(baseUrl, 'GET', path, { ...request, signal, timeoutMs: 2 ** 31 - 1 })
    clearTimeout(timer)
    if (silenceMs !== undefined) timer = abortAfter(silenceMs)
    for await (const bytes of response.body ?? []) {
      clearTimeout(timer)
      yield decoder.decode(bytes, { stream: true })
      if (silenceMs !== undefined) timer = abortAfter(silenceMs)
    }
  } catch (cause) {
    throw cause instanceof ApiError || cause instanceof UnreachableError ? cause : new UnreachableError(baseUrl, cause)
  } finally {
    clearTimeout(timer)
  }
}

import { ApiError, createClient, proofWindowMs, UnreachableError } from '@ikoma/api'
import type { Context } from './cli.ts'
import { contextsPath, readContexts } from './contexts.ts'
import { type ControlPlane, type ControlPlaneOptions, findControlPlane } from './find-control-plane.ts'
import { isLoopback } from './loopback.ts'
import { eachItem } from './pages.ts'
import { span } from './times.ts'

/** One thing that was looked at. Names are stable, for programs. */
export interface Check {
  name: string
  status: 'ok' | 'warn' | 'fail'
  detail: string
  /** What to do about it. */
  advice: string | null
}

const oldestNode = 24
const noticeableSkewMs = 5_000

/** Every check, in the order in which one failing explains the next. */
export async function checkAll(options: ControlPlaneOptions, context: Context): Promise<Check[]> {
  const { t } = context
  const local = [checkNode(context), await checkContexts(context)]
  let controlPlane: ControlPlane
  try {
    controlPlane = await findControlPlane(options, context)
  } catch (error) {
    return [...local, fail('control_plane', messageOf(error), t.doctor.adviceContext)]
  }
  const reached = await checkReachable(controlPlane, context)
  if (reached.some(({ status }) => status === 'fail')) return [...local, ...reached]
  return [...local, ...reached, ...(await checkAccess(controlPlane, context))]
}

function checkNode({ io, t }: Context): Check {
  const detail = `Node.js ${io.nodeVersion}`
  if (Number.parseInt(io.nodeVersion, 10) >= oldestNode) return ok('node', detail)
  return fail('node', detail, t.doctor.adviceNode(oldestNode))
}

async function checkContexts(context: Context): Promise<Check> {
  const path = contextsPath(context.io)
  try {
    const { contexts } = await readContexts(context)
    return ok('contexts', context.t.doctor.contexts(Object.keys(contexts).length, path))
  } catch (error) {
    return fail('contexts', messageOf(error), `chmod 600 ${path}`)
  }
}

async function checkReachable({ url }: ControlPlane, context: Context): Promise<Check[]> {
  const { io, t } = context
  const askedAt = io.now()
  let response: Response
  try {
    response = await fetch(new URL('/readyz', url), { redirect: 'error', signal: AbortSignal.timeout(5_000) })
    await response.body?.cancel()
  } catch {
    return [fail('reachable', t.doctor.unreachable(url), t.errors.unreachableHint)]
  }
  const ready = response.ok
    ? ok('reachable', t.doctor.ready(url))
    : fail('reachable', t.doctor.notReady(url, response.status), t.doctor.adviceNotReady)
  const encrypted = url.startsWith('https:') || isLoopback(url)
  const plain = encrypted ? [] : [warn('encryption', t.doctor.plainHttp(url), t.doctor.advicePlainHttp)]
  return [ready, ...plain, ...checkClock(response, (askedAt + io.now()) / 2, context)]
}

/** The Date header counts whole seconds: it was true half a second ago on average. */
function checkClock(response: Response, askedAt: number, context: Context): Check[] {
  const { t } = context
  const date = Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(date)) return []
  const skewMs = Math.abs(date + 500 - askedAt)
  if (skewMs <= noticeableSkewMs) return [ok('clock', t.doctor.clock)]
  const detail = t.doctor.clockSkew(span(skewMs, context))
  return [
    skewMs < proofWindowMs ? warn('clock', detail, t.doctor.adviceClock) : fail('clock', detail, t.doctor.adviceClock),
  ]
}

async function checkAccess(controlPlane: ControlPlane, { t }: Context): Promise<Check[]> {
  if (!controlPlane.credential) return [fail('credential', t.doctor.noCredential, t.errors.unauthorizedHint)]
  const client = createClient(controlPlane)
  const runners: { name: string; status: string }[] = []
  try {
    for await (const runner of eachItem(client.listRunners)) runners.push(runner)
  } catch (error) {
    const expected = error instanceof ApiError || error instanceof UnreachableError
    if (!expected) throw error
    return [fail('credential', messageOf(error), t.errors.unauthorizedHint)]
  }
  const accepted = ok('credential', t.doctor.accepted(t.contexts.source[controlPlane.source]))
  if (runners.length === 0) return [accepted, warn('runners', t.empty.noRunner, t.empty.runners)]
  const offline = runners.filter(({ status }) => status === 'OFFLINE').map(({ name }) => name)
  if (offline.length === 0) return [accepted, ok('runners', t.doctor.runnersOnline(runners.length))]
  return [accepted, warn('runners', t.doctor.runnersOffline(offline.join(', ')), t.doctor.adviceOffline)]
}

function ok(name: string, detail: string): Check {
  return { name, status: 'ok', detail, advice: null }
}

function warn(name: string, detail: string, advice: string): Check {
  return { name, status: 'warn', detail, advice }
}

function fail(name: string, detail: string, advice: string): Check {
  return { name, status: 'fail', detail, advice }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import { Resolver } from 'node:dns/promises'
import type { OutputOf, PayloadOf } from '@ikoma/api'
import type { ActionContext, ActionResult } from '../../order/action.ts'
import { failedCheck } from './failed-check.ts'

type Payload = PayloadOf<'check.dns.run'>
type Output = OutputOf<'check.dns.run'>

export async function runDnsCheck(payload: Payload, context: ActionContext): Promise<ActionResult<Output>> {
  const { name, type, resolver: server, timeoutMs } = payload
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 })
  if (server !== undefined && !useServer(resolver, server)) {
    return failedCheck('invalid_resolver', `"${server}" is not the address of a resolver.`)
  }
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), context.signal])
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  const begunMs = performance.now()
  try {
    const answers = await resolve(resolver, name, type)
    const durationMs = Math.round(performance.now() - begunMs)
    context.log(`${name} ${type}: ${answers.join(', ')}`)
    return judge(payload, { answers, durationMs })
  } catch (error) {
    const [code, message] = failureOf(payload, error)
    context.log(message)
    return failedCheck(code, message)
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

function judge({ name, type, expect }: Payload, output: Output): ActionResult<Output> {
  const found = new Set(output.answers.map(comparable))
  const missing = expect.filter((answer) => !found.has(comparable(answer)))
  const answers = output.answers.join(', ')
  if (missing.length > 0) {
    const message = `${name} ${type} is ${answers || 'empty'}; missing: ${missing.join(', ')}.`
    return failedCheck('missing_answer', message, output)
  }
  return { ok: true, summary: `${name} ${type} is ${answers}.`, output }
}

function useServer(resolver: Resolver, server: string): boolean {
  try {
    resolver.setServers([server])
    return true
  } catch {
    return false
  }
}

async function resolve(resolver: Resolver, name: string, type: Payload['type']): Promise<string[]> {
  switch (type) {
    case 'A':
      return resolver.resolve4(name)
    case 'AAAA':
      return resolver.resolve6(name)
    case 'CNAME':
      return resolver.resolveCname(name)
    case 'NS':
      return resolver.resolveNs(name)
    case 'TXT':
      return (await resolver.resolveTxt(name)).map((pieces) => pieces.join(''))
    case 'MX':
      return (await resolver.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${exchange}`)
  }
}

/** Names are the same in any case, with or without the dot of the root. */
function comparable(answer: string): string {
  return answer.toLowerCase().replace(/\.$/, '')
}

function failureOf({ name, type, resolver = "the system's resolver" }: Payload, error: unknown): [string, string] {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOTFOUND':
      return ['name_not_found', `${name} does not exist, says ${resolver}.`]
    case 'ENODATA':
      return ['no_answer', `${name} exists, but has no ${type} record.`]
    case 'ETIMEOUT':
    case 'ECANCELLED':
      return ['timeout', `${resolver} did not answer about ${name} in time.`]
    case 'ECONNREFUSED':
      return ['connection_refused', `${resolver} does not answer: nothing listens there.`]
    default:
      return ['resolver_failed', `${resolver} could not answer about ${name}: ${String(error)}.`]
  }
}

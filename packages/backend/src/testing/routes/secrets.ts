import type { Operation } from './document.ts'
import type { Request, RouteWorld } from './route-world.ts'

/** A name of a field whose value nobody else may see. */
const secretName = /password|passwd|secret|token|authorization|cookie|recovery|otp/i

interface Told {
  secret: string
  /** Whose; null for what nobody may see. */
  owner: string | null
}

/**
 * Sends secrets to every route, wherever one may be sent, and gathers those that are answered; then looks for each in the
 * log, in errors, and in answers to others.
 */
export async function leaks(world: RouteWorld): Promise<string[]> {
  const told: Told[] = []
  const wrong: string[] = []
  const look = (where: string, text: string, mayHave: string | null) => {
    for (const { secret, owner } of told)
      if (text.includes(secret) && (owner === null || owner !== mayHave))
        wrong.push(`${where} has ${nameOf(secret)} in it`)
  }
  for (const operation of world.document.operations.filter(({ method }) => method !== 'HEAD')) {
    await world.renew()
    for (const role of [null, ...world.tested.roles]) {
      const caller = await world.callerOf(role)
      if (caller) told.push(...secretsOf(Object.entries(caller.headers), caller.id))
      for (const request of requestsWithSecrets(world, operation, await world.plainRequest(operation, caller), told)) {
        const { status, text, headers } = await world.ask(operation, operation.method, request)
        look(`${operation.name}, answering ${status},`, text, status < 300 ? (caller?.id ?? null) : null)
        if (status < 300) told.push(...answeredSecrets(text, headers, caller?.id ?? 'a stranger'))
      }
    }
  }
  const logged = world.started.logged()
  const all = [...told.map(({ secret }) => secret), ...(await world.started.secrets())]
  for (const secret of new Set(all)) {
    const line = logged.split('\n').find((each) => each.includes(secret))
    if (line !== undefined)
      wrong.push(`the log has ${nameOf(secret)} in it: ${line.replaceAll(secret, '[it]').slice(0, 300)}`)
  }
  return [...new Set(wrong)]
}

/** As it is, with secrets in its fields, with secrets where none belongs, and cut so that no parser takes it. */
function requestsWithSecrets(world: RouteWorld, operation: Operation, plain: Request, told: Told[]): Request[] {
  const canary = () => {
    // As people choose them: what has the form of a token is hidden from a log by that alone.
    const secret = `Kanarienvogel-${told.length}-jaune`
    told.push({ secret, owner: null })
    return secret
  }
  const schema = operation.inputs.body
  const fields = schema ? Object.keys(world.document.resolve(schema).properties ?? {}) : []
  const body = plain.body === undefined ? {} : (JSON.parse(String(plain.body)) as Record<string, unknown>)
  const named = Object.fromEntries(fields.filter((name) => secretName.test(name)).map((name) => [name, canary()]))
  const type = { 'content-type': 'application/json' }
  const withBody = (value: object) => ({
    ...plain,
    headers: { ...plain.headers, ...type },
    body: JSON.stringify(value),
  })
  const query = plain.url.includes('?') ? '&' : '?'
  return [
    ...(Object.keys(named).length > 0 ? [withBody({ ...body, ...named }), withBody(named)] : []),
    withBody({ ...body, password: canary(), nul: `\u0000` }),
    { ...plain, headers: { ...plain.headers, ...type }, body: `{"password":"${canary()}"` },
    { ...plain, headers: { ...plain.headers, authorization: `Bearer ${canary()}`, cookie: `device=${canary()}` } },
    { ...plain, url: `${plain.url}${query}token=${canary()}&access_token=${canary()}` },
    plain,
  ]
}

function answeredSecrets(text: string, headers: Record<string, unknown>, owner: string): Told[] {
  const found: Told[] = []
  const walk = (value: unknown, name: string): void => {
    if (typeof value === 'string' && value.length >= 8 && secretName.test(name) && name !== 'token_type')
      found.push({ secret: value, owner })
    if (typeof value === 'object' && value !== null)
      for (const [key, each] of Object.entries(value)) walk(each, Array.isArray(value) ? name : key)
  }
  try {
    walk(JSON.parse(text), '')
  } catch {
    // No JSON: a page, or nothing.
  }
  const cookies = [headers['set-cookie'] ?? []]
    .flat()
    .map((cookie) => String(cookie).split(';')[0]?.split('=')[1] ?? '')
  return [...found, ...cookies.filter((value) => value.length >= 8).map((secret) => ({ secret, owner }))]
}

function secretsOf(headers: [string, string][], owner: string): Told[] {
  const values = headers.filter(([name]) => secretName.test(name)).map(([, value]) => value.replace(/^\w+ /, ''))
  return values.map((secret) => ({ secret, owner }))
}

function nameOf(secret: string): string {
  return `a secret of ${secret.length} characters (${secret.slice(0, 4)}…)`
}

import { withDeadline } from '@ikoma/kernel'
import type { InjectOptions } from 'fastify'
import { type Answer, type Conformity, createConformity } from './conformity.ts'
import { type ApiDocument, type Operation, type Place, readDocument } from './document.ts'
import { type IdField, idFieldsOf, kindOf } from './id-fields.ts'
import { type Filling, plainValue } from './plain-values.ts'
import type { Caller, StartedApp, TestedApp } from './tested-app.ts'

export interface Request {
  /** As it goes over the wire. */
  url: string
  headers: Record<string, string>
  /** JSON, whatever is in it. */
  body?: string | Buffer | undefined
}

/** An app that runs, with callers of every role, and what each answer had wrong with it so far. */
export class RouteWorld<S extends StartedApp = StartedApp> {
  readonly tested: TestedApp<S>
  readonly started: S
  readonly document: ApiDocument
  readonly #conforms: Conformity
  readonly #callers = new Map<string, Caller>()
  readonly #faults = new Set<string>()
  readonly #things = new Map<string, string>()
  #asked = 0

  constructor(tested: TestedApp<S>, started: S) {
    this.tested = tested
    this.started = started
    this.document = readDocument(started.app)
    this.#conforms = createConformity(this.document)
  }

  /** What answers had that the document does not say, since this was asked before. */
  takeFaults(): string[] {
    const faults = [...this.#faults]
    this.#faults.clear()
    return faults
  }

  /** The role's caller, by default the one that is asked for again and again; null for a stranger. */
  async callerOf(role: string | null, name = 'first'): Promise<Caller | null> {
    if (role === null) return null
    const key = `${role} ${name}`
    const caller = this.#callers.get(key) ?? (await this.started.signIn(role))
    this.#callers.set(key, caller)
    return caller
  }

  /** Whoever signed out, or was made to, signs in anew. */
  forget(role: string | null, name = 'first'): void {
    this.#callers.delete(`${role} ${name}`)
  }

  /** Lets those sign in anew whom some request has signed out. */
  async renew(): Promise<void> {
    for (const role of this.tested.roles) {
      const probe = this.document.operations.find(({ method, path, access }) => {
        const policy = this.started.policies[access] ?? 'public'
        const letsIn = policy === 'signed-in' || (policy !== 'public' && policy.includes(role))
        return method === 'GET' && !path.includes('{') && letsIn
      })
      const caller = this.#callers.get(`${role} first`)
      if (!caller || !probe) continue
      const { status } = await this.ask(probe, 'GET', { url: probe.path, headers: caller.headers })
      if (status === 401) this.forget(role)
    }
  }

  async ask(operation: Operation | null, method: string, { url, headers, body }: Request): Promise<Answer> {
    this.#asked += 1
    // From an address of its own: how often one may ask is not what is asked here.
    const remoteAddress = `10.${(this.#asked >> 16) & 255}.${(this.#asked >> 8) & 255}.${this.#asked & 255}`
    const options = { method: method as NonNullable<InjectOptions['method']>, url, headers, remoteAddress }
    const asked = this.started.app.inject({ ...options, ...(body !== undefined && { payload: body }) })
    const answered = await within(asked, `${method} ${url.slice(0, 200)}`)
    const contentType = String(answered.headers['content-type'] ?? '').split(';')[0] ?? ''
    const answer = { status: answered.statusCode, text: answered.body, contentType, headers: answered.headers }
    const seen = { ...answer, isHead: method === 'HEAD' }
    for (const fault of this.#conforms(seen, operation)) this.#faults.add(`${fault} ${answer.text.slice(0, 200)}`)
    return answer
  }

  /** A request that the schema takes, with ids of the caller's own things but for those that are given. */
  async plainRequest(
    operation: Operation,
    caller: Caller | null,
    { given, foreign }: { given?: IdField; foreign?: unknown } = {},
  ): Promise<Request> {
    const ids = new Map<string, unknown>()
    for (const field of idFieldsOf(this.document, operation)) {
      const kind = kindOf(this.tested, field)
      const isGiven = field.place === given?.place && field.name === given.name
      const id = isGiven ? foreign : kind ? await this.thing(kind, caller) : undefined
      if (id !== undefined) ids.set(`${field.place}.${field.name}`, field.many ? [id] : id)
    }
    return this.#build(operation, caller, (place, name) => {
      const known = ids.get(`${place}.${name}`)
      if (known !== undefined) return known
      const { values = {} } = this.tested
      return values[`${operation.name} ${place}.${name}`] ?? values[name]
    })
  }

  /** An id of the kind: the caller's own where such things have owners. Null where it can own none. */
  async thing(kind: string, caller: Caller | null, fresh = false): Promise<string | undefined> {
    const { things } = this.tested
    const thing = things[kind]
    if (!thing) throw new Error(`ids names "${kind}", which is not among things: say how one is made`)
    const owner = thing.ownedBy === undefined ? await this.callerOf(this.tested.roles.at(-1) ?? null) : caller
    if (!owner) return undefined
    const key = `${kind} ${owner.id}`
    const known = fresh ? undefined : this.#things.get(key)
    const id = known ?? (await thing.make(this.started, owner))
    this.#things.set(key, id)
    return id
  }

  /** Ids of all that somebody owns, and its own. */
  marksOf({ id }: Caller): string[] {
    return [id, ...[...this.#things].filter(([key]) => key.endsWith(` ${id}`)).map(([, thing]) => thing)]
  }

  #build(operation: Operation, caller: Caller | null, findValue: Filling['findValue']): Request {
    const filling: Filling = { document: this.document, operation, findValue }
    const valuesOf = (place: Place) => {
      const schema = operation.inputs[place]
      return schema ? (plainValue(filling, place, schema) as Record<string, unknown>) : {}
    }
    const query = Object.entries(valuesOf('query')).map(
      ([name, value]) => `${name}=${encodeURIComponent(String(value))}`,
    )
    const hasBody = operation.inputs.body !== null
    return {
      url: urlOf(operation.path, valuesOf('params')) + (query.length > 0 ? `?${query.join('&')}` : ''),
      headers: { ...caller?.headers, ...(hasBody && { 'content-type': 'application/json' }) },
      ...(hasBody && { body: JSON.stringify(valuesOf('body')) }),
    }
  }
}

export function urlOf(path: string, params: Record<string, unknown>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name] ?? 'none')))
}

export const nobodysId = '0198c000-0000-7000-8000-000000000001'

/** What hangs is told by its name, before the test's own time is over. */
async function within<T>(asked: Promise<T>, what: string): Promise<T> {
  return withDeadline(asked, longestSec * 1000, () => new Error(`${what} has no answer after ${longestSec} seconds`))
}

const longestSec = 30

import fc from 'fast-check'
import type { Operation, Place } from './document.ts'
import { idFieldsOf, kindOf } from './id-fields.ts'
import { requestsTo } from './request-arbitraries.ts'
import { nobodysId, type RouteWorld } from './route-world.ts'
import type { Caller } from './tested-app.ts'

/** For all routes together; each has its share. A seed that failed is told, and tried again by IKOMA_FUZZ_SEED. */
const defaultMs = Number(process.env.IKOMA_PROPERTY_SECONDS ?? 6) * 3_000
const seed = process.env.IKOMA_FUZZ_SEED

/** What came of requests that were made from the schema of each route, and broken. */
export async function fuzzFaults(world: RouteWorld, budgetMs = defaultMs): Promise<string[]> {
  const routes = world.document.operations.filter(({ method }) => method !== 'HEAD')
  const wrong: string[] = []
  for (const operation of routes) {
    const fault = await fuzzRoute(world, operation, budgetMs / routes.length)
    if (fault !== null) wrong.push(`${operation.name}: ${fault}`)
  }
  return wrong
}

async function fuzzRoute(world: RouteWorld, operation: Operation, ms: number): Promise<string | null> {
  await world.renew()
  const callers = await Promise.all(world.tested.roles.map((role) => world.callerOf(role)))
  const known = await knownIds(world, operation, callers)
  const materials = {
    ...{ operation, document: world.document, known },
    callers: [{}, ...callers.map((caller) => caller?.headers ?? {})],
  }
  const property = fc.asyncProperty(requestsTo(materials), async (request) => {
    const { status, text } = await world.ask(operation, operation.method, request)
    if (status >= 500) throw new Error(`answered ${status}: ${text.slice(0, 300)}`)
    const [fault] = world.takeFaults()
    if (fault !== undefined) throw new Error(fault)
  })
  const limits = { interruptAfterTimeLimit: ms, markInterruptAsFailure: false, numRuns: 10_000 }
  const run = await fc.check(property, { ...limits, ...(seed !== undefined && { seed: Number(seed) }) })
  // Without one it was only cut short, before its first request: on a busy machine a route may get none.
  if (!run.failed || run.counterexample === null) return null
  const [request] = run.counterexample
  const shown = JSON.stringify(request, (_, value) => (typeof value === 'string' ? value.slice(0, 300) : value))
  return `${(run.errorInstance as Error | null)?.message} by ${shown} (IKOMA_FUZZ_SEED=${run.seed})`
}

/** Of each id field one of each caller's things, one of somebody else's, and one of nothing; and the app's own values. */
async function knownIds(world: RouteWorld, operation: Operation, callers: readonly (Caller | null)[]) {
  const ids = new Map<string, unknown[]>()
  for (const field of idFieldsOf(world.document, operation)) {
    const kind = kindOf(world.tested, field)
    if (!kind) continue
    const ownedBy = world.tested.things[kind]?.ownedBy
    const owners =
      ownedBy === undefined ? callers.slice(0, 1) : callers.filter((_, n) => world.tested.roles[n] === ownedBy)
    const found = [nobodysId]
    for (const owner of owners) {
      const id = await world.thing(kind, owner)
      if (id !== undefined) found.push(id)
    }
    ids.set(`${field.place}.${field.name}`, found)
  }
  const { values = {} } = world.tested
  return (place: Place, name: string): readonly unknown[] => {
    const value = values[`${operation.name} ${place}.${name}`] ?? values[name]
    return [...(ids.get(`${place}.${name}`) ?? []), ...(value === undefined ? [] : [value])]
  }
}

/** Paths and methods that are none, and URLs that are no URLs. */
export async function strayFaults(world: RouteWorld): Promise<string[]> {
  const wrong: string[] = []
  const urls = ['/nothing', '/%zz', '/api/%00', `/${'x'.repeat(3_000)}`, '//', '/..%2f', '/?__proto__=1', '/docs/../x']
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    for (const url of urls) {
      const { status } = await world.ask(null, method, { url, headers: {} })
      if (status !== 404 && status !== 400) wrong.push(`${method} ${url.slice(0, 40)} answered ${status}`)
    }
  }
  return wrong
}

import type { Answer } from './conformity.ts'
import type { Operation } from './document.ts'
import { type IdField, idFieldsOf, kindOf } from './id-fields.ts'
import type { RouteWorld } from './route-world.ts'
import type { Caller, Thing } from './tested-app.ts'

/** Fields that take an id of what the app does not say. */
export function undeclaredIds(world: RouteWorld): string[] {
  const { document, tested } = world
  return document.operations
    .filter(({ method }) => method !== 'HEAD')
    .flatMap((operation) =>
      idFieldsOf(document, operation)
        .filter((field) => kindOf(tested, field) === undefined)
        .map(({ keys, place, name }) => {
          const wanted = `'${keys.at(-1)}': '<what it is of>'`
          return `${operation.name} takes the id ${place}.${name}: add ${wanted} to ids, and how one is made to things`
        }),
    )
}

/** Ids of somebody else's things that a route took, or told about. */
export async function foreignFaults(world: RouteWorld): Promise<string[]> {
  const wrong: string[] = []
  for (const { operation, field, kind, thing } of ownedFields(world)) {
    const ownedBy = thing.ownedBy ?? ''
    const owner = await world.callerOf(ownedBy, 'owner')
    const id = owner ? await world.thing(kind, owner) : undefined
    if (!owner || id === undefined) continue
    for (const role of world.tested.roles) {
      if (thing.openTo?.includes(role) || !mayCall(world, operation, role)) continue
      const answer = await askAgain(world, role, async (caller) => {
        const request = await world.plainRequest(operation, caller, { given: field, foreign: id })
        return world.ask(operation, operation.method, request)
      })
      const told = world.marksOf(owner).filter((mark) => mark !== id && answer.text.includes(mark))
      const fault = faultOf(answer, field, id, told)
      if (fault)
        wrong.push(`${operation.name} by ${role} with ${field.place}.${field.name} of another’s ${kind}: ${fault}`)
    }
  }
  return wrong
}

function faultOf({ status, text }: Answer, { place }: IdField, id: string, told: string[]): string | null {
  const shown = text.slice(0, 150)
  if (told.length > 0) return `answered ${status} and told of it: ${shown}`
  if (status === 403 || status === 404) return null
  if (place === 'body' && status === 422) return null
  // A filter by another's id finds nothing.
  if (place === 'query' && (status === 422 || (status < 300 && !text.includes(id)))) return null
  if (status === 400) return `was refused before anybody looked whose it is, add to values what it needs: ${shown}`
  return `answered ${status}: ${shown}`
}

/** Where an owner, or a role that the things are open to, is not let in to what others must not reach. */
export async function ownerFaults(world: RouteWorld): Promise<string[]> {
  const wrong: string[] = []
  for (const { operation, field, kind, thing } of ownedFields(world)) {
    const ownedBy = thing.ownedBy ?? ''
    for (const role of new Set([ownedBy, ...(thing.openTo ?? [])])) {
      if (field.place !== 'params' || !mayCall(world, operation, role)) continue
      const { status, text } = await askAgain(world, role, async (caller) => {
        const owner = role === ownedBy ? caller : await world.callerOf(ownedBy, 'owner')
        const id = await world.thing(kind, owner, true)
        const request = await world.plainRequest(operation, caller, { given: field, foreign: id })
        return world.ask(operation, operation.method, request)
      })
      if ([400, 401, 403, 404].includes(status))
        wrong.push(
          `${operation.name} answered ${role}, whose ${kind} it is or may be, ${status}: ${text.slice(0, 150)}`,
        )
    }
  }
  return wrong
}

/** What owners find of their own things, in every list and by every id. */
export async function ownersView(world: RouteWorld): Promise<Record<string, string>> {
  const views: Record<string, string> = {}
  for (const role of new Set(Object.values(world.tested.things).map(({ ownedBy }) => ownedBy))) {
    const owner = role === undefined ? null : await world.callerOf(role, 'owner')
    if (!owner || role === undefined) continue
    for (const [kind, { ownedBy }] of Object.entries(world.tested.things))
      if (ownedBy === role) await world.thing(kind, owner)
    for (const operation of world.document.operations) {
      const isTheirs = operation.method === 'GET' && world.started.policies[operation.access] === 'signed-in'
      if (!isTheirs || !mayCall(world, operation, role)) continue
      const { status, text } = await world.ask(operation, 'GET', await world.plainRequest(operation, owner))
      if (status === 200) views[`${operation.name} by ${role}`] = text
    }
  }
  return views
}

function ownedFields(world: RouteWorld) {
  const { document, tested } = world
  return document.operations
    .filter(({ method }) => method !== 'HEAD')
    .flatMap((operation) => idFieldsOf(document, operation).map((field) => ({ operation, field })))
    .flatMap(({ operation, field }) => {
      const kind = kindOf(tested, field)
      const thing: Thing<never> | undefined = kind ? tested.things[kind] : undefined
      return kind && thing?.ownedBy !== undefined ? [{ operation, field, kind, thing }] : []
    })
}

function mayCall({ started }: RouteWorld, { access }: Operation, role: string): boolean {
  const policy = started.policies[access] ?? 'public'
  return policy === 'public' || policy === 'signed-in' || policy.includes(role)
}

async function askAgain(
  world: RouteWorld,
  role: string,
  ask: (caller: Caller | null) => Promise<Answer>,
): Promise<Answer> {
  const answer = await ask(await world.callerOf(role))
  if (answer.status !== 401) return answer
  world.forget(role)
  return ask(await world.callerOf(role))
}

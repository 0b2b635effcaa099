import type { Operation } from './document.ts'
import { nobodysId, type RouteWorld } from './route-world.ts'

/** What a route answered to each caller. */
interface Row {
  operation: Operation
  answers: { role: string | null; status: number }[]
}

/** Asks every route as a stranger and as every role, with ids of nothing. */
export async function askEverybody(world: RouteWorld): Promise<Row[]> {
  const rows: Row[] = []
  for (const operation of world.document.operations) {
    const answers: Row['answers'] = []
    for (const role of [null, ...world.tested.roles])
      answers.push({ role, status: await statusFor(world, operation, role) })
    rows.push({ operation, answers })
  }
  return rows
}

async function statusFor(world: RouteWorld, operation: Operation, role: string | null): Promise<number> {
  const ask = async () => {
    const caller = await world.callerOf(role)
    const request = await world.plainRequest(operation, caller)
    const url = operation.path.includes('{') ? operation.path.replace(/\{\w+\}/g, nobodysId) : request.url
    return (await world.ask(operation, operation.method, { ...request, url })).status
  }
  const status = await ask()
  // A route before may have signed it out, as its name says.
  if (status !== 401 || role === null) return status
  world.forget(role)
  return ask()
}

/** Where the answers are not what the policies say. */
export function faultsOf({ started }: RouteWorld, rows: readonly Row[]): string[] {
  return rows.flatMap(({ operation, answers }) =>
    answers
      .filter(({ role, status }) => !fits(policyOf(started.policies, operation), { operation, role, status }))
      .map(({ role, status }) => `${operation.name} (${operation.access}) answered ${role ?? 'a stranger'} ${status}`),
  )
}

type Policy = 'public' | 'signed-in' | 'metrics' | readonly string[]

function policyOf(policies: RouteWorld['started']['policies'], { access }: Operation): Policy {
  return access === 'metrics' ? 'metrics' : (policies[access] ?? 'public')
}

interface Seen {
  operation: Operation
  role: string | null
  status: number
}

function fits(policy: Policy, { operation, role, status }: Seen): boolean {
  const refused = status === 401 || status === 403
  if (policy === 'metrics') return refused
  // A credential in its body, or a rule of its own, that the route declares.
  if (policy === 'public') return !refused || operation.responses?.[status] !== undefined
  if (role === null) return status === 401
  if (policy !== 'signed-in') return policy.includes(role) ? !refused : status === 403
  return status !== 401 && (status !== 403 || operation.responses?.[403] !== undefined)
}

/** A line for each route, for people to read: who is let in, as it was seen. */
export function matrixText({ started }: RouteWorld, rows: readonly Row[]): string {
  const lines = rows
    .filter(({ operation }) => operation.method !== 'HEAD')
    .map(({ operation, answers }) => {
      const policy = policyOf(started.policies, operation)
      const letIn = answers.filter(({ role, status }) => role !== null && status !== 401 && status !== 403)
      const seen = letIn.map(({ role }) => role).join(' ')
      return `${operation.name}: ${policy === 'public' || policy === 'metrics' ? operation.access : seen}`
    })
  return `${lines.toSorted().join('\n')}\n`
}

import type { RouteWorld } from './route-world.ts'

const broken = [
  'Bearer',
  'Bearer ',
  'Bearer x',
  'Bearer a.b.c',
  `Bearer ${'x'.repeat(20_000)}`,
  'Basic YWRtaW46YWRtaW4=',
  'Bearer eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiIxIiwicm9sZSI6ImFkbWluIn0.',
  'null',
  '__proto__',
].map((authorization) => ({ authorization }))

/** Routes that take a credential which does not hold, or none that there is. */
export async function acceptedStale(world: RouteWorld): Promise<string[]> {
  const { policies } = world.started
  const wrong: string[] = []
  const stale = [...broken, ...(await world.started.stale())]
  for (const operation of world.document.operations) {
    if ((policies[operation.access] ?? 'public') === 'public') continue
    for (const headers of stale) {
      const plain = await world.plainRequest(operation, null)
      const request = { ...plain, headers: { ...plain.headers, ...headers } }
      const { status } = await world.ask(operation, operation.method, request)
      if (status !== 401) wrong.push(`${operation.name} answered ${JSON.stringify(headers).slice(0, 60)} ${status}`)
    }
  }
  return wrong
}

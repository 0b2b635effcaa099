// What a stranger writes who has only the description of the API: `api.ts` is generated from it.
import createClient from 'openapi-fetch'
import type { components, operations, paths } from './api.ts'

declare const process: { argv: string[]; stdout: { write(text: string): void } }

type NewOrder = operations['placeOrder']['requestBody']['content']['application/json']
const [baseUrl = '', key = '', runnerId = ''] = process.argv.slice(2)

const client = createClient<paths>({ baseUrl, headers: { 'x-ikoma-admin-key': key } })
const order: NewOrder = { type: 'check.http.run', runnerId, payload: { url: `${baseUrl}/healthz` } }
const placed = await client.POST('/v1/orders', { body: order })
if (placed.error) throw new Error(placed.error.detail)

let now: components['schemas']['Order'] = placed.data
while (now.completedAt === null) {
  await new Promise((resolve) => setTimeout(resolve, 200))
  const shown = await client.GET('/v1/orders/{id}', { params: { path: { id: now.id } } })
  if (shown.error) throw new Error(shown.error.detail)
  now = shown.data
}

// A problem is typed by its status, and says which field is wrong.
const { error } = await client.POST('/v1/orders', { body: { ...order, priority: 5_000 } })
const field: string | undefined = error?.fields?.[0]?.field
process.stdout.write(JSON.stringify({ status: now.status, reason: error?.reason, field }))

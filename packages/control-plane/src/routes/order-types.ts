import { describeCatalogue, orderTypeSchema } from '@ikoma/api'
import * as z from 'zod'
import type { App } from './app.ts'

/**
 * The payload of each type with its fields and an example, for the description of the API: `payload.runner.selftest`; and
 * `payload`, which is any of them.
 */
export function payloadSchemas(): Record<string, object> {
  const schemas = Object.fromEntries(
    describeCatalogue().map(({ type, title, payloadSchema: { $schema: _, ...schema }, example }) => [
      `payload.${type}`,
      { title: `payload of ${type}`, description: title.en, ...(withoutConst(schema) as object), example },
    ]),
  )
  const anyOf = Object.keys(schemas).map((name) => ({ $ref: `#/components/schemas/${name}` }))
  return { ...schemas, payload: { title: 'payload of the type that the order names', anyOf } }
}

/** The description's library leaves `const` out, and keeps the same written as a list of one. */
function withoutConst(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema), (_, value) => {
    if (typeof value !== 'object' || value === null || !('const' in value)) return value
    const { const: only, ...rest } = value
    return { ...rest, enum: [only] }
  })
}

export function orderTypeRoutes(app: App): void {
  const items = describeCatalogue()
  app.get(
    '/v1/order-types',
    {
      config: { access: 'viewer' },
      schema: {
        tags: ['orders'],
        operationId: 'listOrderTypes',
        summary: 'The catalogue: every order type with the JSON Schemas of its payload and output',
        response: { 200: z.object({ items: z.array(orderTypeSchema) }) },
      },
    },
    () => ({ items }),
  )
}

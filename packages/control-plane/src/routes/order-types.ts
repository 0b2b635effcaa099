import { describeCatalogue, orderTypeSchema } from '@ikoma/api'
import * as z from 'zod'
import type { App } from './app.ts'

export function orderTypeRoutes(app: App): void {
  const items = describeCatalogue()
  app.get(
    '/v1/order-types',
    {
      config: { access: 'viewer' },
      schema: {
        tags: ['orders'],
        summary: 'The catalogue: every order type with the JSON Schemas of its payload and output',
        response: { 200: z.object({ items: z.array(orderTypeSchema) }) },
      },
    },
    () => ({ items }),
  )
}

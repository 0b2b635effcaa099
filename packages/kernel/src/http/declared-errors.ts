import type { FastifyInstance, RouteOptions } from 'fastify'
import type * as z from 'zod'
import { problemSchema, type SendError, sendProblem, titleOfStatus } from './problem.ts'

/** How errors are answered, and what the document says of it. */
export interface ErrorShape {
  send: SendError
  contentType: string
  schema: z.ZodType
}

export const problemErrors: ErrorShape = {
  send: sendProblem,
  contentType: 'application/problem+json',
  schema: problemSchema,
}

/**
 * Says in the document which errors each route added from now on may answer. Whoever reads the document, or makes a client
 * of it, then knows every status. What a route's own schema says of a status stands.
 */
export function declareErrors(
  app: FastifyInstance,
  { contentType, schema: body }: Pick<ErrorShape, 'contentType' | 'schema'>,
  statusesOf: (route: RouteOptions) => number[],
): void {
  app.addHook('onRoute', (route) => {
    const { config, schema } = route
    if (schema?.hide || config?.access === undefined) return
    const own = (schema?.response ?? {}) as Record<string, unknown>
    const declared = statusesOf(route).map((status) => {
      const answer = { description: titleOfStatus(status), content: { [contentType]: { schema: body } } }
      return [status, answer] as const
    })
    route.schema = { ...schema, response: { ...Object.fromEntries(declared), ...own } }
  })
}

/** Which errors a route may answer by its shape: who may call it is for its caller to say. */
export function statusesByShape({ method, url }: RouteOptions): number[] {
  const statuses = [400, 429, 500, 503]
  if (url.includes(':')) statuses.push(404)
  if (![method].flat().every((each) => each === 'GET' || each === 'HEAD')) statuses.push(409, 413, 415, 422)
  return statuses
}

import { problemSchema, type SendError, sendProblem, titleOfStatus } from '@ikoma/kernel/http'
import type { FastifyInstance } from 'fastify'
import type * as z from 'zod'
import type { Policies } from './policies.ts'

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
 * Says in the document which errors each route may answer: those of the house by what the route is, those of its own by its
 * `config.errors`. Whoever reads the document then knows every status, and a test can refuse all others.
 */
export function declareErrors(app: FastifyInstance, errors: ErrorShape, policies: Policies): void {
  app.addHook('onRoute', (route) => {
    const { config, schema, url } = route
    if (schema?.hide || config?.access === undefined) return
    const own = (schema?.response ?? {}) as Record<string, unknown>
    const statuses = [...houseErrors(config.access, policies), ...(config.errors ?? [])]
    if (!config.operation) {
      statuses.push(400, 429, 500, 503)
      if (url.includes(':')) statuses.push(404)
      if (![route.method].flat().every((method) => method === 'GET' || method === 'HEAD'))
        statuses.push(409, 413, 415, 422)
    }
    const declared = Object.fromEntries(statuses.map((status) => [status, answerOf(errors, status)]))
    route.schema = { ...schema, response: { ...declared, ...own } }
  })
}

function houseErrors(access: string, policies: Policies): number[] {
  if (access === 'metrics') return [401, 403]
  const policy = policies[access] ?? 'public'
  return policy === 'public' ? [] : policy === 'signed-in' ? [401] : [401, 403]
}

function answerOf({ contentType, schema }: ErrorShape, status: number) {
  return { description: titleOfStatus(status), content: { [contentType]: { schema } } }
}

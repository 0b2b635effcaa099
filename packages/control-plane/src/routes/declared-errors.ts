import { problemSchema } from '@ikoma/api'
import { declareErrors, type ErrorShape, problemErrors, statusesByShape } from '@ikoma/kernel/http'
import type { FastifyInstance, RouteOptions } from 'fastify'
import type { App } from './app.ts'

type Declared = Pick<ErrorShape, 'contentType' | 'schema'>

/** Says in the description of the API which problems each route may answer that `isOurs`. */
export function declareProblems(app: App, isOurs: (route: RouteOptions) => boolean): void {
  const shape = { ...problemErrors, schema: problemSchema }
  declareErrors(app as unknown as FastifyInstance, shape, (route) => (isOurs(route) ? statusesOf(route) : []))
}

/** The same for routes that answer their errors in a shape of their own. */
export function declareOwnErrors(app: App, shape: Declared): void {
  declareErrors(app as unknown as FastifyInstance, shape, statusesOf)
}

function statusesOf(route: RouteOptions): number[] {
  const refusals = route.config?.access === 'public' ? [] : [401, 403]
  return [...refusals, ...statusesByShape(route)]
}

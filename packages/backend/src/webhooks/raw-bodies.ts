import type { FastifyInstance } from 'fastify'

/**
 * The routes that `add` makes have the bytes of the body as `request.body`, of whatever type it says it is: a signature is over
 * those. All other routes of the app read their bodies as before.
 */
export async function withRawBodies(app: FastifyInstance, add: (scope: FastifyInstance) => void): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    add(scope)
  })
}

/** Nobody sent a body, or a route that is not among those reads it. */
export function rawBodyOf({ body }: { body: unknown }): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array()
}

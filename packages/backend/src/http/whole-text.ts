import { AppError } from '@ikoma/kernel'
import type { FastifyInstance } from 'fastify'

/**
 * Refuses what PostgreSQL has no text for, wherever in a request it stands: a NUL character, and half of a surrogate pair.
 * A schema that says "string" lets both through, and the statement would fail after half of the work.
 */
export function requireWholeText(app: FastifyInstance): void {
  app.addHook('preValidation', async ({ params, query, body, routeOptions }) => {
    // What runs the app is answered whatever it asks with, and stores nothing.
    if (routeOptions.config.operation) return
    for (const [place, value] of Object.entries({ params, querystring: query, body })) {
      const field = brokenTextIn(value, place)
      if (field === null) continue
      const fields = [{ field, message: 'has a NUL character or half of a surrogate pair in it' }]
      const message = `The request is not valid. ${field}: has a NUL character or half of a surrogate pair in it`
      throw new AppError('invalid', message, { reason: 'validation_failed', fields })
    }
  })
}

const longestField = 200

/** The parser of JSON bounds how deep it goes. */
function brokenTextIn(value: unknown, field: string): string | null {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? field : null
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return null
  for (const [name, each] of Object.entries(value)) {
    if (brokenTextIn(name, field) !== null) return field
    const found = brokenTextIn(each, `${field}/${name}`.slice(0, longestField))
    if (found !== null) return found
  }
  return null
}

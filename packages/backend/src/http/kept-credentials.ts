import { saysSecret } from '@ikoma/kernel'
import type { FastifyInstance } from 'fastify'
import * as z from 'zod'

/** A route that keeps its answers for a day would keep a credential with them: it stops the start. */
export function refuseKeptCredentials(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config, schema }) => {
    if (!config?.idempotent) return
    const answers = Object.values((schema?.response ?? {}) as Record<string, unknown>)
    const name = answers.flatMap(fieldsOf).find(saysSecret)
    if (name === undefined) return
    throw new Error(`${String(method)} ${url} answers the credential "${name}": leave out config.idempotent`)
  })
}

function fieldsOf(schema: unknown): string[] {
  return schema instanceof z.ZodType ? namesIn(z.toJSONSchema(schema, { unrepresentable: 'any' })) : []
}

function namesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, value]) => [
    ...(key === 'properties' ? Object.keys(value as object) : []),
    ...namesIn(value),
  ])
}

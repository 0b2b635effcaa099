import type { FastifyInstance } from 'fastify'

/** JSON Schema, as far as it is looked into here. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  pattern?: string
  const?: unknown
  enum?: unknown[]
  examples?: unknown[]
  default?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  minItems?: number
  maxItems?: number
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  multipleOf?: number
}

export type Place = 'params' | 'query' | 'headers' | 'body'

interface Response {
  content?: Record<string, { schema?: Schema }>
}

/** One method of one route, as the document describes it. */
export interface Operation {
  /** `GET /notes/{id}`. */
  name: string
  method: string
  path: string
  access: string
  /** Of `params`, `query` and `headers` an object's schema. */
  inputs: Record<Place, Schema | null>
  /** By status; null for a route that the document leaves out. */
  responses: Record<string, Response> | null
}

export interface ApiDocument {
  root: { components?: { schemas?: Record<string, Schema> } }
  operations: Operation[]
  resolve(schema: Schema): Schema
}

interface Described {
  parameters?: { in: string; name: string; required?: boolean; schema?: Schema }[]
  requestBody?: { content?: Record<string, { schema?: Schema }> }
  responses?: Record<string, Response>
}

/** Pages of the house's own, which the document does not describe. */
const hidden = /^(\/docs($|\/)|\/openapi\.json$)/

/** Every route that the app has, with what its own document says of it. */
export function readDocument(app: FastifyInstance): ApiDocument {
  const root = app.swagger() as ApiDocument['root'] & { paths: Record<string, Record<string, Described>> }
  const operations = app.routeAccess
    .filter(({ method, url }) => !hidden.test(url) && !(method === 'OPTIONS' && url === '*'))
    .map(({ method, url, access }) => {
      const path = url.replace(/:(\w+)/g, '{$1}')
      const described = root.paths[path]?.[method === 'HEAD' ? 'get' : method.toLowerCase()]
      const name = `${method} ${path}`
      return { name, method, path, access, inputs: inputsOf(described), responses: described?.responses ?? null }
    })
  const resolve = (schema: Schema): Schema => {
    const name = schema.$ref?.split('/').at(-1)
    const found = name === undefined ? undefined : root.components?.schemas?.[decodeURIComponent(name)]
    return found ? resolve(found) : schema
  }
  return { root, operations, resolve }
}

function inputsOf(described: Described | undefined): Operation['inputs'] {
  const of = (place: string): Schema | null => {
    const named = (described?.parameters ?? []).filter((each) => each.in === place)
    if (named.length === 0) return null
    return {
      type: 'object',
      properties: Object.fromEntries(named.map(({ name, schema }) => [name, schema ?? {}])),
      required: named.filter(({ required }) => required || place === 'path').map(({ name }) => name),
    }
  }
  const body = described?.requestBody?.content?.['application/json']?.schema ?? null
  return { params: of('path'), query: of('query'), headers: of('header'), body }
}

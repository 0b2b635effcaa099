import fc from 'fast-check'
import * as odd from './broken-texts.ts'
import type { ApiDocument, Operation, Place, Schema } from './document.ts'
import type { Request } from './route-world.ts'

type Any = fc.Arbitrary<unknown>

export interface Materials {
  document: Pick<ApiDocument, 'resolve'>
  operation: Operation
  /** Ids and other values that a field may be given, of the caller and of others. */
  known(place: Place, name: string): readonly unknown[]
  /** Headers of everybody who may come, strangers too. */
  callers: readonly Record<string, string>[]
}

/** Requests to a route: most of them nearly right, so that they come far, and in each place what is not. */
export function requestsTo(materials: Materials): fc.Arbitrary<Request> {
  const { operation, callers } = materials
  return fc
    .record({
      params: valuesOf(materials, 'params'),
      query: valuesOf(materials, 'query'),
      body: valuesOf(materials, 'body'),
      part: rarely(fc.constantFrom(...odd.oddParts)),
      more: rarely(fc.constantFrom(...odd.oddQueries)),
      raw: rarely(fc.constantFrom(...odd.oddBodies)),
      type: rarely(fc.constantFrom(...odd.oddMediaTypes)),
      caller: fc.constantFrom(...callers),
      headers: rarely(fc.constantFrom(...odd.oddHeaders)),
    })
    .map(({ params, query, body, part, more, raw, type, caller, headers }) => {
      const path = operation.path.replace(
        /\{(\w+)\}/g,
        (_, name: string) => part ?? segment(encoded(read(params, name))),
      )
      const asked = Object.entries(typeof query === 'object' && query !== null ? query : {})
      const search = [
        ...asked.map(([name, value]) => `${encoded(name)}=${encoded(value)}`),
        ...(more === null ? [] : [more]),
      ]
      const sent = raw ?? (operation.inputs.body === null ? undefined : JSON.stringify(body))
      return {
        url: path + (search.length > 0 ? `?${search.join('&')}` : ''),
        headers: {
          ...caller,
          ...(sent !== undefined && { 'content-type': type ?? 'application/json' }),
          ...headers,
        },
        body: sent,
      }
    })
}

/** Null nine times in ten. */
function rarely<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary })
}

function valuesOf(materials: Materials, place: Place): Any {
  const schema = materials.operation.inputs[place]
  return schema ? arbitraryOf(materials, place, schema, '') : fc.constant({})
}

const anything: Any = fc.oneof(
  fc.constantFrom<unknown>(null, true, [], {}, [[]], { a: { b: [] } }, { length: 1e9 }),
  fc.constantFrom<unknown>(...odd.oddTexts),
  fc.constantFrom<unknown>(...odd.oddNumbers),
  fc.jsonValue(),
)

function arbitraryOf(materials: Materials, place: Place, schema: Schema, name: string): Any {
  const found = materials.document.resolve(schema)
  const typed = typedArbitrary(materials, place, found, name)
  const known = name === '' ? [] : materials.known(place, name)
  return fc.oneof(
    { weight: 8, arbitrary: typed },
    { weight: known.length > 0 ? 16 : 0, arbitrary: known.length > 0 ? fc.constantFrom(...known) : typed },
    { weight: name === '' ? 0 : 1, arbitrary: anything },
  )
}

function typedArbitrary(materials: Materials, place: Place, found: Schema, name: string): Any {
  const told = [...(found.enum ?? []), ...(found.examples ?? []), ...('const' in found ? [found.const] : [])]
  if (told.length > 0) return fc.constantFrom(...told)
  const choices = [...(found.anyOf ?? []), ...(found.oneOf ?? [])]
  const of = (schema: Schema, inner = name) => arbitraryOf(materials, place, schema, inner)
  if (choices.length > 0) return fc.oneof(...choices.map((each) => of(each)))
  if (found.allOf) return fc.tuple(...found.allOf.map((each) => of(each))).map((all) => Object.assign({}, ...all))
  const type = Array.isArray(found.type) ? found.type[0] : found.type
  if (type === 'object') return objects(found, (schema, inner) => of(schema, inner))
  if (type === 'array') {
    const maxLength = Math.min(found.maxItems ?? 5, 12)
    return fc.array(of(found.items ?? {}), { minLength: Math.min(found.minItems ?? 0, maxLength), maxLength })
  }
  if (type === 'string') return texts(found)
  if (type === 'boolean') return fc.boolean()
  if (type === 'null') return fc.constant(null)
  if (type === 'integer' || type === 'number') return numbers(found, type === 'integer')
  return anything
}

function objects({ properties = {}, required = [] }: Schema, of: (schema: Schema, name: string) => Any): Any {
  const values = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, of(schema, name)]))
  const whole = fc.record(values, { requiredKeys: required.filter((name) => name in values) })
  const more = fc.dictionary(fc.constantFrom('constructor', 'extra', 'id', 'role', 'toString'), anything, {
    maxKeys: 2,
  })
  return fc.oneof(
    { weight: 12, arbitrary: whole },
    { weight: 1, arbitrary: fc.record(values, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.tuple(whole, more).map(([all, extra]) => ({ ...all, ...extra })) },
  )
}

function texts({ format, pattern, minLength = 0, maxLength = 1_000 }: Schema): Any {
  const oddOnes = fc.constantFrom(...odd.oddTexts, 'x'.repeat(maxLength), 'x'.repeat(maxLength + 1))
  const inBounds = fc.string({ unit: 'grapheme', minLength, maxLength: Math.max(minLength, Math.min(maxLength, 60)) })
  const byFormat: Record<string, Any> = {
    uuid: fc.uuid(),
    email: fc.emailAddress(),
    'date-time': fc.oneof(fc.constantFrom(...odd.oddInstants), nearInstants),
    date: fc.oneof(
      fc.constantFrom(...odd.oddDates),
      nearInstants.map((text) => text.slice(0, 10)),
    ),
  }
  const known = format === undefined ? undefined : byFormat[format]
  const meant = known ?? (pattern === undefined ? inBounds : fc.stringMatching(new RegExp(pattern)))
  return fc.oneof({ weight: 3, arbitrary: meant }, { weight: 1, arbitrary: oddOnes })
}

/** Of the days around those that tests are at. */
const nearInstants = fc
  .integer({ min: Date.UTC(2026, 10, 1), max: Date.UTC(2027, 3, 1) })
  .map((at) => new Date(at - (at % 1_800_000)).toISOString())

function numbers({ minimum, maximum, multipleOf = 1 }: Schema, isInteger: boolean): Any {
  const [min, max] = [Math.max(minimum ?? -1e6, -1e12), Math.min(maximum ?? 1e6, 1e12)]
  const meant = fc.integer({ min: Math.ceil(min / multipleOf), max: Math.floor(max / multipleOf) })
  const within = isInteger ? meant.map((n) => n * multipleOf) : fc.double({ min, max, noNaN: true })
  return fc.oneof(
    { weight: 3, arbitrary: within },
    { weight: 1, arbitrary: fc.constantFrom(minimum ?? 0, maximum ?? 1) },
    { weight: 1, arbitrary: fc.constantFrom(...odd.oddNumbers) },
  )
}

function read(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : value
}

function encoded(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%80'
}

/** An empty one, or one that is a way up, is another route's. */
function segment(text: string): string {
  return ['', '.', '..'].includes(text) ? 'none' : text
}

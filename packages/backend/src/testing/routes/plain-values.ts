import fc from 'fast-check'
import type { ApiDocument, Operation, Place, Schema } from './document.ts'

export interface Filling {
  document: Pick<ApiDocument, 'resolve'>
  operation: Operation
  /** A value for a field, by its place and name, that the schema does not tell; undefined for none. */
  findValue(place: Place, name: string, many: boolean): unknown
}

let count = 0

/** The plainest value that a schema takes: what it must have, and of the rest what `findValue` knows. */
export function plainValue({ document, findValue }: Filling, place: Place, schema: Schema): unknown {
  const fill = (given: Schema, name: string, many: boolean): unknown => {
    const known = name === '' ? undefined : findValue(place, name, many)
    if (known !== undefined) return known
    const found = document.resolve(given)
    if (found.const !== undefined) return found.const
    if (found.examples?.length) return found.examples[0]
    if (found.default !== undefined) return found.default
    if (found.enum) return found.enum[0]
    const [choice] = [...(found.anyOf ?? []), ...(found.oneOf ?? [])].filter((each) => each.type !== 'null')
    if (choice) return fill(choice, name, many)
    if (found.allOf) return Object.assign({}, ...found.allOf.map((each) => fill(each, name, many)))
    const type = Array.isArray(found.type) ? found.type.find((each) => each !== 'null') : found.type
    if (type === 'object') return filledObject(found, (each, inner) => fill(each, inner, false), place, findValue)
    if (type === 'array') {
      const one = () => fill(found.items ?? {}, name, true)
      return Array.from({ length: found.minItems ?? 0 }, one)
    }
    return plainScalar(found, type)
  }
  return fill(schema, '', false)
}

function filledObject(
  { properties = {}, required = [] }: Schema,
  fill: (schema: Schema, name: string) => unknown,
  place: Place,
  findValue: Filling['findValue'],
): Record<string, unknown> {
  const wanted = Object.entries(properties).filter(
    ([name, schema]) => required.includes(name) || findValue(place, name, schema.type === 'array') !== undefined,
  )
  return Object.fromEntries(wanted.map(([name, schema]) => [name, fill(schema, name)]))
}

function plainScalar(schema: Schema, type: string | undefined): unknown {
  if (type === 'string') return plainText(schema)
  if (type === 'boolean') return false
  if (type === 'null') return null
  if (type !== 'integer' && type !== 'number') return `text ${type}`
  const step = schema.multipleOf ?? 1
  const least = schema.minimum ?? (schema.exclusiveMinimum ?? 0) + step
  return Math.ceil(Math.max(least, Math.min(1, schema.maximum ?? 1)) / step) * step
}

function plainText({ format, pattern, minLength = 0, maxLength = 40 }: Schema): string {
  count += 1
  const byFormat: Record<string, string> = {
    uuid: '0198c000-0000-7000-8000-000000000001',
    email: `somebody-${count}@example.org`,
    date: '2026-12-01',
    'date-time': '2026-12-01T10:00:00Z',
    time: '10:00:00',
    uri: 'https://example.org/',
  }
  const known = format === undefined ? undefined : byFormat[format]
  if (known !== undefined) return known
  if (pattern !== undefined)
    return fc.sample(fc.stringMatching(new RegExp(pattern)), { numRuns: 1, seed: count })[0] ?? ''
  return `text ${count}`.padEnd(minLength, '.').slice(0, maxLength)
}

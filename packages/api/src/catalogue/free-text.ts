import type * as z from 'zod'

type Schema = z.core.$ZodType
type Path = readonly (string | number)[]

/** Called for each value that stands in a field of free text, whatever it is; answers what is to stand there. */
export type Visit = (value: unknown, field: { path: Path; url: boolean }) => unknown

/** Text that becomes a word of a command line, which every account of a server can read: no place for a secret. */
export const wordsOfCommands = new WeakSet<Schema>()

/** A copy of a payload in which every value in a field of free text went through `visit`. The rest is what it was. */
export function mapFreeText(schema: Schema, value: unknown, visit: Visit, path: Path = []): unknown {
  const { def } = schema._zod as unknown as { def: Def }
  if (def.innerType) return value === undefined ? value : mapFreeText(def.innerType, value, visit, path)
  if (def.options) return def.options.reduce((told, option) => mapFreeText(option, told, visit, path), value)
  if (def.type === 'string' || def.out)
    return takesReference(schema) ? visit(value, { path, url: isUrl(schema) }) : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const element = def.element
    if (!element) return value
    return value.map((item, index) => mapFreeText(element, item, visit, [...path, index]))
  }
  if (!def.shape && !def.valueType) return value
  const inner = (key: string) => (def.shape && Object.hasOwn(def.shape, key) ? def.shape[key] : def.valueType)
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => {
    const field = inner(key)
    return [key, field ? mapFreeText(field, item, visit, [...path, key]) : item]
  })
  return Object.fromEntries(entries)
}

/**
 * Whether a field may hold a reference to a secret in place of text: one whose text may be anything, or is a URL. Names,
 * paths, kinds, domains, headers and what else has a form of its own decide what is done, and stand in files that others
 * read: they are what they say.
 */
export function takesReference(schema: Schema): boolean {
  const { def } = schema._zod as unknown as { def: Def }
  if (def.out) return isUrl(def.out)
  if (def.type !== 'string' || wordsOfCommands.has(schema)) return false
  if (def.format !== undefined) return def.format === 'url'
  return !(def.checks ?? []).some((check) => check._zod.def.check === 'string_format')
}

/** Also one that is looked at as it came before it is read as a URL. */
function isUrl(schema: Schema): boolean {
  const { def } = schema._zod as unknown as { def: Def }
  return def.out ? isUrl(def.out) : def.format === 'url'
}

/** As much of a schema's definition as is looked at. */
interface Def {
  type: string
  format?: string
  checks?: { _zod: { def: { check: string } } }[]
  innerType?: Schema
  /** Of a pipe: what the text is then read as. */
  out?: Schema
  options?: Schema[]
  element?: Schema
  shape?: Record<string, Schema>
  valueType?: Schema
}

import type * as z from 'zod'

/** A field of a payload, wherever in it. */
export interface PayloadField {
  /** `rules[].port`. */
  path: string
  /** What it may be, in words: `integer (1 to 65535)`. */
  kind: string
  required: boolean
  /** As JSON; null when there is none. */
  byDefault: string | null
  description: string | null
}

type Schema = z.core.JSONSchema.BaseSchema

/**
 * Every field of an object, and those of the objects in it, from its JSON Schema; what holds others comes before them.
 * `path` is what `--set` takes: `[]` stands for each item of a list, `*` for each name of a map.
 */
export function fieldsOf(schema: Schema, prefix = ''): PayloadField[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const field = objectOf(value)
    const path = `${prefix}${name}`
    const required = schema.required?.includes(name) ?? false
    const byDefault = field.default === undefined ? null : JSON.stringify(field.default)
    return [
      { path, kind: kindOf(field), required, byDefault, description: field.description ?? null },
      ...fieldsOf(field, `${path}.`),
      ...fieldsOf(objectOf(field.items), `${path}[].`),
      ...fieldsOf(objectOf(field.additionalProperties), `${path}.*.`),
    ]
  })
  return [...own, ...optionsOf(schema).flatMap((option) => fieldsOf(option, prefix))]
}

function kindOf(schema: Schema): string {
  if (schema.anyOf) {
    const kinds = new Set(optionsOf(schema).map(kindOf))
    return [...kinds, ...(takesSecret(schema) ? ['{secret}'] : [])].join(' or ')
  }
  if (schema.enum) return schema.enum.map(String).join(' or ')
  if (schema.const !== undefined) return String(schema.const)
  if (schema.type === 'array') return `list${bounds(schema)} of ${kindOf(objectOf(schema.items))}`
  if (schema.additionalProperties) return `object of ${kindOf(objectOf(schema.additionalProperties))}`
  if (schema.type === 'string') return textKinds[schema.format ?? ''] ?? `string${bounds(schema)}`
  if (schema.properties && Object.keys(schema.properties).length > 0)
    return `{${Object.keys(schema.properties).join(', ')}}`
  return `${schema.type ?? 'value'}${bounds(schema)}`
}

const textKinds: Record<string, string> = {
  uri: 'URL',
  'date-time': 'time',
  ipv4: 'IPv4 address',
  ipv6: 'IPv6 address',
  cidrv4: 'IPv4 network',
  cidrv6: 'IPv6 network',
}

/** What a field may be in itself; that a secret may stand in place of its text is not said at length of each. */
function optionsOf({ anyOf = [] }: Schema): Schema[] {
  return anyOf.map(objectOf).filter(({ title }) => title !== 'secret' && title !== 'plain')
}

function takesSecret({ anyOf = [] }: Schema): boolean {
  return anyOf.some((option) => objectOf(option).title === 'secret')
}

/** JSON Schema also has true and false, which say nothing. */
function objectOf(schema: unknown): Schema {
  return typeof schema === 'object' ? (schema as Schema) : {}
}

function bounds({ minimum, maximum, minItems, maxItems, maxLength }: Schema): string {
  const [least, most] = [minimum ?? minItems, maximum ?? maxItems]
  if (least !== undefined && most !== undefined) return ` (${least} to ${most})`
  if (most !== undefined) return ` (at most ${most})`
  if (least !== undefined) return ` (at least ${least})`
  return maxLength === undefined ? '' : ` (at most ${maxLength} characters)`
}

import * as z from 'zod'

/** One field of a payload as a person reads it. */
export interface PayloadField {
  /** As `--set` takes it; `[]` stands for each item of a list, `*` for each name of a map. */
  name: string
  kind: string
  /** What it is one of, where that can be told. */
  choices: string[]
  /** By what it lies in. */
  required: boolean
  byDefault: string
  description: string
}

const schemaSchema = z.looseObject({
  type: z.string().optional().catch(undefined),
  description: z.string().default(''),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  default: z.unknown().optional(),
  required: z.array(z.string()).default([]),
  get properties() {
    return z.record(z.string(), schemaSchema).default({})
  },
  get items() {
    return schemaSchema.optional().catch(undefined)
  },
  get anyOf() {
    return z.array(schemaSchema).default([])
  },
  // `false` where there may be no more.
  get additionalProperties() {
    return schemaSchema.optional().catch(undefined)
  },
})

type Schema = z.infer<typeof schemaSchema>

/** The fields of a payload, the inner ones too, from its JSON Schema: what a person needs to fill it in. */
export function describeFields(schema: Record<string, unknown>): PayloadField[] {
  return fieldsIn(schemaSchema.parse(schema), '')
}

function fieldsIn(schema: Schema, prefix: string): PayloadField[] {
  const { properties, required, items, anyOf, additionalProperties } = schema
  const own = Object.entries(properties).flatMap(([key, field]) => {
    const name = prefix === '' ? key : `${prefix}.${key}`
    return [describeField(name, required.includes(key), field), ...fieldsIn(field, name)]
  })
  const ofMap =
    additionalProperties && hasFields(additionalProperties) ? fieldsIn(additionalProperties, `${prefix}.*`) : []
  return [
    ...own,
    ...(items ? fieldsIn(items, `${prefix}[]`) : []),
    ...anyOf.flatMap((one) => fieldsIn(one, prefix)),
    ...ofMap,
  ]
}

function describeField(name: string, required: boolean, field: Schema): PayloadField {
  const byDefault = field.default === undefined ? '' : JSON.stringify(field.default)
  return { name, kind: kindOf(field), choices: choicesOf(field), required, byDefault, description: field.description }
}

function kindOf({ type, items, anyOf, additionalProperties, minimum, maximum }: Schema): string {
  if (type === 'array') return `${items ? kindOf(items) : 'value'}[]`
  if (additionalProperties && type === 'object') return `map of ${kindOf(additionalProperties)}`
  if (anyOf.length > 0) return [...new Set(anyOf.map(kindOf))].join(' | ')
  const kind = type ?? 'value'
  return minimum !== undefined && maximum !== undefined ? `${kind} ${minimum}…${maximum}` : kind
}

/** Values that are listed, and objects that differ in their fields. */
function choicesOf({ enum: values, anyOf, items }: Schema): string[] {
  if (values) return values.map(String)
  if (anyOf.length > 1 && anyOf.every(hasFields)) {
    return anyOf.map(({ properties }) => `{${Object.keys(properties).join(', ')}}`)
  }
  if (anyOf.some((one) => one.const !== undefined)) {
    return [...new Set(anyOf.map((one) => (one.const === undefined ? kindOf(one) : String(one.const))))]
  }
  return items ? choicesOf(items) : []
}

function hasFields({ properties }: Schema): boolean {
  return Object.keys(properties).length > 0
}

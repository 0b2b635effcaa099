import * as z from 'zod'

export interface PayloadField {
  name: string
  kind: string
  required: boolean
  byDefault: string
}

const fieldSchema = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  items: z.looseObject({ type: z.string().optional() }).optional(),
  default: z.unknown().optional(),
})

const objectSchema = z.looseObject({
  properties: z.record(z.string(), fieldSchema).default({}),
  required: z.array(z.string()).default([]),
})

/** The members of a payload, from its JSON Schema: the little a person needs to fill it in. */
export function describeFields(schema: Record<string, unknown>): PayloadField[] {
  const { properties, required } = objectSchema.parse(schema)
  return Object.entries(properties).map(([name, field]) => ({
    name,
    kind: kindOf(field),
    required: required.includes(name),
    byDefault: field.default === undefined ? '' : JSON.stringify(field.default),
  }))
}

function kindOf(field: z.infer<typeof fieldSchema>): string {
  if (field.enum) return field.enum.map(String).join(' | ')
  if (field.type === 'array') return `${field.items?.type ?? 'value'}[]`
  const { minimum, maximum, type = 'value' } = field
  return minimum !== undefined && maximum !== undefined ? `${type} ${minimum}…${maximum}` : type
}

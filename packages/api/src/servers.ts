import * as z from 'zod'
import { urlField } from './catalogue/fields/url.ts'
import { describedField, idField, jsonObjectField, nameField, timeField } from './fields.ts'

const baseUrlField = urlField.refine((text) => text.length <= 500, 'at most 500 characters')
const tagsField = z.array(z.string().trim().min(1).max(60)).max(50)

export const serverBody = z.strictObject({
  name: nameField,
  baseUrl: baseUrlField.optional(),
  tags: tagsField.default([]),
  metadata: describedField.default({}),
})

export const serverPatch = z
  .strictObject({
    name: nameField,
    baseUrl: baseUrlField.nullable(),
    tags: tagsField,
    metadata: describedField,
    runnerId: idField.nullable(),
  })
  .partial()

export const attachBody = z.strictObject({ runnerId: idField.nullable() })

export const serverSchema = z
  .object({
    id: idField,
    name: z.string(),
    baseUrl: z.string().nullable(),
    tags: z.array(z.string()),
    metadata: jsonObjectField,
    runnerId: idField.nullable(),
    createdAt: timeField,
    updatedAt: timeField,
  })
  .meta({ id: 'Server' })
export type ServerResource = z.infer<typeof serverSchema>

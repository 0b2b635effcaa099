import { scopePattern } from '@ikoma/domain'
import * as z from 'zod'
import { boundedObject } from './json-bounds.ts'

export const idField = z.uuid()
export const nameField = z.string().trim().min(1).max(100)
/** As long as a time can be; the pattern alone takes any number of digits. */
const timeLength = 40

export const timeField = z.iso.datetime({ offset: true }).max(timeLength)
export const scopesField = z
  .array(z.string().max(100).regex(scopePattern, 'dotted lower-case segments such as "platform.caddy", or "*"'))
  .max(50)
export const labelsField = z
  .record(
    z
      .string()
      .max(63)
      .regex(/^[a-z0-9][a-z0-9._/-]{0,62}$/, 'lower-case letters, digits, . _ / -'),
    z.string().max(200),
  )
  .refine((labels) => Object.keys(labels).length <= 32, 'at most 32 labels')
  .meta({ maxProperties: 32 })
/** In answers: what is stored was bounded when it came in. */
export const jsonObjectField = z.record(z.string().max(200), z.unknown())
/** Well below what a grant (1,000,000 letters of base64) and a body (1 MiB) have room for, as each holds it with more. */
export const payloadBounds = { bytes: 256 * 1024, depth: 32, values: 20_000 }
export const payloadField = boundedObject(payloadBounds)
/** What somebody says of a runner or a server: read with each list of them. */
export const describedField = boundedObject({ bytes: 16 * 1024, depth: 8, values: 500 })
export const keyField = z.string().min(1).max(200)

export const idParams = z.object({ id: idField })

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
})

/** A page of a list: ask again with `cursor=next` until `next` is null. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().nullable() })
}

export interface Page<T> {
  items: T[]
  next: string | null
}

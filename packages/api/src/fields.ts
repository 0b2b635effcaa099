import { scopePattern } from '@ikoma/domain'
import * as z from 'zod'

export const idField = z.uuid()
export const nameField = z.string().trim().min(1).max(100)
export const timeField = z.iso.datetime({ offset: true })
export const scopesField = z
  .array(z.string().max(100).regex(scopePattern, 'dotted lower-case segments such as "platform.caddy", or "*"'))
  .max(50)
export const labelsField = z
  .record(z.string().regex(/^[a-z0-9][a-z0-9._/-]{0,62}$/, 'lower-case letters, digits, . _ / -'), z.string().max(200))
  .refine((labels) => Object.keys(labels).length <= 32, 'at most 32 labels')
export const jsonObjectField = z.record(z.string().max(200), z.unknown())
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

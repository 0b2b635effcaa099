import { idField, pageQuery } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'

/** Ids are the cursors of registry lists. */
export const idCursor = pageQuery.extend({ cursor: idField.optional() })

/** Numbers are the cursors of what is read in the order of its numbering; null without one. */
export function numericCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  if (!/^\d{1,16}$/.test(cursor)) {
    throw new AppError('invalid', 'querystring/cursor: use the "next" of the page before.', {
      reason: 'validation_failed',
      fields: [{ field: 'querystring/cursor', message: 'use the "next" of the page before' }],
    })
  }
  return cursor
}

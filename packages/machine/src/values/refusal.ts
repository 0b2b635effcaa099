import { AppError } from '@ikoma/kernel'

/**
 * A value that cannot be written into the file, or that no backend needs. The message never holds the value: it may be a
 * secret, and it may be made to look like something else.
 */
export function refuse(field: string, reason: string, message: string): never {
  throw new AppError('invalid', `${field}: ${message}`, { reason, fields: [{ field, message }] })
}

/** Checks one value of the field that is named, and gives it back. */
export type Check<T> = (value: T, field: string) => T
type Encode<T, R> = (value: T, field: string) => R

export function optional<T, R>(value: T | undefined, field: string, encode: Encode<T, R>): R | undefined {
  return value === undefined ? undefined : encode(value, field)
}

/** Every item under its own field name: `domains/0`. */
export function each<T, R>(items: readonly T[] | undefined, field: string, encode: Encode<T, R>): R[] {
  return (items ?? []).map((item, index) => encode(item, `${field}/${index}`))
}

export function atLeastOne<T, R>(items: readonly T[], field: string, encode: Encode<T, R>): R[] {
  return items.length > 0 ? each(items, field, encode) : refuse(field, 'missing', 'needs at least one entry.')
}

/** A record as checked entries. A name that is refused is not repeated in the error: the field named is the record's. */
export function entries<T>(
  record: Readonly<Record<string, T>> | undefined,
  field: string,
  checkName: Check<string>,
): [name: string, value: T, field: string][] {
  return Object.entries(record ?? {}).map(([name, value]) => [checkName(name, field), value, `${field}/${name}`])
}

export function oneOf<const T extends string>(value: T, field: string, allowed: readonly T[]): T {
  return allowed.includes(value) ? value : refuse(field, 'not_a_choice', `is one of ${allowed.join(', ')}.`)
}

export function matching(pattern: RegExp, reason: string, message: string): Check<string> {
  return (value, field) => (typeof value === 'string' && pattern.test(value) ? value : refuse(field, reason, message))
}

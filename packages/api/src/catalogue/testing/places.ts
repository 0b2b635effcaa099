/** Where in a payload something is: the keys and indexes on the way. */
export type Place = readonly string[]

/** Every value below the top, containers before what is in them. */
export function placesIn(value: unknown, place: Place = []): { place: Place; value: unknown }[] {
  const own = place.length === 0 ? [] : [{ place, value }]
  if (typeof value !== 'object' || value === null) return own
  return [...own, ...Object.entries(value).flatMap(([key, item]) => placesIn(item, [...place, key]))]
}

/** A copy with something else in that place. */
export function replaced(value: unknown, [key, ...rest]: Place, by: unknown): unknown {
  if (key === undefined) return by
  const item = replaced((value as Record<string, unknown>)[key], rest, by)
  if (Array.isArray(value)) return value.map((each, index) => (String(index) === key ? item : each))
  return { ...(value as object), [key]: item }
}

/** A copy without what is in that place. */
export function without(value: unknown, [key = '', ...rest]: Place): unknown {
  if (rest.length > 0) return replaced(value, [key], without((value as Record<string, unknown>)[key], rest))
  if (Array.isArray(value)) return value.filter((_, index) => String(index) !== key)
  return Object.fromEntries(Object.entries(value as object).filter(([name]) => name !== key))
}

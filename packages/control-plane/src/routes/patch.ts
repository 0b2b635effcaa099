/** A patch names what it changes: a key set to undefined is not one of them. */
export function withoutUndefined(patch: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
}

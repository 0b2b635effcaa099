/** Dotted segments of lower-case letters, digits, `_` and `-`; or `*`, which allows every type. */
export const scopePattern = /^(\*|[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*)$/

/** `platform.caddy` allows `platform.caddy` and `platform.caddy.route.apply`, never `platform.caddyx`. */
export function scopeAllows(scope: string, required: string): boolean {
  return scope === '*' || required === scope || required.startsWith(`${scope}.`)
}

export function anyScopeAllows(scopes: readonly string[], required: string): boolean {
  return scopes.some((scope) => scopeAllows(scope, required))
}

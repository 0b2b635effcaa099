import { securityHeaders } from '@ikoma/api'

/** Whoever names no headers gets those that a browser should be told, where the app does not say them itself. */
export function withSecurityHeaders<S extends { headers?: Readonly<Record<string, string>> | undefined }>(site: S) {
  return site.headers === undefined ? { ...site, headersWhereMissing: securityHeaders } : site
}

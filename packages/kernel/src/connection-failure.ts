/** Why nobody could be asked at an address. */
export type ConnectionFailureKind =
  | 'name_unknown'
  | 'name_server_silent'
  | 'refused'
  | 'no_route'
  | 'timeout'
  | 'broken_off'
  | 'unknown_authority'
  | 'self_signed'
  | 'certificate_expired'
  | 'certificate_not_yet_valid'
  | 'wrong_name'
  | 'tls_refused'
  | 'https_to_plain'
  | 'plain_to_https'
  | 'not_http'
  | 'redirected'
  | 'foreign_answer'
  | 'other'

export interface ConnectionFailure {
  kind: ConnectionFailureKind
  /** The system's own word, such as ECONNREFUSED, for whoever searches for it. */
  code: string | null
  /** What tells more: the names in a certificate, where a redirect leads, what kind of page came. */
  detail: string | null
}

const kindOfCode: Record<string, ConnectionFailureKind> = {
  ENOTFOUND: 'name_unknown',
  EAI_NODATA: 'name_unknown',
  EAI_AGAIN: 'name_server_silent',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'no_route',
  EHOSTDOWN: 'no_route',
  ENETUNREACH: 'no_route',
  ENETDOWN: 'no_route',
  EADDRNOTAVAIL: 'no_route',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ECONNRESET: 'broken_off',
  ECONNABORTED: 'broken_off',
  EPIPE: 'broken_off',
  UND_ERR_SOCKET: 'broken_off',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown_authority',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown_authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown_authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown_authority',
  CERT_UNTRUSTED: 'unknown_authority',
  CERT_SIGNATURE_FAILURE: 'unknown_authority',
  INVALID_CA: 'unknown_authority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self_signed',
  CERT_HAS_EXPIRED: 'certificate_expired',
  CERT_NOT_YET_VALID: 'certificate_not_yet_valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'wrong_name',
  HOSTNAME_MISMATCH: 'wrong_name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'https_to_plain',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'https_to_plain',
  ERR_SSL_HTTP_REQUEST: 'https_to_plain',
  ERR_REDIRECTED: 'redirected',
  ERR_FOREIGN_ANSWER: 'foreign_answer',
  ERR_SPEAKS_TLS: 'plain_to_https',
}

/** Names the cause of a failed request, however deep it lies: `fetch` and sockets wrap it, each in a way of its own. */
export function connectionFailure(error: unknown): ConnectionFailure {
  let unnamed: ConnectionFailure = { kind: 'other', code: null, detail: null }
  for (const each of chainOf(error)) {
    const code = typeof each.code === 'string' ? each.code : null
    const kind = kindOf(each, code)
    if (kind !== null) return { kind, code, detail: detailOf(each) }
    // Only says that somebody stopped waiting; why comes below it.
    if (code !== null && code !== 'ABORT_ERR') unnamed = { ...unnamed, code }
    else unnamed = { ...unnamed, detail: each.message || unnamed.detail }
  }
  return unnamed
}

interface Link extends Error {
  code?: unknown
  detail?: unknown
  cert?: { subjectaltname?: unknown }
}

/** Outermost first. Of several addresses that were tried, the first says as much as any. */
function chainOf(error: unknown): Link[] {
  const chain: Link[] = []
  let each = error
  while (each instanceof Error && chain.length < 10) {
    chain.push(each)
    each = each.cause ?? (each instanceof AggregateError ? each.errors[0] : undefined)
  }
  return chain
}

function kindOf({ name, message }: Link, code: string | null): ConnectionFailureKind | null {
  const known = code === null ? undefined : kindOfCode[code]
  if (known) return known
  if (name === 'TimeoutError') return 'timeout'
  if (code === 'EPROTO' && /wrong version number|packet length too long|http request/.test(message)) {
    return 'https_to_plain'
  }
  if (code === 'EPROTO' || code?.startsWith('ERR_SSL_') || code?.startsWith('ERR_TLS_')) return 'tls_refused'
  if (name === 'HTTPParserError' || code?.startsWith('HPE_')) return 'not_http'
  return message === 'unexpected redirect' ? 'redirected' : null
}

function detailOf({ detail, cert }: Link): string | null {
  if (typeof detail === 'string') return detail
  return typeof cert?.subjectaltname === 'string' ? cert.subjectaltname.replaceAll('DNS:', '') : null
}

/** How each goes on after "No answer from <address>: ", in English, as logs have it. */
export const failureWords: Record<ConnectionFailureKind, (detail: string | null) => string> = {
  name_unknown: () => 'its name is not known (DNS)',
  name_server_silent: () => 'no name server (DNS) answers here',
  refused: () => 'the connection was refused, nothing listens there',
  no_route: () => 'there is no route to it',
  timeout: () => 'it did not answer in time',
  broken_off: () => 'it closed the connection without an answer',
  unknown_authority: () => 'its certificate was signed by an authority that is not known here',
  self_signed: () => 'its certificate is self-signed, and not known here',
  certificate_expired: () => 'its certificate has expired',
  certificate_not_yet_valid: () => 'its certificate is not valid yet',
  wrong_name: (names) => `its certificate is for another name${names ? ` (${names})` : ''}`,
  tls_refused: () => 'it and this program could not agree on TLS',
  https_to_plain: () => 'it was asked by https, and does not speak TLS on that port',
  plain_to_https: () => 'it was asked by plain http, and speaks https on that port',
  not_http: () => 'what answers on that port does not speak HTTP',
  redirected: (location) => `it leads elsewhere${location ? `, to ${location}` : ''}`,
  foreign_answer: (what) => `what answered is not a control plane${what ? ` (${what})` : ''}`,
  other: (message) => message ?? 'the connection failed',
}

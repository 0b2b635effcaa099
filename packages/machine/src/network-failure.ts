/** Why a connection did not come about, in a code to switch on and words to read. */
export interface NetworkFailure {
  code: string
  message: string
}

const known: Record<string, [code: string, message: string]> = {
  ECONNREFUSED: ['connection_refused', 'refused the connection: nothing listens there'],
  ECONNRESET: ['connection_reset', 'closed the connection without an answer'],
  EPIPE: ['connection_reset', 'closed the connection without an answer'],
  ENOTFOUND: ['name_not_found', 'cannot be reached: its name does not resolve'],
  EAI_AGAIN: ['name_server_silent', 'cannot be reached: no name server answers'],
  EHOSTUNREACH: ['unreachable', 'cannot be reached: there is no route to it'],
  ENETUNREACH: ['unreachable', 'cannot be reached: there is no route to it'],
  ETIMEDOUT: ['timeout', 'did not answer in time'],
}

const tlsCode = /TLS|SSL|CERT|SELF_SIGNED|UNABLE_TO|EPROTO|HOSTNAME_MISMATCH/

/** `target` begins the sentence; `timedOut` when the check's own deadline passed. */
export function networkFailure(target: string, error: unknown, timedOut: boolean): NetworkFailure {
  if (timedOut) return { code: 'timeout', message: `${target} did not answer in time.` }
  const { code = '', message } = error as NodeJS.ErrnoException
  const [failure, words] = known[code] ?? []
  if (failure) return { code: failure, message: `${target} ${words}.` }
  if (tlsCode.test(code)) return { code: 'tls_failed', message: `${target} failed the TLS handshake: ${message}.` }
  return {
    code: 'connection_failed',
    message: `${target} could not be checked: ${message || code || 'unknown error'}.`,
  }
}

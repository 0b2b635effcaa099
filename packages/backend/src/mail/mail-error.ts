/** Why a mail did not leave. Its message has neither the text of the mail nor the account at the server in it. */
export class MailError extends Error {
  /** The same mail would be refused again: whoever retries gives it up. */
  readonly permanent: boolean
  readonly reason: string

  constructor(reason: string, message: string, options: { permanent: boolean; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'MailError'
    this.reason = reason
    this.permanent = options.permanent
  }
}

interface SmtpFailure {
  code?: string
  /** Node's, where nodemailer has its own. */
  originalCode?: string
  responseCode?: number
  command?: string
}

const unreachable = new Set([
  'ECONNECTION',
  'ETIMEDOUT',
  'EDNS',
  'ESOCKET',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
])

const untrusted = /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_)/

/** After RFC 5321, 4.2.1: 4yz is transient, 5yz permanent. What is wrong with us and not with the mail is transient, too. */
export function mailErrorOf(error: unknown): MailError {
  const { code = '', originalCode = '', responseCode, command } = error as SmtpFailure
  if (code === 'ETLS' || untrusted.test(originalCode))
    return new MailError('tls_refused', 'The mail server gives no TLS that can be trusted.', { permanent: false })
  if (code === 'EAUTH' || command?.startsWith('AUTH'))
    return new MailError('login_refused', 'The mail server refused user or password.', { permanent: false })
  const permanent = responseCode !== undefined && responseCode >= 500
  const answer = responseCode === undefined ? '' : ` (${responseCode})`
  if (code === 'EENVELOPE')
    return new MailError('recipient_refused', `The mail server refused the sender or the recipient${answer}.`, {
      permanent: permanent || responseCode === undefined,
    })
  if (responseCode !== undefined)
    return new MailError('message_refused', `The mail server refused the mail${answer}.`, { permanent })
  const known = unreachable.has(code) ? ` (${code})` : ''
  return new MailError('unreachable', `The mail server cannot be reached${known}.`, { permanent: false })
}

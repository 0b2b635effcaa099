import { isLoopbackAddress } from '@ikoma/kernel'

/**
 * `implicit`: TLS from the first byte (port 465). `required`: STARTTLS, and nothing is sent without. `none`: only for a server on
 * this machine, or one that is reached through a tunnel.
 */
export type MailTls = 'implicit' | 'required' | 'none'

export interface SmtpServer {
  host: string
  port: number
  user?: string
  password?: string
  tls: MailTls
}

/** `smtps://user:password@host`, `smtp://host:587`, `smtp://localhost:1025?tls=none`. The password is in percent code. */
export function readSmtpUrl(text: string): SmtpServer {
  // What is wrong is said without the address: it has the password in it.
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '')
    throw new Error('mail: the URL of the mail server is not smtp://host:port or smtps://host')
  const asked = url.searchParams.get('tls')
  if (asked !== null && !['implicit', 'required', 'none'].includes(asked))
    throw new Error('mail: tls in the URL of the mail server is implicit, required or none')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const byScheme = url.protocol === 'smtps:' ? 'implicit' : isLocal(host) ? 'none' : 'required'
  const tls = (asked as MailTls | null) ?? byScheme
  const port = url.port === '' ? (tls === 'implicit' ? 465 : tls === 'required' ? 587 : 25) : Number(url.port)
  if (url.username === '') return { host, port, tls }
  return { host, port, tls, user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
}

function isLocal(host: string): boolean {
  return host === 'localhost' || isLoopbackAddress(host)
}

import { hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Log } from '@ikoma/kernel/node'
import { createTransport, type SendMailOptions } from 'nodemailer'
import { MailError, mailErrorOf } from './mail-error.ts'
import { type Mail, type Mailbox, readMail, readMailbox } from './message.ts'
import { readSmtpUrl, type SmtpServer } from './smtp-options.ts'

export { composeLetter, type Html, html } from './letter.ts'
export { MailError } from './mail-error.ts'
export { type Locale, type Mail, type Mailbox, messageIdFor } from './message.ts'
export type { MailTls, SmtpServer } from './smtp-options.ts'

export interface Mailer {
  /**
   * When it returns, the server has taken the mail. Whoever sends it again does so with the same Message-ID.
   * @throws MailError, whose `permanent` says whether another attempt makes sense.
   */
  send(mail: Mail): Promise<void>
  /** Whether the server is there and lets us in; throws as `send` does. */
  check(): Promise<void>
  close(): Promise<void>
}

interface MailerOptions {
  from: Mailbox
  log: Log
}

export interface SmtpMailerOptions extends MailerOptions {
  /** See `readSmtpUrl`; or its parts. */
  server: string | SmtpServer
  /** PEM of an authority of one's own, besides no other. */
  authority?: string
  connections?: number
  /** For the connection, the greeting, and each answer. */
  timeoutMs?: number
}

export interface FolderMailerOptions extends MailerOptions {
  /** For a profile without a mail server: each mail becomes a file there. */
  folder: string
}

/** Sends mail by a server, or puts it into a folder. */
export function createMailer(options: SmtpMailerOptions | FolderMailerOptions): Mailer {
  return 'folder' in options ? folderMailer(options) : smtpMailer(options)
}

function smtpMailer(options: SmtpMailerOptions): Mailer {
  const { log, connections = 3, timeoutMs = 20_000, authority } = options
  const from = readMailbox(options.from)
  const server = typeof options.server === 'string' ? readSmtpUrl(options.server) : options.server
  const { host, port, user, password, tls } = server
  const transport = createTransport({
    pool: true,
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'required',
    ignoreTLS: tls === 'none',
    tls: { minVersion: 'TLSv1.2', ...(authority === undefined ? {} : { ca: authority }) },
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    maxConnections: connections,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    // No mail is made of a file or an address that somebody put into its text.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  transport.on('error', (error) =>
    log.warn({ reason: mailErrorOf(error).reason }, 'a connection to the mail server broke'),
  )
  return {
    async send(mail) {
      const read = readMail(mail)
      await transport.sendMail(partsOf(read, from)).catch((error) => {
        throw mailErrorOf(error)
      })
      log.info({ messageId: read.messageId }, 'a mail was handed over')
    },
    async check() {
      await transport.verify().catch((error) => {
        throw mailErrorOf(error)
      })
    },
    async close() {
      transport.close()
    },
  }
}

function folderMailer({ folder, log, ...options }: FolderMailerOptions): Mailer {
  const from = readMailbox(options.from)
  const place = resolve(folder)
  mkdirSync(place, { recursive: true, mode: 0o700 })
  log.info({ folder: place }, `mails are not sent: they are files in ${place}`)
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })
  return {
    async send(mail) {
      const read = readMail(mail)
      const { message } = await transport.sendMail(partsOf(read, from))
      // One that is sent again is the same file.
      const file = join(place, `${hash('sha256', read.messageId, 'hex').slice(0, 16)}.eml`)
      await writeFile(`${file}.part`, message as Buffer, { mode: 0o600 })
      await rename(`${file}.part`, file)
      log.info({ file }, 'a mail was put into the folder')
    },
    async check() {
      mkdirSync(place, { recursive: true, mode: 0o700 })
    },
    async close() {
      transport.close()
    },
  }
}

function partsOf({ to, subject, text, html, messageId, locale }: Mail, from: Mailbox): SendMailOptions {
  const addressed = ({ name = '', address }: Mailbox) => ({ name, address })
  return {
    from: addressed(from),
    to: addressed(to),
    subject,
    text,
    ...(html === undefined ? {} : { html }),
    messageId,
    headers: {
      // RFC 3834: no absence notice answers it.
      'Auto-Submitted': 'auto-generated',
      ...(locale === undefined ? {} : { 'Content-Language': locale }),
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** For a job: whether the same mail may be tried again. */
export function isWorthAnotherTry(error: unknown): boolean {
  return !(error instanceof MailError && error.permanent)
}

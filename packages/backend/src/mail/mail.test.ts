import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '@ikoma/kernel/node'
import { expect, onTestFinished, test } from 'vitest'
import { createMailer, isWorthAnotherTry, type Mail, messageIdFor, type SmtpMailerOptions } from './index.ts'
import { readSmtpUrl } from './smtp-options.ts'
import { refusing, startSmtp } from './testing/smtp.ts'

const from = { name: 'BlingAuto', address: 'no-reply@blingauto.test' }
const mail: Mail = {
  to: { name: 'Ada Lovelace', address: 'ada@example.fr' },
  subject: 'Votre réservation',
  text: 'Bonjour,\n\nà demain.\n',
  messageId: messageIdFor('reminder/booking-1/2026-10-24', 'blingauto.test'),
}

async function setup(options: Parameters<typeof startSmtp>[0] = {}, patch: Partial<SmtpMailerOptions> = {}) {
  const smtp = await startSmtp(options)
  const lines: string[] = []
  const log = createLog('trace', { write: (line) => void lines.push(line) })
  const server = { host: '127.0.0.1', port: smtp.port, tls: 'none' as const }
  const mailer = createMailer({ server, from, log, timeoutMs: 5_000, ...patch })
  onTestFinished(async () => {
    await mailer.close()
    await smtp.stop()
  })
  return { smtp, mailer, log, logged: () => lines.join('') }
}

test('a mail is handed over with the Message-ID it was given, each time the same', async () => {
  const { smtp, mailer } = await setup()
  await mailer.check()
  await mailer.send({ ...mail, html: '<p>à demain</p>', locale: 'fr' })
  await mailer.send(mail)
  const ids = smtp.mails.map((each) => /^Message-ID: (.*)\r$/im.exec(each)?.[1])
  expect(ids).toEqual([mail.messageId, mail.messageId])
  expect(smtp.mails[0]).toMatch(/^Content-Language: fr\r$/m)
  expect(smtp.mails[0]).toMatch(/^Auto-Submitted: auto-generated\r$/m)
  expect(smtp.mails[0]).toContain('multipart/alternative')
  expect(smtp.mails[0]).toMatch(/^From: BlingAuto <no-reply@blingauto\.test>\r$/m)
})

test.each([
  ['a subject', { subject: 'Hi\r\nBcc: eve@example.fr\r\n\r\nother text' }],
  ['a subject with a lone line feed', { subject: 'Hi\nBcc: eve@example.fr' }],
  ['a subject with a line separator', { subject: 'Hi\u2028Bcc: eve@example.fr' }],
  ['a name', { to: { name: 'Ada\r\nBcc: eve@example.fr', address: 'ada@example.fr' } }],
  ['a name that closes its quotes', { to: { name: '"<eve@example.fr>, "', address: 'ada@example.fr' } }],
  ['a name that is an address', { to: { name: 'eve@example.fr,', address: 'ada@example.fr' } }],
])('%s makes neither a header nor a recipient', async (_, patch) => {
  const recipients: string[] = []
  const { smtp, mailer } = await setup({
    onRcptTo(address, _session, done) {
      recipients.push(address.address)
      done()
    },
  })
  await mailer.send({ ...mail, ...patch })
  expect(recipients).toEqual(['ada@example.fr'])
  const [head = ''] = (smtp.mails[0] ?? '').split('\r\n\r\n')
  expect(head).not.toMatch(/^bcc:/im)
  expect(head.match(/^subject:/gim)).toHaveLength(1)
})

test('what cannot be seen in a subject is not in it, and a long one is cut', async () => {
  const { smtp, mailer } = await setup()
  await mailer.send({ ...mail, subject: 'Hi\u202E\u2028\r\n there\u0000' })
  await mailer.send({ ...mail, subject: 'x'.repeat(500) })
  const subjects = smtp.mails.map((each) =>
    /^Subject:((?: .*)?(?:\r\n .*)*)\r$/m.exec(each)?.[1]?.replace(/\r\n/g, '').trim(),
  )
  expect(subjects).toEqual(['Hi there', 'x'.repeat(200)])
})

test.each([
  ['no text', { text: ' \n' }, 'text_missing'],
  ['an address with a line', { to: { address: 'ada@example.fr\r\nBcc: eve@example.fr' } }, 'address_invalid'],
  ['two addresses', { to: { address: 'ada@example.fr, eve@example.fr' } }, 'address_invalid'],
  ['a Message-ID with a line', { messageId: '<a@b>\r\nBcc: eve@example.fr' }, 'message_id_invalid'],
  ['a Message-ID of nobody', { messageId: '<a>' }, 'message_id_invalid'],
  ['two megabytes', { text: 'x'.repeat(2_000_000) }, 'too_long'],
])('refused for good, and nothing is sent: %s', async (_, patch, reason) => {
  const { smtp, mailer } = await setup()
  const error = await mailer.send({ ...mail, ...patch }).catch((each: unknown) => each)
  expect(error).toMatchObject({ reason, permanent: true })
  expect(isWorthAnotherTry(error)).toBe(false)
  expect(smtp.mails).toEqual([])
})

test.each([
  ['an unknown recipient', 'onRcptTo', 550, 'recipient_refused', true],
  ['a recipient that is full for now', 'onRcptTo', 452, 'recipient_refused', false],
  ['a greylist', 'onRcptTo', 451, 'recipient_refused', false],
  ['a sender it does not take', 'onMailFrom', 553, 'recipient_refused', true],
  ['a mail it calls spam', 'onData', 554, 'message_refused', true],
  ['a mail it cannot store now', 'onData', 451, 'message_refused', false],
  ['a server that goes down', 'onConnect', 421, 'unreachable', false],
] as const)('%s', async (_, hook, responseCode, reason, permanent) => {
  const refuse = (...given: unknown[]) => {
    const done = given.at(-1) as (error: Error) => void
    if (hook === 'onData') (given[0] as NodeJS.ReadableStream).resume().on('end', () => done(refusing(responseCode)))
    else done(refusing(responseCode))
  }
  const { mailer } = await setup({ [hook]: refuse })
  const error = await mailer.send(mail).catch((each: unknown) => each)
  expect(error).toMatchObject({ name: 'MailError', permanent })
  expect(error).toMatchObject({ reason: expect.stringMatching(new RegExp(`^(${reason}|message_refused)$`)) })
  expect(String(error)).not.toContain('kanarienvogel')
})

test('where TLS is required nothing is sent without, nor to a server that cannot be trusted', async () => {
  const server = (port: number) => ({ host: '127.0.0.1', port, tls: 'required' as const })
  const plain = await setup({ hideSTARTTLS: true })
  const mailer = createMailer({ server: server(plain.smtp.port), from, log: plain.log, timeoutMs: 5_000 })
  const own = await setup()
  const untrusting = createMailer({ server: server(own.smtp.port), from, log: own.log, timeoutMs: 5_000 })
  for (const each of [mailer, untrusting]) {
    await expect(each.send(mail)).rejects.toMatchObject({ reason: 'tls_refused', permanent: false })
    await each.close()
  }
  expect([...plain.smtp.mails, ...own.smtp.mails]).toEqual([])
})

test('a wrong login is no fault of the mail, and neither log nor error has the password in it', async () => {
  const server = { host: '127.0.0.1', port: 0, tls: 'none' as const, user: 'app', password: 'Kanarienvogel-1' }
  const { smtp, log, logged } = await setup({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => done(new Error('no')),
  })
  const mailer = createMailer({ server: { ...server, port: smtp.port }, from, log, timeoutMs: 5_000 })
  const error = await mailer.send(mail).catch((each: unknown) => each)
  await mailer.close()
  expect(error).toMatchObject({ reason: 'login_refused', permanent: false })
  expect(String(error) + JSON.stringify(error) + logged()).not.toContain('Kanarienvogel')
})

test('a server that is not there, or says nothing, is for another time', async () => {
  const silent = createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const port = (silent.address() as { port: number }).port
  const { log } = await setup()
  const sendTo = async (to: number) => {
    const mailer = createMailer({ server: { host: '127.0.0.1', port: to, tls: 'none' }, from, log, timeoutMs: 100 })
    const error = await mailer.send(mail).catch((each: unknown) => each)
    await mailer.close()
    return error
  }
  expect(await sendTo(port)).toMatchObject({ reason: 'unreachable', permanent: false })
  await new Promise((resolve) => silent.close(resolve))
  expect(await sendTo(port)).toMatchObject({ reason: 'unreachable', permanent: false })
})

test('without a server each mail is one file, also when it is sent again, and it is said where', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-mail-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const lines: string[] = []
  const log = createLog('info', { write: (line) => void lines.push(line) })
  const mailer = createMailer({ folder: join(folder, 'mails'), from, log })
  expect(lines.join('')).toContain(join(folder, 'mails'))
  await mailer.check()
  await mailer.send(mail)
  await mailer.send({ ...mail, subject: 'Encore' })
  await mailer.send({ ...mail, messageId: messageIdFor('other', 'blingauto.test') })
  const files = readdirSync(join(folder, 'mails'))
  expect(files).toHaveLength(2)
  expect(files.every((file) => file.endsWith('.eml'))).toBe(true)
  expect(statSync(join(folder, 'mails', files[0] ?? '')).mode & 0o777).toBe(0o600)
  const texts = files.map((file) => readFileSync(join(folder, 'mails', file), 'utf8'))
  expect(texts.some((text) => text.includes(mail.messageId) && text.includes('Subject: Encore'))).toBe(true)
})

test.each([
  ['smtps://u:p%40ss@mail.test', { host: 'mail.test', port: 465, tls: 'implicit', user: 'u', password: 'p@ss' }],
  ['smtp://mail.test', { host: 'mail.test', port: 587, tls: 'required' }],
  ['smtp://localhost:1025', { host: 'localhost', port: 1025, tls: 'none' }],
  ['smtp://[::1]:1025', { host: '::1', port: 1025, tls: 'none' }],
  ['smtp://relay:25?tls=none', { host: 'relay', port: 25, tls: 'none' }],
])('%s', (url, expected) => {
  expect(readSmtpUrl(url)).toEqual(expected)
})

test.each(['http://mail.test', 'mail.test', 'smtp://u:Kanarienvogel@mail.test?tls=maybe'])('%s is refused', (url) => {
  expect(() => readSmtpUrl(url)).toThrow(/^mail: /)
  expect(() => readSmtpUrl(url)).not.toThrow(/Kanarienvogel/)
})

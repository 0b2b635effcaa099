import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '@ikoma/kernel/node'
import { expect, onTestFinished, test } from 'vitest'
import { createMailer, messageIdFor } from './index.ts'
import { startSmtp } from './testing/smtp.ts'

function certificateFor(host: string) {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-tls-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  execFileSync('openssl', [...request, '-keyout', key, '-out', cert, ...subject], { stdio: 'pipe' })
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

test.each(['required', 'implicit'] as const)(
  'with TLS %s a mail goes to a server whose authority is ours',
  async (tls) => {
    const { key, cert } = certificateFor('localhost')
    const secured: boolean[] = []
    const smtp = await startSmtp({
      key,
      cert,
      secure: tls === 'implicit',
      onMailFrom(_address, session, done) {
        secured.push(session.secure)
        done()
      },
    })
    const server = { host: 'localhost', port: smtp.port, tls }
    const from = { address: 'no-reply@blingauto.test' }
    const mailer = createMailer({
      server,
      from,
      log: createLog('silent', { write: () => undefined }),
      authority: cert,
      timeoutMs: 5_000,
    })
    onTestFinished(async () => {
      await mailer.close()
      await smtp.stop()
    })
    const messageId = messageIdFor('one', 'blingauto.test')
    await mailer.send({ to: { address: 'ada@example.fr' }, subject: 'Hi', text: 'Hi', messageId })
    expect(secured).toEqual([true])
    expect(smtp.mails).toHaveLength(1)
  },
)

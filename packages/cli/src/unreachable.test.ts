import { writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { httpServer, ownAuthority, tcpServer, tlsServer } from './testing/own-authority.ts'
import { createWorld } from './testing/world.ts'

const runners: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"items":[],"next":null}')
}
const page =
  (status: number, text = '<html>'): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', server: 'nginx' }).end(text)
  }
const http = (port: number) => `http://127.0.0.1:${port}`
const https = (port: number) => `https://127.0.0.1:${port}`

function setup(env: Record<string, string> = {}) {
  const world = createWorld({ env: { IKOMA_TOKEN: 'iko_x', NO_COLOR: '1', ...env } })
  const list = (url: string, ...more: string[]) => world.run('runner', 'list', '--url', url, ...more)
  return { ...world, list }
}

/** What a command says of a control plane that it does not reach. */
const unreached: [what: string, url: () => string | Promise<string>, en: string, fr: string, advice: string][] = [
  ['a name that nobody knows', () => 'https://no-such-host.invalid', 'its name is not known', 'inconnu (DNS)', 'slip'],
  ['nobody', () => http(1), 'refused, nothing listens there (ECONNREFUSED)', 'refusée', 'ikoma up'],
  ['a silent hang-up', async () => http(await tcpServer((socket) => socket.destroy())), 'closed', 'fermée', 'another'],
  ['plain http by https', async () => (await httpServer(runners)).replace('http', 'https'), 'TLS', 'TLS', 'http://'],
  ['another protocol', async () => http(await tcpServer((s) => s.end('SSH-2.0-x\r\n'))), 'HTTP', 'HTTP', 'listens'],
  ['SSH by https', async () => https(await tcpServer((s) => s.end('SSH-2.0-x\r\n'))), 'TLS', 'TLS', 'Write http://'],
  ['a page of a proxy', () => httpServer(page(502)), '(502, text/html, nginx)', 'pas un plan de contrôle', 'proxy'],
  ['a page that is well', () => httpServer(page(200)), '(200, text/html, nginx)', 'pas un plan de contrôle', 'proxy'],
  [
    'the page with which nginx wants https',
    () => httpServer(page(400, 'The plain HTTP request was sent to HTTPS port')),
    'speaks https on that port',
    'parle https',
    'Write https://',
  ],
  [
    'a way to elsewhere',
    () => httpServer((_, response) => response.writeHead(308, { location: 'https://ikoma.example.org/v1' }).end()),
    'leads elsewhere, to https://ikoma.example.org/v1.',
    'mène ailleurs',
    '--url https://ikoma.example.org\n',
  ],
  ['self-signed', () => tlsServer(ownAuthority().selfSigned(), runners), 'self-signed', 'auto-signé', '--ca <file>'],
  ['an authority of its own', () => tlsServer(ownAuthority().sign(), runners), 'authority', 'autorité', '--ca <file>'],
  [
    'https by plain http, which hangs up',
    async () => (await tlsServer(ownAuthority().sign(), runners)).replace('https', 'http'),
    'speaks https on that port',
    'parle https',
    'Write https://',
  ],
]

describe('no answer', () => {
  it.each(unreached)('from %s is named, in both languages, with what to do', async (what, urlOf, en, fr, advice) => {
    const url = await urlOf()
    const { list } = setup()
    const english = await list(url)
    expect(english.stderr).toContain(`error: No answer from ${url}: `)
    expect(english.stderr).toContain(en)
    expect(english.stderr).toContain(advice)
    const french = await list(url, '--lang', 'fr')
    expect(french.stderr).toContain(`erreur : Pas de réponse de ${url} : `)
    expect(french.stderr).toContain(fr)
    // As before this was named: what a proxy says has the exit code of its status.
    const code = what.includes('nginx') ? 2 : 1
    expect([english.code, french.code]).toEqual([code, code])
  })

  test.each([
    ['the name of others', { name: 'other.example.org' }, 'for another name (other.example.org)'],
    ['a day that is over', { days: -1 }, 'its certificate has expired (CERT_HAS_EXPIRED)'],
  ])('by a certificate with %s is named though its authority is believed', async (_, leaf, says) => {
    const authority = ownAuthority()
    const { list } = setup()
    expect((await list(await tlsServer(authority.sign(leaf), runners), '--ca', authority.file)).stderr).toContain(says)
  })

  test('is told by doctor in the same words', async () => {
    const { run } = setup()
    const url = await tlsServer(ownAuthority().sign(), runners)
    const { stdout } = await run('doctor', '--url', url)
    expect(stdout).toMatch(/No answer from .* authority that is not known here.*\n +→ .*--ca <file>/)
    expect((await run('doctor', '--url', await httpServer(page(502)))).stdout).toContain('not a control plane (502')
  })
})

describe('an authority of its own', () => {
  it('is believed by --ca, by IKOMA_CA_FILE, and by its own certificate where that is self-signed', async () => {
    const authority = ownAuthority()
    const url = await tlsServer(authority.sign(), runners)
    expect((await setup().list(url, '--ca', authority.file)).code).toBe(0)
    expect((await setup({ IKOMA_CA_FILE: authority.file }).list(url)).code).toBe(0)
    const self = authority.selfSigned()
    expect((await setup().list(await tlsServer(self, runners), '--ca', self.file)).code).toBe(0)
  })

  it('does not vouch for what another one signed', async () => {
    const [one, other] = [ownAuthority(), ownAuthority()]
    const { stderr } = await setup().list(await tlsServer(one.sign(), runners), '--ca', other.file)
    expect(stderr).toContain('One that was given already is not the one that signed this.')
  })

  it.each([
    ['is not there', (home: string) => join(home, 'none.pem'), 'there is no file', 'n’existe pas'],
    ['holds no certificate', written('-----BEGIN PRIVATE KEY-----'), 'holds no certificate', 'aucun certificat'],
    [
      'is damaged',
      written('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
      'certificate 1 in',
      'certificat 1 dans',
    ],
  ])('whose file %s is refused by its name', async (_, fileIn, en, fr) => {
    const { list, home } = setup()
    const file = fileIn(home)
    const english = await list('https://localhost:1', '--ca', file)
    expect(english).toMatchObject({ code: 2, stderr: expect.stringContaining(`error: --ca: `) })
    for (const part of [en, file]) expect(english.stderr).toContain(part)
    const french = await setup({ IKOMA_CA_FILE: file }).list('https://localhost:1', '--lang', 'fr')
    for (const part of [fr, 'IKOMA_CA_FILE', file]) expect(french.stderr).toContain(part)
  })
})

function written(text: string) {
  return (home: string) => {
    const file = join(home, 'ca.pem')
    writeFileSync(file, text)
    return file
  }
}

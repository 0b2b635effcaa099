import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Redaction } from './redact.ts'
import { secretsIn } from './secret-forms.ts'

const secret = 'hunter2-Überraschung+/=&"é'
const token = 'iko_runner_abcdefghijklmnopqrstuvwxyz0123456789'
const pem = `-----BEGIN PRIVATE KEY-----\n${'MC4CAQAwBQYDK2VwBCIEIJ1h'.repeat(3)}\nQUJDREVG\n-----END PRIVATE KEY-----`

function streamed(redaction: Redaction, pieces: string[]): string {
  const stream = redaction.stream()
  return pieces.map((piece) => stream.push(piece)).join('') + stream.end()
}

describe('redaction', () => {
  const spellings: [string, string][] = [
    ['as it is', secret],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64url', Buffer.from(secret).toString('base64url')],
    ['in hex', Buffer.from(secret).toString('hex')],
    ['in upper-case hex', Buffer.from(secret).toString('hex').toUpperCase()],
    ['in a URL', encodeURIComponent(secret)],
    ['in JSON', JSON.stringify(secret)],
  ]

  it.each(spellings)('hides a known secret written %s, wherever the text is split', (_spelling, written) => {
    const redaction = new Redaction([secret])
    const text = `before ${written} after\nnext line`
    const whole = redaction.text(text)
    expect(whole).not.toContain(written.slice(1, -3))
    for (let at = 0; at <= text.length; at++) {
      expect(streamed(redaction, [text.slice(0, at), text.slice(at)])).toBe(whole)
    }
  })

  it.each<[string, string]>([
    ['in JSON inside JSON', JSON.stringify(JSON.stringify({ a: secret }))],
    ['in JSON, three deep', JSON.stringify(JSON.stringify(JSON.stringify({ a: secret })))],
    [
      'in JSON of ASCII',
      JSON.stringify(secret).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
    ],
    ['in a URL inside a URL', encodeURIComponent(encodeURIComponent(secret))],
    ['in HTML', secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
    ['for a shell', secret.replace(/["$`\\]/g, '\\$&')],
    [
      'over lines in base64',
      (
        Buffer.from(`${'a'.repeat(40)}${secret}`)
          .toString('base64')
          .match(/.{1,64}/g) ?? []
      ).join('\n'),
    ],
    ['over lines', `${secret.slice(0, 12)}\n${secret.slice(12)}`],
  ])('hides a known secret written %s', (_how, written) => {
    const redaction = new Redaction([secret])
    const shown = redaction.text(`line ${written} end\n`.replaceAll('line in', ''))
    for (const part of [
      secret,
      'hunter2-Ü',
      'hunter2-\\u00dc',
      'berraschung',
      Buffer.from(secret).toString('base64').slice(2, 12),
    ])
      expect(shown).not.toContain(part)
    expect(streamed(redaction, [...`${written}\n`])).not.toContain('berraschung')
  })

  it('hides a secret inside a longer text that is in base64, at any offset', () => {
    for (const before of ['', 'a', 'ab', 'abc']) {
      const encoded = Buffer.from(`${before}${secret} and more`).toString('base64')
      const hidden = new Redaction([secret]).text(encoded)
      expect(Buffer.from(hidden.replace('[REDACTED]', ' '), 'base64').toString()).not.toContain(secret.slice(1, -1))
      expect(hidden).toContain('[REDACTED]')
    }
  })

  it('gives the same text however it is split (property)', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom(
        secret,
        token,
        pem,
        '\n',
        ' password=',
        '"secret": "',
        'Authorization: Bearer ',
        'postgres://u:p4ss@h/d',
      ),
    )
    const property = fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(400)), (parts, cuts) => {
      const redaction = new Redaction([secret, 'p4ss-word'])
      const text = parts.join('')
      const at = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length]
      const pieces = at.slice(1).map((end, index) => text.slice(at[index], end))
      const whole = redaction.text(text)
      expect(streamed(redaction, pieces)).toBe(whole)
      expect(whole).not.toContain(secret)
      expect(whole).not.toContain(token)
    })
    fc.assert(property, { numRuns: 300 })
  })

  it('never lets a secret through in a line without end (property)', () => {
    const filler = fc.integer({ min: 30_000, max: 80_000 })
    const property = fc.property(filler, fc.integer({ min: 1, max: 9_000 }), (length, size) => {
      const text = `${'x'.repeat(length)}${secret}${'y'.repeat(length)} ${token} ${'z'.repeat(length)}`
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
      const shown = streamed(new Redaction([secret]), pieces)
      expect(shown).not.toContain(secret)
      expect(shown).not.toContain(token)
      expect(shown.length).toBeGreaterThan(length * 3)
    })
    fc.assert(property, { numRuns: 20 })
  })

  it('swallows a secret that is longer than it may hold', () => {
    const shown = streamed(new Redaction([]), [`password=${'s'.repeat(50_000)}`, `${'s'.repeat(50_000)} end\n`])
    expect(shown).toBe('password=[REDACTED] end\n')
    expect(streamed(new Redaction([]), [`password=${'s'.repeat(50_000)}`, ' end\n'])).toBe('password=[REDACTED] end\n')
  })

  it('hides a secret as it is, whatever in it somebody might escape', () => {
    const odd = `it's "a" \\ & <$b> é`
    expect(new Redaction([odd]).text(`is ${odd}.`)).toBe('is [REDACTED].')
  })

  it('lets go of a line without end, but for what a secret may need', () => {
    const stream = new Redaction([secret]).stream()
    expect(stream.push('x'.repeat(100_000)).length).toBeGreaterThan(90_000)
    expect(stream.push('x'.repeat(10_000))).toBe('')
    expect(stream.end().length).toBeLessThan(20_000)
  })

  it.each([
    [`token ${token}.`, 'token [REDACTED].'],
    ['Authorization: Bearer abc.def-123', 'Authorization: Bearer [REDACTED]'],
    ['curl -H "authorization: Basic dXNlcg=="', 'curl -H "authorization: Basic [REDACTED]"'],
    ['PGPASSWORD=geheim psql', 'PGPASSWORD=[REDACTED] psql'],
    ['{"password":"with \\" quote","a":1}', '{"password":"[REDACTED]","a":1}'],
    ['api_key: abcdef', 'api_key: [REDACTED]'],
    ['postgres://ikoma:s3cr3t@db:5432/app', 'postgres://[REDACTED]@db:5432/app'],
    [`key:\n${pem}\ndone`, 'key:\n[REDACTED]\ndone'],
    ['http://example.test/a?b=c 12:30', 'http://example.test/a?b=c 12:30'],
    ['passwords are hidden, tokens too', 'passwords are hidden, tokens too'],
  ])('knows the look of a secret: %s', (text, shown) => {
    expect(new Redaction([]).text(text)).toBe(shown)
  })

  it('does not take a short value for a secret', () => {
    expect(new Redaction(['on', 'true', '12345']).text('on true 12345')).toBe('on true 12345')
  })

  it('hides in every string of a value, and makes it storable', () => {
    const value = {
      list: [`a ${secret}`],
      [secret]: { deep: secret },
      nul: 'a\0b',
      half: 'a\ud800',
      number: 1,
      none: null,
    }
    const shown = new Redaction([secret]).value(value)
    expect(JSON.stringify(shown)).not.toContain('hunter2')
    expect(shown).toMatchObject({ list: ['a [REDACTED]'], nul: 'a\uFFFDb', half: 'a\uFFFD', number: 1, none: null })
  })

  it('finds secrets in a payload by their names and in its URLs', () => {
    const env = { DB_PASSWORD: 'one', API_TOKEN: 'two', DATABASE_URL: 'redis://:three@host', HOME: '/root' }
    expect(secretsIn({ argv: ['a'], env }).sort()).toEqual(['one', 'three', 'two'])
  })
})

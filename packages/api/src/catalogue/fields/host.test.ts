import { expect, test } from 'vitest'
import { hostField } from './host.ts'
import { urlField } from './url.ts'

const taken = (field: { safeParse(value: unknown): { success: boolean } }, text: string) =>
  field.safeParse(text).success

test.each([
  ...[
    'localhost',
    'db-1',
    'a.example.com',
    'A.Example.COM',
    'example.com.',
    '_acme-challenge.example.com',
    '127.0.0.1',
  ],
  ...[
    '::1',
    '2001:db8::1',
    '::ffff:192.0.2.1',
    'xn--bcher-kva.example',
    '3com.example',
    `${'a'.repeat(63)}.example`,
    '0xyz',
  ],
])('%s is a host', (text) => expect(taken(hostField, text)).toBe(true))

test.each([
  ...[
    '',
    '.',
    '..',
    '...',
    'a..b',
    '.a',
    'a...',
    '..a',
    '-a',
    'a.-b',
    'a-.b',
    'a-',
    ':',
    ':::',
    '1:2',
    'a:80',
    'example.com:443',
  ],
  ...[
    '127.1',
    '1.2.3',
    '999.1.1.1',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.01',
    '127.0.0.1.',
    '::1%lo',
    '[::1]',
  ],
  ...['a b', 'a\n', ' a', 'a\0', 'é', 'a/b', '../a', `${'a'.repeat(64)}.example`, 'a_b\ud800'],
])('%j is none', (text) => expect(taken(hostField, text)).toBe(false))

test.each(['https://example.com', 'http://127.0.0.1:8080/a?b=c#d', 'https://exämple.com/é', 'http://u:p@example.com'])(
  '%s is an address, and stays as it is written',
  (text) => expect(urlField.parse(text)).toBe(text),
)

test.each([
  ...[
    'https://example.com\0',
    '\0https://example.com',
    ' https://example.com',
    'https://example.com ',
    'https://example.com\n',
  ],
  ...[
    'https://exa\tmple.com',
    'https://exa\nmple.com',
    'ht\ntps://example.com',
    'https://example.com/\u0085',
    '\ufeffhttps://a.b',
  ],
  ...[
    'https://example.com/\ud800',
    'ftp://example.com',
    'javascript:alert(1)',
    'https://',
    '',
    '//example.com',
    'https://a.b/\u202e',
  ],
])('%j is none', (text) => expect(taken(urlField, text)).toBe(false))

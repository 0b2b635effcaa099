import { describe, expect, it } from 'vitest'
import { outcomeOf } from '../testing/hostile.ts'
import { address, domainName, httpsUrl, ipAddress } from './address.ts'
import { headers } from './http-header.ts'
import { account, image } from './name.ts'
import { absolutePath, hiddenPath, relativePath, urlPath } from './path.ts'
import type { Check } from './refusal.ts'

const long = 'x'.repeat(64)

const values: [name: string, check: Check<string>, good: string[], bad: string[]][] = [
  [
    'an absolute path',
    absolutePath,
    ['/srv/a.b_c@1+2-3', '/-x'],
    ['/', '', 'a', '/a/', '/a//b', '/a/../b', '/..', '/a/.', '/a b', '/%h'],
  ],
  [
    'a relative path',
    relativePath,
    ['.', '.env', 'a/b', '..a/b..'],
    ['..', '../a', 'a/..', 'a/./b', '/a', '-a', 'a/', ''],
  ],
  ['the path of a URL', urlPath, ['/', '/a/', '/~a/b.c'], ['a', '//a', '/a/../b', '/a?b', '/%2e', '/{a}']],
  ['a hidden path', hiddenPath, ['/metrics'], ['/', '/metrics/']],
  [
    'a domain name',
    domainName,
    ['a.b', 'api.example.com', 'xn--caf-dma.fr'],
    ['localhost', '1.2.3.4', '*.a.b', 'A.b', 'a..b', '.a.b', 'a.b.', '-a.b', `${long}.b`, 'é.fr', 'a.b:80', 'a.1'],
  ],
  ['an IP address', ipAddress, ['127.0.0.1', '0.0.0.0'], ['127.1', '256.0.0.1', 'fe80::1%eth0', 'localhost']],
  [
    'an https URL',
    httpsUrl,
    ['https://a.b:14000/dir'],
    ['http://a.b', 'https://u:p@a.b', 'https://a.b/?q', 'https://a.b/#f', 'https://'],
  ],
  ['an account', account, ['root', '_apt', 'www-data'], ['Root', '1', '-x', 'a b', 'a:b', 'x'.repeat(33)]],
  [
    'an image',
    image,
    ['postgres:16', 'r.example.com:5000/a/b:1.2', `a@sha256:${'0'.repeat(64)}`, `a:1@sha256:${'0'.repeat(64)}`],
    ['postgres', 'postgres:latest', '-v', '../x:1', 'A:1', 'a:1 b', 'https://a/b:1', 'a@sha256:0'],
  ],
]

describe.each(values)('%s', (_, check, good, bad) => {
  it.each(good)('may be %j', (value) => expect(check(value, 'field')).toBe(value))
  it.each(bad)('may not be %j', (value) =>
    expect(outcomeOf(() => check(value, 'field'))).toEqual({ refusedAt: 'field' }),
  )
  it('is never something else than text', () => {
    for (const value of [undefined, null, 1, ['a'], { toString: () => good[0] }]) {
      expect(outcomeOf(() => check(value as never, 'field'))).toEqual({ refusedAt: 'field' })
    }
  })
})

describe('a header', () => {
  it.each(['a\nb', 'a\rb', 'a\tb', 'a\0b', 'é', ' a', 'a ', '', 'x'.repeat(2001)])(
    'may not have the value %j',
    (value) => {
      expect(outcomeOf(() => headers({ 'X-Any': value }, 'headers'))).toEqual({ refusedAt: 'headers/X-Any' })
    },
  )

  it.each(['defer', '-Server', '+X', '?X', '', 'X Y', 'X:', '@a'])('may not be called %j', (name) => {
    expect(outcomeOf(() => headers({ [name]: 'a' }, 'headers'))).toEqual({ refusedAt: 'headers' })
  })
})

describe('an address', () => {
  it.each([
    [{ host: 'api', port: 80 }, 'api:80'],
    [{ host: '::1', port: 65_535 }, '[::1]:65535'],
  ])('%j is %s', (value, written) => expect(address(value, 'to')).toBe(written))

  it.each([
    [{ host: 'a', port: 0 }, 'to/port'],
    [{ host: 'a', port: 65_536 }, 'to/port'],
    [{ host: 'a', port: '80' as never }, 'to/port'],
    [{ host: 'a.1', port: 80 }, 'to/host'],
    [{ host: 'a:80', port: 80 }, 'to/host'],
  ])('%j is refused', (value, field) => expect(outcomeOf(() => address(value, 'to'))).toEqual({ refusedAt: field }))
})

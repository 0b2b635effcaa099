import { expect, test } from 'vitest'
import { connectionFailure, failureWords } from './connection-failure.ts'

const coded = (code: string, message = code) => Object.assign(new Error(message), { code })
const wrapped = (cause: unknown) => new TypeError('fetch failed', { cause })

test.each([
  ['ENOTFOUND', 'name_unknown'],
  ['EAI_AGAIN', 'name_server_silent'],
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'no_route'],
  ['ETIMEDOUT', 'timeout'],
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
  ['UND_ERR_SOCKET', 'broken_off'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unknown_authority'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'unknown_authority'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self_signed'],
  ['CERT_HAS_EXPIRED', 'certificate_expired'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'https_to_plain'],
  ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'tls_refused'],
  ['HPE_INVALID_CONSTANT', 'not_http'],
])('%s is %s, bare and as fetch wraps it', (code, kind) => {
  expect(connectionFailure(coded(code))).toEqual({ kind, code, detail: null })
  expect(connectionFailure(wrapped(coded(code)))).toEqual({ kind, code, detail: null })
})

test('of several addresses that were tried, the first says why', () => {
  const tried = new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')], 'all failed')
  expect(connectionFailure(wrapped(tried)).kind).toBe('refused')
})

test('an abort is the timeout that it came from', () => {
  const timeout = new DOMException('too late', 'TimeoutError')
  expect(connectionFailure(timeout).kind).toBe('timeout')
  expect(connectionFailure(Object.assign(new Error('aborted', { cause: timeout }), { code: 'ABORT_ERR' })).kind).toBe(
    'timeout',
  )
})

test('EPROTO is a port without TLS only when OpenSSL says so', () => {
  expect(connectionFailure(coded('EPROTO', 'write EPROTO 40:error:0A00010B:wrong version number')).kind).toBe(
    'https_to_plain',
  )
  expect(connectionFailure(coded('EPROTO', 'write EPROTO 40:error:0A000410:handshake failure')).kind).toBe(
    'tls_refused',
  )
})

test('a certificate for others names them', () => {
  const error = Object.assign(coded('ERR_TLS_CERT_ALTNAME_INVALID'), { cert: { subjectaltname: 'DNS:a.b, DNS:c.d' } })
  const { kind, detail } = connectionFailure(error)
  expect(failureWords[kind](detail)).toContain('(a.b, c.d)')
})

test('what is not known keeps its own words, and what is no error has none', () => {
  expect(connectionFailure(wrapped(new Error('bad port')))).toEqual({ kind: 'other', code: null, detail: 'bad port' })
  expect(connectionFailure(null)).toEqual({ kind: 'other', code: null, detail: null })
  const round: Error = new Error('round')
  round.cause = round
  expect(connectionFailure(round).kind).toBe('other')
})

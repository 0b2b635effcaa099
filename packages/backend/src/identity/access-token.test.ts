import { generateKeyPairSync } from 'node:crypto'
import { SignJWT, UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import { type AccessKey, createAccessTokens } from './access-token.ts'

const secret = new Uint8Array(32).fill(1)
const k1: AccessKey = { kid: 'k1', alg: 'HS256', secret }
const pair = generateKeyPairSync('ed25519')
const k2: AccessKey = { kid: 'k2', alg: 'EdDSA', ...pair }
const claims = { accountId: 'a', role: 'client', sessionId: 's', tokenVersion: 3 }
const noon = Date.UTC(2026, 9, 24, 12)

function setup(keys: AccessKey[] = [k1]) {
  const clock = { at: noon, now: () => clock.at }
  return { clock, tokens: createAccessTokens({ keys, issuer: 'BlingAuto', audience: 'https://b.test', clock }) }
}

function forged(header: { alg: string; kid?: string; typ?: string }, patch: Record<string, unknown> = {}) {
  const now = noon / 1000
  const payload = { sub: 'a', role: 'admin', sid: 's', tv: 3, iss: 'BlingAuto', aud: 'https://b.test', iat: now }
  return new SignJWT({ ...payload, exp: now + 900, ...patch }).setProtectedHeader({
    typ: 'at+jwt',
    kid: 'k1',
    ...header,
  })
}

test.each([
  ['HS256', [k1]],
  ['EdDSA', [k2]],
] as const)('what %s signs is read', async (_, keys) => {
  const { tokens } = setup([...keys])
  expect(await tokens.read(await tokens.sign(claims))).toEqual(claims)
})

test('it holds fifteen minutes and a small tolerance', async () => {
  const { tokens, clock } = setup()
  const [token, unread] = [await tokens.sign(claims), await tokens.sign({ ...claims, sessionId: 'unread' })]
  clock.at = noon + 904_999
  expect(await tokens.read(token)).toEqual(claims)
  expect(await tokens.read(token), 'read again').toEqual(claims)
  clock.at = noon + 905_000
  expect([await tokens.read(token), await tokens.read(unread)]).toEqual([null, null])
  clock.at = noon
  expect(await tokens.read(token), 'a clock that was wrong').toEqual(claims)
})

test('one that was read makes no other right', async () => {
  const { tokens } = setup()
  const token = await tokens.sign(claims)
  expect(await tokens.read(token)).toEqual(claims)
  const [header, payload, signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1)
  expect(await tokens.read([header, payload, bytes.toString('base64url')].join('.'))).toBeNull()
})

test('a new key signs, an old one is still read, one that is gone is not', async () => {
  const token = await setup([k1]).tokens.sign(claims)
  expect(await setup([k2, k1]).tokens.read(token)).toEqual(claims)
  expect(await setup([k2]).tokens.read(token)).toBeNull()
})

const publicPem = Buffer.from(pair.publicKey.export({ type: 'spki', format: 'pem' }) as string)
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

test.each<[string, () => Promise<string> | string]>([
  ['alg none', () => new UnsecuredJWT({ sub: 'a', role: 'admin', sid: 's', tv: 3 }).setExpirationTime('1h').encode()],
  ['another HMAC', () => forged({ alg: 'HS512' }).sign(new Uint8Array(64).fill(1))],
  ['HS256 by the public key of EdDSA', () => forged({ alg: 'HS256', kid: 'k2' }).sign(publicPem)],
  ['RS256', () => forged({ alg: 'RS256' }).sign(rsa.privateKey)],
  ['another secret', () => forged({ alg: 'HS256' }).sign(new Uint8Array(32).fill(9))],
  ['no kid', () => forged({ alg: 'HS256', kid: undefined as unknown as string }).sign(secret)],
  ['another type', () => forged({ alg: 'HS256', typ: 'JWT' }).sign(secret)],
  ['another issuer', () => forged({ alg: 'HS256' }, { iss: 'Other' }).sign(secret)],
  ['another audience', () => forged({ alg: 'HS256' }, { aud: 'https://other.test' }).sign(secret)],
  ['no expiry', () => forged({ alg: 'HS256' }, { exp: undefined }).sign(secret)],
  ['no session', () => forged({ alg: 'HS256' }, { sid: undefined }).sign(secret)],
  ['a version that is text', () => forged({ alg: 'HS256' }, { tv: '3' }).sign(secret)],
  ['no token at all', () => 'a.b.c'],
  ['ten megabytes', () => 'x'.repeat(10_000_000)],
])('refused: %s', async (_, make) => {
  expect(await setup([k1, k2]).tokens.read(await make())).toBeNull()
})

test('what the refused ones are made from is read when nothing is wrong with it', async () => {
  expect(await setup().tokens.read(await forged({ alg: 'HS256' }).sign(secret))).toEqual({ ...claims, role: 'admin' })
})

test('another HMAC by the very secret is refused: the algorithm is the key’s', async () => {
  const long = new Uint8Array(64).fill(1)
  const { tokens } = setup([{ kid: 'k1', alg: 'HS256', secret: long }])
  expect(await tokens.read(await forged({ alg: 'HS256' }).sign(long))).not.toBeNull()
  for (const alg of ['HS384', 'HS512']) expect(await tokens.read(await forged({ alg }).sign(long))).toBeNull()
})

test('keys that are short, alike or missing stop the start', () => {
  expect(() => setup([{ kid: 'k', alg: 'HS256', secret: new Uint8Array(31) }])).toThrow('shorter than 32 bytes')
  expect(() => setup([k1, k1])).toThrow('one kid')
  expect(() => setup([])).toThrow('at least one key')
})

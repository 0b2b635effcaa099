import { expect, test } from 'vitest'
import { type Grant, grantSchema, secretsBoundTo, signedGrantSchema } from './grant.ts'

const id = '0197c6f0-0000-7000-8000-000000000000'
const grant: Grant = {
  ...{ v: 2, orderId: id, type: 'shell.run', payload: {}, dryRun: false, risk: 'change', retryClass: 'once' },
  ...{ runnerId: id, serverId: null, attempt: 1, maxAttempts: 1, lostClaims: 0, lease: 'l', timeoutSec: 1 },
  ...{ issuedAt: 1, notAfter: 2, expiresAt: null, auditHead: null, secrets: null },
}
const hash = 'A'.repeat(43)
const signed = { v: 2, keyId: 'k', bytes: 'e30', batch: [hash], place: 0, signature: 's' }

test('the list that is signed for holds hashes and nothing else: no text that could be two', () => {
  expect(signedGrantSchema.safeParse(signed).success).toBe(true)
  for (const other of [
    `${hash}A`,
    `${hash}\n${hash}`,
    `${hash}\n`,
    `\n${hash}`,
    `A${hash}`,
    hash.slice(1),
    `${hash.slice(1)}=`,
  ]) {
    expect(signedGrantSchema.safeParse({ ...signed, batch: [other] }).success, JSON.stringify(other)).toBe(false)
  }
})

test('a grant may be of either kind of retry and of any risk, and says how often it may be done', () => {
  for (const retryClass of ['idempotent', 'once'])
    expect(grantSchema.safeParse({ ...grant, retryClass }).success).toBe(true)
  for (const risk of ['read', 'change', 'destructive'])
    expect(grantSchema.safeParse({ ...grant, risk }).success).toBe(true)
  for (const wrong of [
    { retryClass: 'always' },
    { risk: 'none' },
    { attempt: 0 },
    { maxAttempts: 0 },
    { lostClaims: -1 },
  ])
    expect(grantSchema.safeParse({ ...grant, ...wrong }).success, JSON.stringify(wrong)).toBe(false)
  const { lostClaims: _, ...silent } = grant
  expect(grantSchema.parse(silent).lostClaims).toBe(0)
})

test('a grant carries secrets up to their bound', () => {
  const carries = (ciphertext: string) =>
    grantSchema.safeParse({ ...grant, secrets: { keyId: 'k', enc: 'e', ciphertext } }).success
  expect([carries('c'), carries('c'.repeat(700_000)), carries('c'.repeat(700_001))]).toEqual([true, true, false])
})

test('secrets are bound to the order, the attempt, the claim and the runner', () => {
  const others = [{ orderId: 'o' }, { attempt: 2 }, { lease: 'm' }, { runnerId: 'r' }]
  expect(new Set([grant, ...others.map((other) => ({ ...grant, ...other }))].map(secretsBoundTo)).size).toBe(5)
})

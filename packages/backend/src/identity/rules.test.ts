import { expect, test } from 'vitest'
import { type AttemptState, afterFailure, isBlocked, signInRules } from './attempt-rules.ts'
import { networkOf } from './client-address.ts'
import { decideRefresh, defaultRefreshPolicy as policy } from './refresh-rules.ts'
import { createRoles, mayAct } from './roles.ts'
import { openText, sealText } from './sealed-text.ts'

const now = Date.UTC(2026, 9, 24, 12)
const at = (ms: number) => new Date(now + ms)
const minute = 60_000

const live = { expiresAt: at(1), endedAt: null, rotations: 3, accountDisabled: false }
const unused = { expiresAt: at(1), usedAt: null, successorUsed: false }

test.each([
  ['unused', unused, live, 'rotate'],
  ['unused, idle for too long', { ...unused, expiresAt: at(0) }, live, 'over'],
  ['unused, of a session past its absolute end', unused, { ...live, expiresAt: at(0) }, 'over'],
  ['unused, of a session that ended', unused, { ...live, endedAt: at(-1) }, 'over'],
  ['unused, of a disabled account', unused, { ...live, accountDisabled: true }, 'over'],
  ['unused, of a session that was refreshed too often', unused, { ...live, rotations: 10_000 }, 'over'],
  ['used a moment ago', { ...unused, usedAt: at(-9_999) }, live, 'same'],
  ['used a moment ago, as its successor was', { ...unused, usedAt: at(-9_999), successorUsed: true }, live, 'raced'],
  ['used ten seconds ago', { ...unused, usedAt: at(-10_000) }, live, 'reused'],
  ['used long ago and idle', { ...unused, usedAt: at(-1e8), expiresAt: at(-1e7) }, live, 'reused'],
  ['used in a future that a clock set back has', { ...unused, usedAt: at(60_000) }, live, 'reused'],
  ['used, of a session that ended', { ...unused, usedAt: at(-1e6) }, { ...live, endedAt: at(-1) }, 'over'],
] as const)('a refresh token, %s', (_, token, session, decision) => {
  expect(decideRefresh(token, session, now, policy)).toBe(decision)
})

test('five wrong block a client for half an hour, and longer from then on, up to two', () => {
  let state: AttemptState | null = null
  const blocks: number[] = []
  let time = now
  for (let failure = 1; failure <= 25; failure += 1) {
    state = afterFailure(state, signInRules.client, time)
    blocks.push(state.blockedUntil ? (state.blockedUntil.getTime() - time) / minute : 0)
    time = state.blockedUntil?.getTime() ?? time
  }
  expect(blocks).toEqual([
    0,
    0,
    0,
    0,
    ...Array(5).fill(30),
    ...Array(5).fill(60),
    ...Array(5).fill(90),
    ...Array(6).fill(120),
  ])
  expect(isBlocked(state, time)).toBe(false)
  expect(afterFailure(state, signInRules.client, time + 24 * 60 * minute).count).toBe(1)
})

test.each([
  ['203.0.113.7', '203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1::/48'],
  ['2001:DB8:1:2:ffff::1', '2001:db8:1:2::/64', '2001:db8:1::/48'],
  ['2001:db8::1', '2001:db8:0:0::/64', '2001:db8:0::/48'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64', 'fe80:0:0::/48'],
  ['::1', '0:0:0:0::/64', '0:0:0::/48'],
  ['nonsense', 'nonsense', 'nonsense'],
])('callers at %s are told apart as %s', (address, narrow, wide) => {
  expect([networkOf(address), networkOf(address, 48)]).toEqual([narrow, wide])
})

test('who may act', () => {
  const ada = { id: 'ada', role: 'client' }
  expect(mayAct(ada, { ownerId: 'ada' })).toBe(true)
  expect(mayAct(ada, { ownerId: 'bob' })).toBe(false)
  expect(mayAct(ada, { roles: ['client'] })).toBe(true)
  expect(mayAct(ada, { roles: ['admin'], ownerId: 'ada' })).toBe(true)
  expect(mayAct(ada, {})).toBe(false)
  expect(mayAct(null, { ownerId: null })).toBe(false)
  expect(mayAct({ id: '', role: 'client' }, { ownerId: '' })).toBe(false)
  expect(mayAct(ada, { ownerId: undefined })).toBe(false)
})

test('roles have an order', () => {
  const roles = createRoles(['client', 'washer', 'manager', 'admin'])
  expect(roles.isAtLeast('manager', 'washer')).toBe(true)
  expect(roles.isAtLeast('client', 'washer')).toBe(false)
  expect(roles.isAtLeast('constructor', 'client')).toBe(false)
  expect(roles.stepsBetween('washer', 'manager')).toBe(1)
  expect(roles.stepsBetween('admin', 'client')).toBe(-3)
  expect(() => roles.stepsBetween('admin', 'root')).toThrow('no role "root"')
  expect(() => createRoles(['a', 'a'])).toThrow('different names')
})

test('a sealed text opens with its key and context alone', () => {
  const sealed = sealText('word', 'key', 'context')
  expect(openText(sealed, 'key', 'context')).toBe('word')
  expect(() => openText(sealed, 'other', 'context')).toThrow()
  expect(() => openText(sealed, 'key', 'other')).toThrow()
  const bytes = Buffer.from(sealed, 'base64url')
  for (const at of bytes.keys()) {
    const altered = Buffer.from(bytes)
    altered.writeUInt8(bytes.readUInt8(at) ^ 1, at)
    expect(() => openText(altered.toString('base64url'), 'key', 'context'), `byte ${at}`).toThrow()
  }
})

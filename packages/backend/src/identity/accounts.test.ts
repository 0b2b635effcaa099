import type { AppError } from '@ikoma/kernel'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { elsewhere, goodPassword, home, openWorld, type World } from './testing/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld(inject('postgresUrl'))
})
beforeEach(() => world.clear())
afterAll(() => world.destroy())

const hour = 3_600_000
const email = 'ada@example.fr'
const newPassword = 'Vélo-bleu-43'
const reasonOf = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (error: AppError) => error.reason,
  )
const login = (password = goodPassword, client = home) => world.identity.login({ email, password, client })
const register = (patch: Partial<{ email: string; password: string }> = {}) =>
  world.identity.register({ email, password: goodPassword, ...patch })

test('registering writes what the app adds in the same transaction, or nothing', async () => {
  const app = async () => {
    throw new Error('the app refuses')
  }
  await expect(world.identity.register({ email, password: goodPassword }, app)).rejects.toThrow('the app refuses')
  const seen: string[] = []
  const done = await world.identity.register({ email, password: goodPassword }, async (_tx, account) => {
    seen.push(account.email)
  })
  expect(done.status).toBe('created')
  expect(seen).toEqual([email])
})

test('an address is registered once, however it is written and however many come at once', async () => {
  const all = await Promise.all(
    ['ada@example.fr', 'ADA@example.fr', ' ada@EXAMPLE.fr'].map((each) => register({ email: each })),
  )
  expect(all.map(({ status }) => status).sort()).toEqual(['created', 'taken', 'taken'])
  expect(world.told('registration-of-existing').to.toLowerCase()).toBe(email)
  for (let n = 0; n < 10; n += 1) await register()
  expect(world.events.filter(({ kind }) => kind === 'registration-of-existing')).toHaveLength(3)
})

test.each([
  ['no address', { email: 'ada' }, 'email_invalid'],
  ['two addresses', { email: 'ada@example.fr,eve@example.fr' }, 'email_invalid'],
  ['a line more', { email: 'ada@example.fr\r\nBcc: eve@example.fr' }, 'email_invalid'],
  ['a weak password', { password: 'Password123!' }, 'password_too_common'],
])('refused: %s', async (_, patch, reason) => {
  await expect(register(patch)).rejects.toMatchObject({ reason })
})

test('a verification holds a day, is used once, and a newer one voids it', async () => {
  await register()
  const first = world.told('verify-email').token
  await world.identity.requestVerification({ email, client: home })
  const second = world.told('verify-email').token
  expect(await reasonOf(world.identity.verifyEmail(first))).toBe('token_invalid')
  world.pass(24 * hour - 1)
  const both = await Promise.all([second, second].map((token) => reasonOf(world.identity.verifyEmail(token))))
  expect(both.sort()).toEqual(['ok', 'token_invalid'])
  await world.identity.register({ email: 'bob@example.fr', password: goodPassword })
  world.pass(24 * hour)
  expect(await reasonOf(world.identity.verifyEmail(world.told('verify-email').token))).toBe('token_invalid')
})

test('a token proves nothing about an address that the account has since', async () => {
  await register()
  await world.options.database.pool.query("update identity_accounts set email_key = 'eve@example.fr'")
  expect(await reasonOf(world.identity.verifyEmail(world.told('verify-email').token))).toBe('token_invalid')
})

test('asking for a reset answers the same for who has no account, and mails three an hour at most', async () => {
  await world.account()
  for (let n = 0; n < 5; n += 1) await world.identity.requestPasswordReset({ email, client: home })
  expect(world.events.filter(({ kind }) => kind === 'reset-password')).toHaveLength(3)
  const nobody = { email: 'nobody@example.fr', client: home }
  await expect(world.identity.requestPasswordReset(nobody)).resolves.toBeUndefined()
  for (let n = 0; n < 14; n += 1) await world.identity.requestPasswordReset({ ...nobody, email: `n${n}@example.fr` })
  await expect(world.identity.requestPasswordReset(nobody)).rejects.toMatchObject({ code: 'rate_limited' })
  await expect(world.identity.requestPasswordReset({ ...nobody, client: elsewhere })).resolves.toBeUndefined()
})

test('a reset ends every session, tells the owner, and lets the new password in alone', async () => {
  await world.account()
  const before = await login()
  await world.identity.requestPasswordReset({ email, client: elsewhere })
  const { token } = world.told('reset-password')
  await expect(world.identity.resetPassword({ token, newPassword: 'short1' })).rejects.toMatchObject({
    reason: 'password_too_short',
    fields: [{ field: 'new_password' }],
  })
  await world.identity.resetPassword({ token, newPassword })
  expect(await reasonOf(world.identity.refresh(before.refreshToken))).toBe('session_over')
  expect(await world.identity.authenticate({ headers: { authorization: `Bearer ${before.accessToken}` } })).toBeNull()
  expect([await reasonOf(login()), await reasonOf(login(newPassword))]).toEqual(['wrong_credentials', 'ok'])
  expect(await reasonOf(world.identity.resetPassword({ token, newPassword }))).toBe('token_invalid')
  expect(world.told('password-changed').to).toBe(email)
})

test('a reset holds an hour, one of two at once wins, and a verification is no reset', async () => {
  await register()
  const newReset = async () => {
    await world.identity.requestPasswordReset({ email, client: home })
    return world.told('reset-password').token
  }
  const late = await newReset()
  world.pass(hour)
  expect(await reasonOf(world.identity.resetPassword({ token: late, newPassword }))).toBe('token_invalid')
  const verification = world.told('verify-email').token
  expect(await reasonOf(world.identity.resetPassword({ token: verification, newPassword }))).toBe('token_invalid')
  const token = await newReset()
  const both = await Promise.all([1, 2].map(() => reasonOf(world.identity.resetPassword({ token, newPassword }))))
  expect(both.sort()).toEqual(['ok', 'token_invalid'])
  // The mail went to the address: it is verified by that.
  expect(await reasonOf(login(newPassword))).toBe('ok')
})

test('changing the password ends the other sessions, and this one goes on', async () => {
  const accountId = await world.account()
  const [mine, other] = [await login(), await login()]
  const { sessionId } = mine
  const change = (currentPassword: string) =>
    world.identity.changePassword({ accountId, sessionId, currentPassword, newPassword, client: home })
  await expect(change('wrong-1')).rejects.toMatchObject({
    reason: 'wrong_password',
    fields: [{ field: 'current_password' }],
  })
  const { accessToken } = await change(goodPassword)
  expect(await world.identity.authenticate({ headers: { authorization: `Bearer ${accessToken}` } })).toMatchObject({
    sessionId,
  })
  for (const { accessToken: old } of [mine, other])
    expect(await world.identity.authenticate({ headers: { authorization: `Bearer ${old}` } })).toBeNull()
  expect(await reasonOf(world.identity.refresh(other.refreshToken))).toBe('session_over')
  expect(await reasonOf(world.identity.refresh(mine.refreshToken))).toBe('ok')
})

test('who took over a session guesses five passwords, not more', async () => {
  const accountId = await world.account()
  const { sessionId } = await login()
  const guess = (n: number) =>
    world.identity.changePassword({
      accountId,
      sessionId,
      currentPassword: `wrong-${n}`,
      newPassword,
      client: elsewhere,
    })
  const all = await Promise.all(Array.from({ length: 8 }, (_, n) => reasonOf(guess(n))))
  expect(all.filter((reason) => reason === 'wrong_password')).toHaveLength(5)
})

test('the initial admin is made once, by however many processes start', async () => {
  const request = { email: 'admin@example.fr', password: 'AdminSecurePass2024!' }
  const other = world.another()
  const all = await Promise.all([world.identity, other, world.identity].map((each) => each.createInitialAdmin(request)))
  expect(all.filter(({ created }) => created)).toHaveLength(1)
  const { account } = await world.identity.login({ ...request, client: home })
  expect(account).toMatchObject({ role: 'admin', emailVerified: true })
  expect(await world.identity.createInitialAdmin({ ...request, password: 'Another-Pass-2025' })).toEqual({
    created: false,
  })
  await expect(world.identity.login({ ...request, client: home })).resolves.toBeDefined()
})

test.each([
  ['eleven characters', 'Vélo-roug-4', 'password_too_short'],
  ['one that is tried first', 'Password2024!!', 'password_too_common'],
])('no initial admin with %s', async (_, password, reason) => {
  await expect(world.identity.createInitialAdmin({ email, password })).rejects.toMatchObject({ reason })
})

test('who registered with the initial admin’s address first is not made admin', async () => {
  await world.account('admin@example.fr')
  const request = { email: 'admin@example.fr', password: 'AdminSecurePass2024!' }
  expect(await world.identity.createInitialAdmin(request)).toEqual({ created: false })
  const { account } = await world.identity.login({ email: request.email, password: goodPassword, client: home })
  expect(account.role).toBe('client')
  expect(world.logged()).toContain('initial admin')
})

test('what is over is swept, and what is not stays', async () => {
  await world.account()
  const { refreshToken } = await login()
  await login('wrong-1').catch(() => undefined)
  await world.identity.sweep()
  await expect(world.identity.refresh(refreshToken)).resolves.toBeDefined()
  world.pass(40 * 24 * hour)
  await world.identity.sweep()
  for (const table of ['sessions', 'refresh_tokens', 'attempts'])
    expect((await world.options.database.pool.query(`select * from identity_${table}`)).rows).toEqual([])
})

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
const reasonOf = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (error: AppError) => error.reason,
  )
const login = (address: string, client = home) =>
  world.identity.login({ email: address, password: goodPassword, client })
const ask = (accountId: string, newEmail: string, currentPassword = goodPassword) =>
  world.identity.requestEmailChange({ accountId, newEmail, currentPassword, client: home })

test('nothing changes until the link at the new address is opened, and then the old one is told', async () => {
  const accountId = await world.account()
  const session = await login(email)
  await ask(accountId, 'Ada.New@example.fr')
  expect(world.told('change-email')).toMatchObject({ accountId, to: 'ada.new@example.fr' })
  expect(await reasonOf(login(email))).toBe('ok')
  const changed = await world.identity.confirmEmailChange(world.told('change-email').token)
  expect(changed).toMatchObject({ id: accountId, email: 'ada.new@example.fr', emailVerified: true })
  expect(world.told('email-changed')).toMatchObject({ to: email, newEmail: 'ada.new@example.fr' })
  expect([await reasonOf(login(email)), await reasonOf(login('ADA.new@example.fr'))]).toEqual([
    'wrong_credentials',
    'ok',
  ])
  expect(await reasonOf(world.identity.refresh(session.refreshToken))).toBe('session_over')
  const headers = { authorization: `Bearer ${session.accessToken}` }
  expect(await world.identity.authenticate({ headers })).toBeNull()
})

test('a link holds an hour, once, by one of two at once, and is void when another is asked for', async () => {
  const accountId = await world.account()
  await ask(accountId, 'first@example.fr')
  const first = world.told('change-email').token
  await ask(accountId, 'second@example.fr')
  const { token } = world.told('change-email')
  expect(await reasonOf(world.identity.confirmEmailChange(first))).toBe('token_invalid')
  expect(await reasonOf(world.identity.verifyEmail(token))).toBe('token_invalid')
  const reset = { token, newPassword: 'Vélo-bleu-43' }
  expect(await reasonOf(world.identity.resetPassword(reset))).toBe('token_invalid')
  const both = await Promise.all([token, token].map((each) => reasonOf(world.identity.confirmEmailChange(each))))
  expect(both.sort()).toEqual(['ok', 'token_invalid'])
  await ask(accountId, 'third@example.fr')
  world.pass(hour)
  expect(await reasonOf(world.identity.confirmEmailChange(world.told('change-email').token))).toBe('token_invalid')
})

test('a link to a new password that went to the old address opens nothing any more', async () => {
  const accountId = await world.account()
  await world.identity.requestPasswordReset({ email, client: home })
  const { token } = world.told('reset-password')
  await ask(accountId, 'new@example.fr')
  await world.identity.confirmEmailChange(world.told('change-email').token)
  const reset = { token, newPassword: 'Vélo-bleu-43' }
  expect(await reasonOf(world.identity.resetPassword(reset))).toBe('token_invalid')
})

test('an address that has an account is answered alike, its owner is told, and it is never taken over', async () => {
  const accountId = await world.account()
  await world.account('eve@example.fr')
  await expect(ask(accountId, 'EVE@example.fr')).resolves.toBeUndefined()
  expect(world.told('registration-of-existing').to).toBe('eve@example.fr')
  expect(() => world.told('change-email')).toThrow('nothing of change-email')
  await ask(accountId, 'bob@example.fr')
  await world.account('bob@example.fr')
  expect(await reasonOf(world.identity.confirmEmailChange(world.told('change-email').token))).toBe('email_taken')
  expect(await reasonOf(login(email))).toBe('ok')
})

test('two accounts that change to one address at once: one has it', async () => {
  const ids = [await world.account(), await world.account('eve@example.fr')]
  const tokens: string[] = []
  for (const id of ids) {
    await ask(id, 'new@example.fr')
    tokens.push(world.told('change-email').token)
  }
  const done = await Promise.all(tokens.map((token) => reasonOf(world.identity.confirmEmailChange(token))))
  expect(done.filter((reason) => reason === 'ok')).toHaveLength(1)
  expect(done).not.toContain('internal')
})

test('a session alone changes no address, and guesses five passwords, not more', async () => {
  const accountId = await world.account()
  const guess = () =>
    reasonOf(
      world.identity.requestEmailChange({
        ...{ accountId, newEmail: 'thief@example.fr', currentPassword: 'wrong-1', client: elsewhere },
      }),
    )
  const reasons: string[] = []
  for (let n = 0; n < 6; n += 1) reasons.push(await guess())
  expect(reasons).toEqual([...Array(5).fill('wrong_password'), 'too_many_attempts'])
  expect(await reasonOf(ask(accountId, email))).toBe('email_same')
  expect(await reasonOf(ask(accountId, 'no address'))).toBe('email_invalid')
})

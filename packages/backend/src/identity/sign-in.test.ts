import type { AppError } from '@ikoma/kernel'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { createPasswordHasher } from './password-hasher.ts'
import { elsewhere, goodPassword, home, openWorld, quickHasher, type World } from './testing/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld(inject('postgresUrl'))
})
beforeEach(() => world.clear())
afterAll(() => world.destroy())

const minute = 60_000
const email = 'ada@example.fr'

const login = (patch: Partial<Parameters<World['identity']['login']>[0]> = {}) =>
  world.identity.login({ email, password: goodPassword, client: home, ...patch })

const refusal = (error: AppError) => ({ code: error.code, reason: error.reason, message: error.message })

async function fail(times: number, patch: Parameters<typeof login>[0] = {}): Promise<string[]> {
  const reasons: string[] = []
  for (let n = 0; n < times; n += 1)
    reasons.push(
      await login({ password: `wrong-${n}`, ...patch }).then(
        () => 'in',
        (error: AppError) => error.reason,
      ),
    )
  return reasons
}

test('who registered signs in once the address is verified, however it is typed', async () => {
  await world.identity.register({ email: ' Ada@Example.fr ', password: goodPassword })
  await expect(login()).rejects.toMatchObject({ code: 'unauthorized', reason: 'wrong_credentials' })
  await world.identity.verifyEmail(world.told('verify-email').token)
  const signedIn = await login({ email: 'ADA@example.FR' })
  expect(signedIn.account).toMatchObject({ email: 'Ada@Example.fr', role: 'client', emailVerified: true })
  expect(signedIn).toMatchObject({ tokenType: 'Bearer', expiresInSec: 900 })
  const headers = { authorization: `Bearer ${signedIn.accessToken}` }
  const { id } = signedIn.account
  expect(await world.identity.authenticate({ headers })).toEqual({ id, role: 'client', sessionId: signedIn.sessionId })
})

test('an address that is not known, one that is none and a wrong password have one answer', async () => {
  await world.account()
  const wrong = await login({ password: 'wrong-1' }).catch(refusal)
  expect(await login({ email: 'nobody@example.fr' }).catch(refusal)).toEqual(wrong)
  expect(await login({ email: "' or 1=1 --" }).catch(refusal)).toEqual(wrong)
  expect(wrong).toMatchObject({ code: 'unauthorized', reason: 'wrong_credentials' })
})

test('who registers an address does not learn by signing in whether it had an account', async () => {
  await world.account()
  const [chosen, nobody] = ['Autre-mot-33', 'nobody@example.fr']
  for (const address of [email, nobody]) await world.identity.register({ email: address, password: chosen })
  const tried = (address: string, client: typeof home) => fail(7, { email: address, password: chosen, client })
  const [known, unknown] = [await tried(email, elsewhere), await tried(nobody, home)]
  expect(unknown).toEqual(known)
  expect(known).toEqual([...Array(5).fill('wrong_credentials'), ...Array(2).fill('too_many_attempts')])
  // Whoever the address is of, and tried before it opened the link, is let in once it has.
  await world.identity.verifyEmail(world.told('verify-email').token, home)
  await expect(login({ email: nobody, password: chosen })).resolves.toBeDefined()
})

test('an unknown address costs a verification, as a wrong password does', async () => {
  const asked: (string | null)[] = []
  const hasher: typeof quickHasher = {
    ...quickHasher,
    isPassword: (password, hashed) => {
      asked.push(hashed === null ? null : 'hash')
      return quickHasher.isPassword(password, hashed)
    },
  }
  await world.account()
  const identity = world.another({ hasher })
  for (const address of [email, 'nobody@example.fr'])
    await identity.login({ email: address, password: 'wrong-1', client: home }).catch(() => undefined)
  expect(asked).toEqual(['hash', null])
})

test('an unknown address is blocked as one that is known, after as many', async () => {
  await world.account()
  const expected = [...Array(5).fill('wrong_credentials'), 'too_many_attempts']
  expect(await fail(6)).toEqual(expected)
  expect(await fail(6, { email: 'nobody@example.fr', client: elsewhere })).toEqual(expected)
})

test('five wrong block that address for that account, and its owner signs in from another', async () => {
  await world.account()
  await fail(5, { client: elsewhere })
  await expect(login({ client: elsewhere })).rejects.toMatchObject({
    code: 'rate_limited',
    reason: 'too_many_attempts',
    retryAfterSec: 1800,
  })
  await expect(login({ client: home })).resolves.toBeDefined()
  world.pass(30 * minute)
  await expect(login({ client: elsewhere })).resolves.toBeDefined()
})

test('the owner’s device is let in from the very address that somebody else has blocked', async () => {
  await world.account()
  const { deviceToken } = await login()
  await fail(6)
  await expect(login()).rejects.toMatchObject({ reason: 'too_many_attempts' })
  await expect(login({ client: { ...home, deviceToken } })).resolves.toMatchObject({ deviceToken })
})

test('a device’s token is of its account alone, and one that was made up is nobody’s', async () => {
  await world.account()
  await world.account('eve@example.fr')
  const { deviceToken } = await login({ email: 'eve@example.fr', client: elsewhere })
  await fail(5)
  await expect(login({ client: { ...home, deviceToken } })).rejects.toMatchObject({ reason: 'too_many_attempts' })
  await expect(login({ client: { ...home, deviceToken: 'x' } })).rejects.toMatchObject({ reason: 'too_many_attempts' })
})

test('whoever stole a device’s token has five guesses more, and no more than that', async () => {
  await world.account()
  const { deviceToken } = await login()
  const thief = { client: { ...elsewhere, deviceToken } }
  expect(await fail(12, thief)).toEqual([...Array(10).fill('wrong_credentials'), ...Array(2).fill('too_many_attempts')])
})

test('a hundred addresses and more that guess do not keep the owner out, at home or at a new address', async () => {
  await world.account()
  const { deviceToken } = await login()
  for (let n = 0; n < 110; n += 1) await fail(1, { client: { address: `198.18.${n}.1` } })
  expect(await fail(3, { client: { address: '198.19.0.1' } })).toEqual([
    'wrong_credentials',
    ...Array(2).fill('too_many_attempts'),
  ])
  await expect(login({ client: { address: '192.0.2.55' } })).resolves.toBeDefined()
  await expect(login()).resolves.toBeDefined()
  await expect(login({ client: { address: '198.18.3.1', deviceToken } })).resolves.toBeDefined()
})

test('under attack a whole /48 has one guess', async () => {
  await world.account()
  for (let n = 0; n < 100; n += 1) await fail(1, { client: { address: `198.18.${n}.1` } })
  const reasons = []
  for (let n = 0; n < 3; n += 1) reasons.push(...(await fail(1, { client: { address: `2001:db8:9:${n}::1` } })))
  expect(reasons).toEqual(['wrong_credentials', ...Array(2).fill('too_many_attempts')])
})

test('one address that tries one password on many accounts is stopped, and those who sign in there are not', async () => {
  await world.account()
  await login()
  const reasons: string[] = []
  for (let n = 0; n < 32; n += 1) reasons.push(...(await fail(1, { email: `n${n}@example.fr` })))
  expect(reasons).toEqual([...Array(30).fill('wrong_credentials'), ...Array(2).fill('too_many_attempts')])
  await expect(login()).resolves.toBeDefined()
})

test('a hundred guesses at once are as many as five', async () => {
  await world.account()
  const all = await Promise.all(Array.from({ length: 100 }, () => fail(1)))
  expect(all.flat().filter((reason) => reason === 'wrong_credentials')).toHaveLength(5)
})

test('two processes count together', async () => {
  await world.account()
  const other = world.another()
  await fail(3)
  for (const password of ['wrong-a', 'wrong-b'])
    await other.login({ email, password, client: home }).catch(() => undefined)
  await expect(login()).rejects.toMatchObject({ reason: 'too_many_attempts' })
})

test('twenty right sign-ins at once are all let in', async () => {
  await world.account()
  expect(await Promise.all(Array.from({ length: 20 }, () => login()))).toHaveLength(20)
})

test('a right password forgets the wrong ones before it', async () => {
  await world.account()
  await fail(4)
  await login()
  expect(await fail(4)).toEqual(Array(4).fill('wrong_credentials'))
  await expect(login()).resolves.toBeDefined()
})

test('who signs in takes new parameters of the hash along', async () => {
  await world.account()
  const identity = world.another({
    hasher: createPasswordHasher({ parameters: { memoryCost: 16, timeCost: 1, parallelism: 1 } }),
  })
  await identity.login({ email, password: goodPassword, client: home })
  const { rows } = await world.options.database.pool.query(`select password_hash from identity_accounts`)
  expect(rows[0]?.password_hash).toMatch(/^\$argon2id\$v=19\$m=16,/)
  await expect(identity.login({ email, password: goodPassword, client: home })).resolves.toBeDefined()
})

test('a disabled account says so to its owner alone, and its sessions are over at once', async () => {
  const id = await world.account()
  const { accessToken, refreshToken } = await login()
  const headers = { authorization: `Bearer ${accessToken}` }
  expect(await world.identity.authenticate({ headers })).not.toBeNull()
  await world.identity.disable(id)
  expect(await world.identity.authenticate({ headers })).toBeNull()
  await expect(world.identity.refresh(refreshToken)).rejects.toMatchObject({ reason: 'session_over' })
  await expect(login()).rejects.toMatchObject({ code: 'forbidden', reason: 'account_disabled' })
  await expect(login({ password: 'wrong-1' })).rejects.toMatchObject({ reason: 'wrong_credentials' })
  await world.identity.enable(id)
  await expect(login()).resolves.toBeDefined()
})

test('a change of role is seen at once here, and within two seconds by another process', async () => {
  const id = await world.account()
  const { accessToken, refreshToken } = await login()
  const headers = { authorization: `Bearer ${accessToken}` }
  const other = world.another()
  await other.authenticate({ headers })
  await world.identity.authenticate({ headers })
  await world.identity.setRole({ accountId: id, role: 'washer' })
  expect(await world.identity.authenticate({ headers })).toBeNull()
  expect(await other.authenticate({ headers })).toMatchObject({ role: 'client' })
  world.pass(2_000)
  expect(await other.authenticate({ headers })).toBeNull()
  const renewed = await other.refresh(refreshToken)
  const after = { headers: { authorization: `Bearer ${renewed.accessToken}` } }
  expect(await other.authenticate(after)).toMatchObject({ id, role: 'washer' })
  await expect(world.identity.setRole({ accountId: id, role: 'root' })).rejects.toMatchObject({
    reason: 'role_invalid',
  })
})

test('no header but a bearer token is somebody', async () => {
  const { authenticate } = world.identity
  for (const authorization of [undefined, '', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a.b.c', 'Bearer a b'])
    expect(await authenticate({ headers: { authorization } })).toBeNull()
})

test('neither log nor refusal has a password, a token or a code in it', async () => {
  await world.account()
  const { identity } = world
  const canary = 'Kanarienvogel-7391'
  const said: unknown[] = []
  const note = (error: unknown) =>
    void said.push(JSON.stringify(error, Object.getOwnPropertyNames(error)), String(error))
  await login({ password: canary }).catch(note)
  await identity.register({ email: 'x', password: canary }).catch(note)
  await identity.register({ email: 'kanarienvogel-7391@example.fr', password: canary }).catch(note)
  await identity.resetPassword({ token: canary, newPassword: canary }).catch(note)
  const first = await login()
  await identity.refresh(first.refreshToken)
  world.pass(minute)
  await identity.refresh(first.refreshToken).catch(note)
  // An error of the database has the statement's values in it.
  const broken = world.another({
    database: {
      ...world.options.database,
      transaction: () => world.options.database.db.execute(sql`select 1 / 0`) as never,
    },
  })
  await broken.login({ email, password: goodPassword, client: home }).catch(note)
  const all = said.join('\n') + world.logged()
  for (const secret of [canary, goodPassword, first.refreshToken, first.accessToken, first.deviceToken])
    expect(all).not.toContain(secret)
  expect(said.length).toBeGreaterThan(8)
})

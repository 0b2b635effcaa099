import type { AppError } from '@ikoma/kernel'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { elsewhere, goodPassword, home, openWorld, type World } from './testing/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld(inject('postgresUrl'))
})
beforeEach(() => world.clear())
afterAll(() => world.destroy())

const second = 1000
const email = 'ada@example.fr'
const reasonOf = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (error: AppError) => error.reason,
  )
const login = (code?: string, client = home) => world.identity.login({ email, password: goodPassword, client, code })

async function enrolled() {
  const id = await world.account()
  const { secret, uri } = await world.identity.enrolTotp(id)
  const codeAt = (ms = 0) =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: world.options.clock.now() + ms })
  const { recoveryCodes } = await world.identity.confirmTotp(id, codeAt())
  world.pass(60 * second)
  return { id, secret, uri, codeAt, recoveryCodes }
}

test('it counts once it is confirmed, and takes a code with the password', async () => {
  const id = await world.account()
  const { uri, secret } = await world.identity.enrolTotp(id)
  expect(uri).toMatch(/^otpauth:\/\/totp\/BlingAuto:ada%40example\.fr\?issuer=BlingAuto&secret=[A-Z2-7]{32}&/)
  expect(await reasonOf(login())).toBe('ok')
  expect(await reasonOf(world.identity.confirmTotp(id, '000000'))).toBe('second_factor_wrong')
  expect(await world.identity.hasTotp(id)).toBe(false)
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: world.options.clock.now() })
  expect((await world.identity.confirmTotp(id, code)).recoveryCodes).toHaveLength(10)
  expect(await world.identity.hasTotp(id)).toBe(true)
  expect(await reasonOf(login())).toBe('second_factor_required')
  await expect(world.identity.enrolTotp(id)).rejects.toMatchObject({ reason: 'second_factor_already_on' })
})

test.each([
  ['of now', 0, 'ok'],
  ['of the step before', -30, 'ok'],
  ['of the next step', 30, 'ok'],
  ['of two steps before', -60, 'second_factor_wrong'],
  ['of two steps after', 60, 'second_factor_wrong'],
])('a code %s', async (_, seconds, expected) => {
  const { codeAt } = await enrolled()
  world.pass(300 * second)
  expect(await reasonOf(login(codeAt(seconds * second)))).toBe(expected)
})

test('each code is taken once, by one of two at once, and none from before it after it', async () => {
  const { codeAt } = await enrolled()
  const code = codeAt(30 * second)
  const other = world.another()
  const both = [world.identity, other].map((each) =>
    reasonOf(each.login({ email, password: goodPassword, client: home, code })),
  )
  expect((await Promise.all(both)).sort()).toEqual(['ok', 'second_factor_wrong'])
  expect(await reasonOf(login(code))).toBe('second_factor_wrong')
  expect(await reasonOf(login(codeAt()))).toBe('second_factor_wrong')
})

test('the code that confirmed it does not sign in', async () => {
  const id = await world.account()
  const { secret } = await world.identity.enrolTotp(id)
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: world.options.clock.now() })
  await world.identity.confirmTotp(id, code)
  expect(await reasonOf(login(code))).toBe('second_factor_wrong')
})

test('a recovery code is taken once, however it is typed', async () => {
  const { recoveryCodes } = await enrolled()
  const [first = '', second = ''] = recoveryCodes
  expect(first).toMatch(/^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/)
  expect(await reasonOf(login(first.toLowerCase().replaceAll('-', ' ')))).toBe('ok')
  expect(await reasonOf(login(first))).toBe('second_factor_wrong')
  expect(await reasonOf(login(second))).toBe('ok')
})

test('with a wrong password a right code is not used up, and nothing is said of it', async () => {
  const { codeAt } = await enrolled()
  const request = { email, password: 'wrong-1', client: home, code: codeAt() }
  expect(await reasonOf(world.identity.login(request))).toBe('wrong_credentials')
  expect(await reasonOf(login(codeAt()))).toBe('ok')
})

test('who knows the password tries ten codes from anywhere, is told on, and the owner at home is let in', async () => {
  const { codeAt } = await enrolled()
  const known = await login(codeAt())
  world.pass(90 * second)
  const reasons: string[] = []
  for (let n = 0; n < 12; n += 1) reasons.push(await reasonOf(login('000000', { address: `198.18.${n}.1` })))
  expect(reasons).toEqual([...Array(10).fill('second_factor_wrong'), ...Array(2).fill('too_many_attempts')])
  expect(world.told('second-factor-attacked').to).toBe(email)
  expect(await reasonOf(login(codeAt(), elsewhere))).toBe('too_many_attempts')
  expect(await reasonOf(login(codeAt(), { ...elsewhere, ...{ deviceToken: known.deviceToken } }))).toBe('ok')
})

test('it is removed by a code, which who took over a session cannot find by trying', async () => {
  const { id, recoveryCodes } = await enrolled()
  const [code = ''] = recoveryCodes
  const reasons: string[] = []
  for (let n = 0; n < 12; n += 1) reasons.push(await reasonOf(world.identity.removeTotp(id, `00000${n % 10}`)))
  expect(reasons.slice(9)).toEqual(['second_factor_wrong', 'too_many_attempts', 'too_many_attempts'])
  world.pass(3600 * second)
  await world.identity.removeTotp(id, code)
  expect(await reasonOf(login())).toBe('ok')
})

test('the database has neither the secret nor a recovery code in it', async () => {
  const { secret, recoveryCodes } = await enrolled()
  const { pool } = world.options.database
  const dump = JSON.stringify([
    (await pool.query('select * from identity_totp')).rows,
    (await pool.query('select * from identity_recovery_codes')).rows,
  ])
  for (const text of [secret, ...recoveryCodes, ...recoveryCodes.map((each) => each.replaceAll('-', ''))])
    expect(dump).not.toContain(text)
})

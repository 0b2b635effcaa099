import { expect, test } from 'vitest'
import { codeAt } from '../../testing/authenticator.ts'
import { password, setupPerson } from '../../testing/person.ts'

test('a refresh token that was stolen and is used twice ends its family for both, and the owner is told', async () => {
  const { post, signIn, bearing, letters, time, email } = await setupPerson()
  const [owner, elsewhere] = [await signIn(), await signIn()]
  const refresh = (token: string) => post('refresh', { refresh_token: token })
  const thief = await refresh(owner.refresh_token)
  expect(thief.status).toBe(200)
  // Beyond what two tabs of one browser may be apart.
  time.now += 60_000
  const caught = await refresh(owner.refresh_token)
  expect([caught.status, caught.body.error.code]).toEqual([401, 'REFRESH_REUSED'])
  expect((await refresh(thief.body.refresh_token)).body.error.code).toBe('SESSION_OVER')
  for (const tokens of [owner, thief.body])
    expect((await bearing(tokens).call('GET', '/api/v1/auth/me')).status).toBe(401)
  expect((await letters(email)).at(-1)?.subject).toBe('You were signed out')
  expect((await letters(email)).filter(({ subject }) => subject === 'You were signed out')).toHaveLength(1)
  // Another sign-in of the same person is another family.
  expect((await refresh(elsewhere.refresh_token)).status).toBe(200)
})

test('who guesses is locked out, even behind the owner’s own address, and the owner’s device is not', async () => {
  const { from, email } = await setupPerson()
  const [home, right] = ['203.0.113.7', { email, password }]
  const first = await from(home, right)
  const cookie = /^__Host-device=(dev_\w+); Path=\/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax$/.exec(
    first.cookie,
  )
  const device = `theme=dark; __Host-device=${cookie?.[1]}; x=y`
  for (let n = 0; n < 5; n += 1) expect((await from(home, { email, password: 'wrong-1' })).status).toBe(401)
  const locked = await from(home, right)
  expect([locked.status, locked.body.error.code]).toEqual([429, 'TOO_MANY_ATTEMPTS'])
  const owner = await from(home, right, device)
  expect(owner.status).toBe(200)
  expect(owner.cookie).toBe(first.cookie)
  // A cookie that was made up is nobody's device, and neither is one of another name.
  for (const made of ['__Host-device=dev_x', `X__Host-device=${cookie?.[1]}`, `device=${cookie?.[1]}`])
    expect((await from(home, right, made)).status).toBe(429)
})

test('nobody learns from an answer whether an address has an account', async () => {
  const { post, register, from, email, letters } = await setupPerson()
  const known = email
  const shapeOf = ({ status, body }: { status: number; body: object }) => [status, Object.keys(body), shown(body)]
  const shown = (body: object) =>
    JSON.stringify(body)
      .toLowerCase()
      .replaceAll(known, '@')
      .replace(/nobody-\d+@example.org/, '@')
      .replace(/[0-9a-f-]{36}/, 'id')
  let asked = 0
  for (const ask of [
    (address: string) => register(address),
    (address: string) => register(address.toUpperCase()),
    (address: string) => post('request-password-reset', { email: address }),
    (address: string) => post('forgot-password', { email: address }),
    (address: string) => post('resend-verification', { email: address }),
    (address: string) => post('login', { email: address, password: 'wrong-1' }),
    (address: string) => from('203.0.113.9', { email: address, password: 'wrong-1' }),
  ]) {
    asked += 1
    const [answer, other] = [await ask(known), await ask(`nobody-${asked}@example.org`)]
    expect(shapeOf(answer)).toEqual(shapeOf(other))
  }
  expect((await letters(known)).some(({ subject }) => subject === 'You have an account')).toBe(true)
  // What the answer to somebody else's address names is no account.
  const { body } = await register(known)
  expect((await post('login', { email: known, password })).body.user.user_id).not.toBe(body.user_id)
})

test('nor from the time that it takes', async () => {
  const { from, post, email } = await setupPerson()
  const times = { known: [] as number[], unknown: [] as number[] }
  const took = async (work: () => Promise<unknown>) => {
    const before = performance.now()
    await work()
    return performance.now() - before
  }
  for (let n = 0; n < 15; n += 1) {
    const guess = (address: string, at: string) => took(() => from(at, { email: address, password: 'wrong-1' }))
    times.known.push(await guess(email, `198.18.0.${n}`))
    times.unknown.push(await guess('nobody@example.org', `198.18.1.${n}`))
  }
  const middle = (all: number[]) => all.toSorted((a, b) => a - b)[7] ?? 0
  const ratio = middle(times.known) / middle(times.unknown)
  expect([ratio > 0.5, ratio < 2, ratio]).toEqual([true, true, expect.any(Number)])
  // A hash takes longer than everything else in it.
  expect(Math.min(...times.unknown)).toBeGreaterThan(middle(times.known) / 4)
  for (const address of [email, 'nobody@example.org'])
    expect(await took(() => post('request-password-reset', { email: address }))).toBeGreaterThan(295)
})

test('an authenticator is begun by the password, confirmed by a code, asked for at sign-in, and turned off', async () => {
  const { post, signIn, bearing, time, email } = await setupPerson()
  const { headers, call } = bearing(await signIn())
  const totp = (what: string, body: object) => post(`totp/${what}`, body, headers)
  expect((await call('GET', '/api/v1/auth/totp')).body).toEqual({ enabled: false })
  // A session alone must not lock its owner out.
  expect((await totp('begin', { current_password: 'wrong-1' })).body.error.code).toBe('WRONG_PASSWORD')
  const begun = await totp('begin', { current_password: password })
  expect(begun.body.uri).toMatch(/^otpauth:\/\/totp\//)
  expect((await call('GET', '/api/v1/auth/totp')).body).toEqual({ enabled: false })
  await signIn()
  expect((await totp('confirm', { code: '000000' })).body.error.code).toBe('SECOND_FACTOR_WRONG')
  const { body } = await totp('confirm', { code: codeAt(begun.body.secret, time.now) })
  expect(body.recovery_codes).toHaveLength(10)
  expect((await totp('begin', { current_password: password })).body.error.code).toBe('SECOND_FACTOR_ALREADY_ON')
  const login = async (code?: string) => {
    const { status, body: answered } = await post('login', { email, password, ...(code && { code }) })
    return status === 200 ? 'in' : answered.error.code
  }
  expect([await login(), await login('000000')]).toEqual(['SECOND_FACTOR_REQUIRED', 'SECOND_FACTOR_WRONG'])
  time.now += 30_000
  const code = codeAt(begun.body.secret, time.now)
  expect([await login(code), await login(code)]).toEqual(['in', 'SECOND_FACTOR_WRONG'])
  const [recovery = ''] = body.recovery_codes as string[]
  expect([await login(recovery.toLowerCase()), await login(recovery)]).toEqual(['in', 'SECOND_FACTOR_WRONG'])
  expect((await totp('disable', { code: '000000' })).status).toBe(422)
  time.now += 30_000
  expect((await totp('disable', { code: codeAt(begun.body.secret, time.now) })).status).toBe(200)
  expect(await login()).toBe('in')
})

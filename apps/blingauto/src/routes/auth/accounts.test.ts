import { describe, expect, test } from 'vitest'
import { keepAnAdmin } from '../../store/users.ts'
import { setupApi } from '../../testing/api.ts'
import { password, setupPerson } from '../../testing/person.ts'

const newPassword = 'Jante-propre-77'

describe('passwords', () => {
  test('a link to a new one is used once, ends every session, and the newest alone holds', async () => {
    const { post, signIn, bearing, letters, email } = await setupPerson()
    const session = await signIn()
    const ask = async () => {
      await post('request-password-reset', { email })
      return (await letters()).at(-1)?.token ?? ''
    }
    const [first, token] = [await ask(), await ask()]
    const reset = (by: string, chosen = newPassword) => post('reset-password', { token: by, new_password: chosen })
    expect((await reset(first)).body.error.code).toBe('TOKEN_INVALID')
    expect((await reset(token, '12345678')).body.error).toMatchObject({
      code: 'PASSWORD_ALL_DIGITS',
      details: { fields: [{ field: 'new_password' }] },
    })
    const both = await Promise.all([reset(token), reset(token, 'Autre-mot-33')])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 400])
    expect((await reset(token)).body.error.code).toBe('TOKEN_INVALID')
    expect((await bearing(session).call('GET', '/api/v1/auth/me')).status).toBe(401)
    expect((await post('refresh', { refresh_token: session.refresh_token })).status).toBe(401)
    expect((await post('login', { email, password })).status).toBe(401)
    expect((await letters()).at(-1)?.subject).toBe('Your password was changed')
  })

  test('changing it ends the other sessions, and this one goes on with what is answered', async () => {
    const { post, signIn, bearing } = await setupPerson()
    const [mine, other] = [await signIn(), await signIn()]
    const change = (current: string, chosen = newPassword) =>
      post('change-password', { current_password: current, new_password: chosen }, bearing(mine).headers)
    expect((await change('wrong-1')).body.error.code).toBe('WRONG_PASSWORD')
    expect((await change(password, 'short1')).body.error.code).toBe('PASSWORD_TOO_SHORT')
    const { status, body } = await change(password)
    expect([status, body.token_type, body.expires_in]).toEqual([200, 'bearer', 900])
    const me = async (by: { access_token: string }) => (await bearing(by).call('GET', '/api/v1/auth/me')).status
    expect([await me(body), await me(mine), await me(other)]).toEqual([200, 401, 401])
    expect((await post('refresh', { refresh_token: mine.refresh_token })).status).toBe(200)
    expect((await post('refresh', { refresh_token: other.refresh_token })).status).toBe(401)
    await signIn(newPassword)
  })

  test.each([
    ['AdminSecurePass2024!', 201],
    ['Password123!', 422],
    ['12345678901', 422],
    ['x1', 422],
    ['correct horse battery 7', 201],
    [`${'é'.repeat(120)}1!2?`, 201],
  ])('%s is taken or refused by the policy: %i', async (chosen, status) => {
    const { register } = await setupPerson()
    expect((await register('new@example.org', chosen)).status).toBe(status)
  })
})

describe('an account', () => {
  test('is verified by the link, which is sent again to whoever asks, and signs in no sooner', async () => {
    const { post, register, letters, time } = await setupPerson()
    await register('eve@example.org')
    const eve = { email: 'eve@example.org', password }
    expect((await post('login', eve)).body.error.code).toBe('EMAIL_NOT_VERIFIED')
    const first = (await letters(eve.email)).at(-1)?.token
    await post('resend-verification', { email: eve.email })
    const second = (await letters(eve.email)).at(-1)?.token
    expect((await post('verify-email', { token: first })).body.error.code).toBe('TOKEN_INVALID')
    time.now += 23 * 3_600_000
    expect((await post('verify-email', { token: second })).status).toBe(200)
    expect((await post('login', eve)).status).toBe(200)
  })

  test('has a profile, of which what is not named stays', async () => {
    const { signIn, bearing, as } = await setupPerson()
    const { call } = bearing(await signIn())
    const put = (body: object) => call('PUT', '/api/v1/auth/profile', body)
    expect((await put({ phone_number: '+33 6 12 34 56 78' })).body).toMatchObject({
      ...{ full_name: 'Ada Byron', first_name: 'Ada', phone_number: '+33 6 12 34 56 78' },
    })
    expect((await put({ last_name: ' Lovelace ', phone_number: null })).body).toMatchObject({
      ...{ full_name: 'Ada Lovelace', phone_number: null },
    })
    expect((await put({})).body.full_name).toBe('Ada Lovelace')
    for (const body of [{ first_name: ' ' }, { role: 'admin' }, { user_id: 'x' }, { last_name: 'x'.repeat(101) }])
      expect((await put(body)).status).toBe(400)
    // The first admin came without one.
    const admin = await as('admin')
    const { body } = await admin.call('PUT', '/api/v1/auth/profile', { first_name: 'Grace' })
    expect(body).toMatchObject({ full_name: 'Grace', last_name: '' })
  })

  test('changes its address by a link at the new one, and the old one is told', async () => {
    const { post, signIn, bearing, letters, email } = await setupPerson()
    const session = await signIn()
    const ask = (address: string, current = password) =>
      post('change-email', { new_email: address, current_password: current }, bearing(session).headers)
    expect((await ask('new@example.org', 'wrong-1')).body.error.code).toBe('WRONG_PASSWORD')
    expect((await ask('no address')).body.error.details.fields[0].field).toBe('new_email')
    expect((await ask('new@example.org')).status).toBe(200)
    await signIn()
    const token = (await letters('new@example.org')).at(-1)?.token
    expect((await post('confirm-email', { token })).status).toBe(200)
    expect((await post('confirm-email', { token })).body.error.code).toBe('TOKEN_INVALID')
    expect((await letters(email)).at(-1)).toMatchObject({
      ...{ subject: 'Your address was changed', text: expect.stringContaining('new@example.org') },
    })
    expect((await bearing(session).call('GET', '/api/v1/auth/me')).status).toBe(401)
    expect((await post('login', { email, password })).status).toBe(401)
    await signIn(password, 'new@example.org')
  })
})

describe('accounts of others', () => {
  test('are listed by role and status, disabled at once, and enabled again', async () => {
    const { as, call } = await setupApi()
    const [admin, client] = [await as('admin'), await as('client')]
    const registered = { password, first_name: 'Eve', last_name: 'X', email: 'eve@example.org' }
    await call('POST', '/api/v1/auth/register', registered)
    const listed = async (query: string) => {
      const { body } = await admin.call('GET', `/api/v1/auth/users?${query}`)
      return body.users.map(({ email }: { email: string }) => email.split('@')[0])
    }
    expect([await listed('status=active'), await listed('status=unverified')]).toEqual([['admin', 'client'], ['eve']])
    const disabled = await admin.call('POST', `/api/v1/auth/users/${client.id}/disable`)
    expect([disabled.status, disabled.body.is_active]).toEqual([200, false])
    expect((await client.call('GET', '/api/v1/auth/me')).status).toBe(401)
    expect([await listed('status=inactive'), await listed('role=client&status=active')]).toEqual([['client'], []])
    expect((await admin.call('POST', `/api/v1/auth/users/${client.id}/enable`)).body.is_active).toBe(true)
    expect(await listed('status=inactive')).toEqual([])
    expect((await admin.call('GET', '/api/v1/auth/users?status=gone')).status).toBe(400)
  })

  test('are changed by an admin, who keeps its own: one admin is always left', async () => {
    const { as, identity } = await setupApi()
    const [ada, eve] = [await as('admin', 'ada'), await as('admin', 'eve')]
    const own = await ada.call('POST', `/api/v1/auth/users/${ada.id}/disable`)
    expect([own.status, own.body.error.code]).toEqual([422, 'OWN_ACCOUNT'])
    // Often, since one of the two may be done before the other looks.
    for (let round = 0; round < 8; round += 1) {
      // Both passed their policy, and changed the other, before either looks who is left.
      let waiting = 2
      const both = Promise.withResolvers<void>()
      const keepOne: typeof keepAnAdmin = async (tx) => {
        waiting -= 1
        if (waiting === 0) both.resolve()
        await both.promise
        await keepAnAdmin(tx)
      }
      const outcomes = await Promise.allSettled([
        identity.disable(eve.id, keepOne),
        identity.setRole({ accountId: ada.id, role: 'manager' }, keepOne),
      ])
      const [refused, ...others] = outcomes.filter(({ status }) => status === 'rejected')
      expect([refused, others]).toMatchObject([{ reason: { reason: 'last_admin' } }, []])
      await identity.enable(eve.id)
      await identity.setRole({ accountId: ada.id, role: 'admin' })
    }
  })
})

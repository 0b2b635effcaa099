import type { AppError } from '@ikoma/kernel'
import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { goodPassword, home, openWorld, type World } from './testing/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld(inject('postgresUrl'))
})
beforeEach(() => world.clear())
afterAll(() => world.destroy())

const second = 1000
const day = 86_400 * second
const email = 'ada@example.fr'

async function signedIn() {
  await world.account()
  return world.identity.login({ email, password: goodPassword, client: home })
}

const reasonOf = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (error: AppError) => error.reason,
  )
const refresh = (token: string) => world.identity.refresh(token)
const reused = () => world.events.filter(({ kind }) => kind === 'refresh-token-reused').length

test('a refresh token is exchanged for the next, and so on', async () => {
  let { refreshToken } = await signedIn()
  const seen = new Set([refreshToken])
  for (let n = 0; n < 5; n += 1) {
    world.pass(15 * 60 * second)
    ;({ refreshToken } = await refresh(refreshToken))
    seen.add(refreshToken)
  }
  expect(seen.size).toBe(6)
})

test('a stolen token that is used after its owner ends the family for both, and is told once', async () => {
  const { refreshToken, accessToken, sessionId } = await signedIn()
  const owner = await refresh(refreshToken)
  world.pass(20 * second)
  expect(await reasonOf(refresh(refreshToken))).toBe('refresh_reused')
  expect(await reasonOf(refresh(owner.refreshToken))).toBe('session_over')
  expect(await reasonOf(refresh(refreshToken))).toBe('session_over')
  expect(await world.identity.authenticate({ headers: { authorization: `Bearer ${accessToken}` } })).toBeNull()
  expect(world.told('refresh-token-reused')).toMatchObject({ to: email, sessionId })
  expect(reused()).toBe(1)
})

test('a stolen token that is used before its owner ends the family when the owner comes', async () => {
  const { refreshToken } = await signedIn()
  const thief = await refresh(refreshToken)
  world.pass(20 * second)
  expect(await reasonOf(refresh(refreshToken))).toBe('refresh_reused')
  expect(await reasonOf(refresh(thief.refreshToken))).toBe('session_over')
})

test('a thief who comes within the grace holds the same token, and is found at the next', async () => {
  const { refreshToken } = await signedIn()
  const owner = await refresh(refreshToken)
  world.pass(5 * second)
  const thief = await refresh(refreshToken)
  expect(thief.refreshToken).toBe(owner.refreshToken)
  world.pass(15 * 60 * second)
  const next = await refresh(thief.refreshToken)
  world.pass(15 * 60 * second)
  expect(await reasonOf(refresh(owner.refreshToken))).toBe('refresh_reused')
  expect(await reasonOf(refresh(next.refreshToken))).toBe('session_over')
})

test('tabs that refresh at once are all given the same successor', async () => {
  const { refreshToken } = await signedIn()
  const other = world.another()
  const all = await Promise.all(
    [refresh, other.refresh, refresh, other.refresh, refresh].map((each) => each(refreshToken)),
  )
  expect(new Set(all.map((tokens) => tokens.refreshToken)).size).toBe(1)
  expect(reused()).toBe(0)
  await expect(refresh(all[0]?.refreshToken ?? '')).resolves.toBeDefined()
})

test('a tab that is late by two gets a conflict, and nobody is signed out', async () => {
  const { refreshToken } = await signedIn()
  const second = await refresh(refreshToken)
  const third = await refresh(second.refreshToken)
  await expect(refresh(refreshToken)).rejects.toMatchObject({ code: 'conflict', reason: 'refresh_raced' })
  await expect(refresh(third.refreshToken)).resolves.toBeDefined()
})

test('a session ends when it idles for a week, and after a month however busy it is', async () => {
  const { refreshToken } = await signedIn()
  world.pass(7 * day)
  expect(await reasonOf(refresh(refreshToken))).toBe('session_over')
  await world.clear()
  let current = (await signedIn()).refreshToken
  for (let n = 0; n < 4; n += 1) {
    world.pass(6 * day)
    current = (await refresh(current)).refreshToken
  }
  world.pass(6 * day)
  expect(await reasonOf(refresh(current))).toBe('session_over')
})

test('signing out ends the session, by a token that is used already, too', async () => {
  const first = await signedIn()
  const second = await refresh(first.refreshToken)
  await world.identity.logout({ refreshToken: first.refreshToken })
  expect(await reasonOf(refresh(second.refreshToken))).toBe('session_over')
  const headers = { authorization: `Bearer ${second.accessToken}` }
  expect(await world.identity.authenticate({ headers })).toBeNull()
  await expect(world.identity.logout({ refreshToken: 'rt_unknown' })).resolves.toBeUndefined()
})

test('signing out everywhere leaves one session when it is named', async () => {
  const first = await signedIn()
  const login = () => world.identity.login({ email, password: goodPassword, client: home })
  const [second, third] = [await login(), await login()]
  await world.identity.logoutEverywhere(first.account.id, second.sessionId)
  expect(await Promise.all([first, second, third].map((each) => reasonOf(refresh(each.refreshToken))))).toEqual([
    'session_over',
    'ok',
    'session_over',
  ])
})

test('what is no refresh token is refused without a look at the database', async () => {
  await signedIn()
  for (const text of ['', 'rt_', 'x'.repeat(100_000), `rt_${'0'.repeat(33)}`, "rt_' or 1=1"])
    expect(await reasonOf(refresh(text))).toBe('session_over')
})

test('the database has no token in it, and an old one opens none that is alive', async () => {
  const first = await signedIn()
  const second = await refresh(first.refreshToken)
  const third = await refresh(second.refreshToken)
  const { rows } = await world.options.database.pool.query(`select * from identity_refresh_tokens`)
  const dump = JSON.stringify(rows)
  for (const { refreshToken } of [first, second, third]) expect(dump).not.toContain(refreshToken.slice(3))
  expect(rows.filter((row) => row.successor_sealed !== null)).toHaveLength(1)
})

/** Who does what: the owner refreshes with what it holds, the thief copies it, or refreshes with what it copied. */
type Step = { kind: 'owner' | 'copy' | 'thief' | 'two tabs' } | { kind: 'pass'; ms: number }
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>({ kind: 'owner' }, { kind: 'copy' }, { kind: 'thief' }, { kind: 'two tabs' }),
  fc.constantFrom(1, 9_999, 10_000, 60_000, 900_000).map((ms): Step => ({ kind: 'pass', ms })),
)

test('however owner and thief take turns, one chain at most is alive, and theft ends it', async () => {
  await world.account()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      await world.options.database.db.execute(sql`delete from identity_sessions`)
      let owner = (await world.identity.login({ email, password: goodPassword, client: home })).refreshToken
      let stolen: string | null = null
      let [thiefUsed, signedOut] = [false, false]
      const use = async (token: string): Promise<string> => {
        try {
          return (await refresh(token)).refreshToken
        } catch (error) {
          const { reason } = error as AppError
          if (reason === 'refresh_raced') return token
          signedOut = true
          return token
        }
      }
      for (const each of steps) {
        if (each.kind === 'pass') world.pass(each.ms)
        if (each.kind === 'copy') stolen = owner
        if (each.kind === 'owner') owner = await use(owner)
        if (each.kind === 'two tabs') [owner] = (await Promise.all([use(owner), use(owner)])) as [string, string]
        if (each.kind === 'thief' && stolen !== null) {
          thiefUsed = true
          stolen = await use(stolen)
        }
        expect(await liveTokens()).toBeLessThanOrEqual(1)
        // Honest use, tabs that race included, signs nobody out.
        if (!thiefUsed) expect(signedOut).toBe(false)
      }
      if (stolen === null || !thiefUsed) return
      // Both go on with what they hold; neither is within the grace of the other.
      for (let round = 0; round < 3; round += 1) {
        world.pass(900_000)
        owner = await use(owner)
        world.pass(900_000)
        stolen = await use(stolen)
      }
      expect(signedOut).toBe(true)
      expect(await liveTokens()).toBe(0)
    }),
    { numRuns: 60 },
  )
})

async function liveTokens(): Promise<number> {
  const { rows } = await world.options.database.pool.query(`
    select count(*)::int as n from identity_refresh_tokens t join identity_sessions s on s.id = t.session_id
    where t.used_at is null and s.ended_at is null`)
  return Number(rows[0]?.n)
}

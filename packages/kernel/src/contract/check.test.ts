import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkEnvironment, readContract } from './index.ts'
import { inProduction, marketplace, marketplaceContract } from './testing/marketplace.ts'

const contract = marketplaceContract()
const production = (changes: Record<string, string | undefined> = {}) =>
  checkEnvironment(contract, 'production', { ...inProduction, ...changes }).problems
const named = (changes: Record<string, string | undefined>) =>
  production(changes).map(({ variable, code }) => `${variable} ${code}`)

test('what production needs is accepted, and read as its formats mean it', () => {
  const { values, problems } = checkEnvironment(contract, 'production', { ...inProduction, UNKNOWN_ONE: 'kept' })
  expect(problems).toEqual([])
  expect(values).toMatchObject({
    ...{ MOCK_REDIS: false, CLAMAV_PORT: 3310, ACCESS_LIFE: 900_000, BOOKING_ZONE: 'Africa/Casablanca' },
    ...{ CORS_ORIGINS: ['https://khadamat.ma', 'https://www.khadamat.ma'], TRUST_PROXY: 1 },
    ADMIN_IP_ALLOWLIST: ['41.248.10.7', '10.8.0.0/16', '2001:db8::/48'],
  })
  expect(Object.keys(values)).not.toContain('UNKNOWN_ONE')
})

describe('in production', () => {
  test.each(Object.keys(inProduction))('%s is named when it is missing, and so when it is empty', (name) => {
    for (const absent of [undefined, '']) {
      const problems = production({ [name]: absent })
      expect(problems).toEqual([{ variable: name, code: 'missing', message: expect.anything() }])
      expect(problems[0]?.message).toEqual({
        en: expect.stringMatching(`^${name} is missing`),
        fr: expect.stringMatching(`^${name} manque`),
      })
    }
  })

  test.each([
    ['DATABASE_URL', 'file:./dev.db', 'malformed'],
    ['DATABASE_URL', 'mysql://a:b@c/d', 'malformed'],
    ['DATABASE_URL', 'postgres://app:changeme@db:5432/app', 'example_value'],
    ['DATABASE_URL', 'postgres://app:VRAI_PASSWORD@10.0.0.10:5432/app', 'weak'],
    ['DATABASE_URL', 'postgres://app:postgres@db/app', 'weak'],
    ['SHADOW_DATABASE_URL', 'postgres:///app', 'malformed'],
    ['SHADOW_DATABASE_URL', 'postgres://db', 'malformed'],
    ['REDIS_URL', '127.0.0.1:6379', 'malformed'],
    ['REDIS_URL', 'redis://:password@cache', 'weak'],
    ['MOCK_REDIS', 'true', 'not_constant'],
    ['MOCK_REDIS', '0', 'not_constant'],
    ['JWT_SECRET', 'short1Zq9Lw', 'too_short'],
    ['JWT_SECRET', '<64 random characters>', 'too_short'],
    ['JWT_SECRET', 'change-me-change-me-change-me-change-me', 'weak'],
    ['JWT_SECRET', 'a'.repeat(40), 'weak'],
    ['JWT_SECRET', 'ab'.repeat(40), 'weak'],
    ['JWT_SECRET', '12345678901234567890123456789012', 'weak'],
    ['JWT_SECRET', 'abcdefghijklmnopqrstuvwxyzabcdefghijkl', 'weak'],
    ['COOKIE_SECRET', 'your-super-secret-cookie-key-change-it', 'weak'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what a shell would have filled in.
    ['COOKIE_SECRET', '${COOKIE_SECRET_FROM_THE_VAULT_OF_PROD}', 'weak'],
    ['UPLOAD_ANTIVIRUS', 'false', 'not_constant'],
    ['UPLOAD_ANTIVIRUS', 'TRUE', 'not_constant'],
    ['CLAMAV_HOST', 'http://clamav', 'malformed'],
    ['CLAMAV_PORT', '0', 'malformed'],
    ['CLAMAV_PORT', '65536', 'malformed'],
    ['CLAMAV_PORT', '3310x', 'malformed'],
    ['SMTP_HOST', 'smtp .example.com', 'malformed'],
    ['SMTP_PORT', '-1', 'malformed'],
    ['SMTP_PASS', '************', 'weak'],
    ['SMTP_FROM', 'nobody', 'malformed'],
    ['SMS_PROVIDER', 'smsmode', 'not_one_of'],
    ['SMS_PROVIDER', 'constructor', 'not_one_of'],
    ['TWILIO_ACCOUNT_SID', 'AC1', 'pattern'],
    ['TWILIO_ACCOUNT_SID', `XAC${'0'.repeat(32)}`, 'pattern'],
    ['TWILIO_AUTH_TOKEN', 'xyz', 'malformed'],
    ['TWILIO_FROM', '0600112233', 'pattern'],
    ['STRIPE_SECRET_KEY', 'sk_test_51Hq8zLw1Xr6TyK0pJd5Fh', 'pattern'],
    ['STRIPE_WEBHOOK_SECRET', 'Gm2sCe9Ua7RiN4oZqVb3nQ8z', 'pattern'],
    ['KYC_PROVIDER', 'none', 'not_one_of'],
    ['KYC_API_KEY', 'VRAI_RUNTIME_KEY', 'weak'],
    ['COOKIE_DOMAIN', 'app.example.com', 'example_value'],
    ['COOKIE_DOMAIN', 'https://khadamat.ma', 'malformed'],
    ['SENTRY_DSN', 'sentry', 'malformed'],
    ['METRICS_TOKEN', 'metrics-token-secret', 'weak'],
    ['ADMIN_IP_ALLOWLIST', '0.0.0.0/0', 'malformed'],
    ['ADMIN_IP_ALLOWLIST', '10.0.0.1,', 'malformed'],
    ['ADMIN_IP_ALLOWLIST', '10.0.0.300', 'malformed'],
    ['CORS_ORIGINS', '*', 'malformed'],
    ['CORS_ORIGINS', 'https://*.khadamat.ma', 'malformed'],
    ['CORS_ORIGINS', 'http://khadamat.ma', 'malformed'],
    ['CORS_ORIGINS', 'https://khadamat.ma/', 'malformed'],
    ['CORS_ORIGINS', 'https://localhost:3000', 'malformed'],
    ['CORS_ORIGINS', 'https://khadamat.ma,https://127.1', 'malformed'],
    ['CORS_ORIGINS', 'null', 'malformed'],
    ['HSTS_ENABLED', 'false', 'not_constant'],
    ['HSTS_MAX_AGE', '0', 'too_small'],
    ['HSTS_MAX_AGE', '1e9', 'malformed'],
    ['TRUST_PROXY', 'true', 'not_constant'],
    ['TRUST_PROXY', '2', 'not_constant'],
    ['APP_BASE_URL', 'http://khadamat.ma', 'malformed'],
    ['APP_BASE_URL', 'https://app.localhost', 'malformed'],
    ['APP_BASE_URL', 'https://[::1]/', 'malformed'],
    ['APP_BASE_URL', 'https://user:pw@khadamat.ma', 'malformed'],
    ['BOOKING_ZONE', 'Mars/Phobos', 'malformed'],
    ['BOOKING_ZONE', '+01:00', 'malformed'],
    ['ACCESS_LIFE', '15', 'malformed'],
    ['ACCESS_LIFE', '5s', 'too_small'],
  ])('%s=%s is %s, and nothing else', (name, value, code) => {
    expect(new Set(named({ [name]: value }))).toEqual(
      new Set(value.startsWith('<64') ? [`${name} too_short`, `${name} example_value`] : [`${name} ${code}`]),
    )
  })

  test('everything is said at once', () => {
    const { problems } = checkEnvironment(contract, 'production', {})
    expect(problems.map(({ variable }) => variable).toSorted()).toEqual(
      Object.keys(inProduction)
        .filter((name) => !name.startsWith('TWILIO'))
        // What antivirus and HSTS need is asked once they are on.
        .filter((name) => !['CLAMAV_HOST', 'CLAMAV_PORT', 'HSTS_MAX_AGE'].includes(name))
        .toSorted(),
    )
  })

  test('the other way of a choice is as good, whole', () => {
    const vonage = { SMS_PROVIDER: 'vonage', VONAGE_API_KEY: '9b1f7c3e', VONAGE_API_SECRET: 'Gm2sCe9Ua7RiN4oZ' }
    expect(named({ ...vonage, VONAGE_FROM: 'Khadamat' })).toEqual([])
    expect(named(vonage)).toEqual(['VONAGE_FROM missing'])
  })
})

test('a slip in a name is a hint where that variable is missing, and nothing where it is not', () => {
  for (const slip of ['DATABSE_URL', 'DATABASE_URLS', 'DATABASE_ULR', 'DATABASE_UR1', 'database_url']) {
    const [problem, ...more] = production({ DATABASE_URL: undefined, [slip]: inProduction.DATABASE_URL })
    expect([problem?.hint, more]).toEqual([slip, []])
    expect(problem?.message.fr).toContain(slip)
    expect(production({ [slip]: 'x' })).toEqual([])
  }
  expect(production({ SMTP_PASS: undefined, SMTP_PATH: 'x', SMTP_PAST: 'y' })[0]?.hint).toBe('SMTP_PAST')
  // A variable of the contract is no slip of another.
  expect(production({ SHADOW_DATABASE_URL: undefined })[0]?.hint).toBeUndefined()
})

test('local needs nothing, and lets this machine in', () => {
  const { values, problems } = checkEnvironment(contract, 'local', { APP_BASE_URL: 'http://localhost:8080' })
  expect(problems).toEqual([])
  expect(values).toMatchObject({ CORS_ORIGINS: ['http://localhost:5173'], MOCK_REDIS: true, TRUST_PROXY: 0 })
  const secret = { JWT_SECRET: 'change-me-change-me-change-me-change-me' }
  expect(checkEnvironment(contract, 'local', secret).problems).toEqual([])
})

test('an environment that the contract does not know is refused, without its name', () => {
  const { values, problems } = checkEnvironment(contract, 'prodution', inProduction)
  expect([values, problems.map(({ code }) => code)]).toEqual([{}, ['environment_unknown']])
  expect(JSON.stringify(problems)).not.toContain('prodution')
  expect(checkEnvironment(contract, 'constructor', {}).problems).toHaveLength(1)
})

describe('a choice without a variable that chooses', () => {
  const about = { en: 'x', fr: 'x' }
  const variables = Object.fromEntries(['KEY', 'USER', 'PASS'].map((name) => [name, { about }]))
  const check = (required: boolean, set: Record<string, string>) =>
    checkEnvironment(
      readContract({ variables, eitherOr: [{ required, anyOf: [['KEY'], ['USER', 'PASS']] }] }),
      'local',
      set,
    ).problems.map(({ variable, code }) => `${variable} ${code}`)

  test.each([
    [true, {}, ['KEY choice_missing']],
    [true, { KEY: 'x' }, []],
    [true, { USER: 'x' }, ['PASS missing']],
    [true, { KEY: 'x', USER: 'x' }, []],
    [false, {}, []],
    [false, { PASS: 'x' }, ['USER missing']],
  ])('required %s with %j is %j', (required, set, problems) => {
    expect(check(required, set)).toEqual(problems)
  })
})

test('no message ever holds a value', () => {
  const odd = fc.string({ minLength: 6, unit: fc.constantFrom(...'Q9$zΩ%~') }).map((text) => `‹${text}›`)
  const shapes = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => `postgres://user:${text}@host/db`,
    (text) => `https://${text}.example.com`,
    (text) => `10.0.0.1,${text}`,
    (text) => `sk_live_${text}`,
    (text) => `VRAI_${text}`,
  )
  const names = Object.keys(marketplace.variables)
  const environment = fc.array(fc.tuple(fc.constantFrom(...names), odd, shapes), { maxLength: 20 })
  fc.assert(
    fc.property(environment, fc.constantFrom('local', 'staging', 'production'), (entries, where) => {
      const set = Object.fromEntries(entries.map(([name, text, shape]) => [name, shape(text)]))
      const { problems } = checkEnvironment(contract, where, { ...inProduction, ...set })
      const said = JSON.stringify(problems)
      for (const [, text] of entries) expect(said).not.toContain(text)
      // What was given is read whole, or named.
      const { values } = checkEnvironment(contract, where, { ...inProduction, ...set })
      const wrong = new Set(problems.map(({ variable }) => variable))
      for (const name of Object.keys(set))
        expect(Object.hasOwn(values, name)).toBe(!wrong.has(name) || name === 'SMS_PROVIDER')
    }),
  )
})

import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { checkEnvironment, exampleFile, readContract } from './index.ts'
import { marketplaceContract } from './testing/marketplace.ts'

test('an example says of each variable what it is for, and what else there is to know', () => {
  const text = exampleFile(marketplaceContract(), 'production')
  expect(text).toContain(
    '# What it is for.\n# À quoi elle sert.\n# (required, secret, postgres-url)\nDATABASE_URL=postgres://app:changeme@db:5432/app\n',
  )
  expect(text).toContain('# (optional, zone)\n# BOOKING_ZONE=Africa/Casablanca\n')
  expect(text).toContain('# Either / soit : SMS_PROVIDER=twilio: TWILIO_ACCOUNT_SID + TWILIO_AUTH_TOKEN + TWILIO_FROM')
  expect(text).toContain('# (required when UPLOAD_ANTIVIRUS=true, host)\n# CLAMAV_HOST=\n')
})

test('an example is read by Node as it was meant, and refused as it stands', () => {
  const contract = marketplaceContract()
  const set = parseEnv(exampleFile(contract, 'production')) as Record<string, string>
  expect(set.JWT_SECRET).toBe('<64 random characters>')
  expect(set).toMatchObject({ MOCK_REDIS: 'false', HSTS_ENABLED: 'true', TRUST_PROXY: '1' })
  const { problems } = checkEnvironment(contract, 'production', set)
  expect(problems.filter(({ code }) => code === 'example_value').map(({ variable }) => variable)).toEqual([
    ...['DATABASE_URL', 'JWT_SECRET', 'COOKIE_DOMAIN'],
  ])
})

test.each(["it's", 'a b', 'a#b', '$HOME', 'a"b', 'x;rm -rf /'])('an example of %s sets one variable', (example) => {
  const about = { en: 'x', fr: 'x' }
  const text = exampleFile(readContract({ variables: { ONE: { about, required: true, example } } }), 'local')
  expect(parseEnv(text)).toEqual({ ONE: example.replaceAll("'", '’') })
})

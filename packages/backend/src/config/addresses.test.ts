import { checkEnvironment, readContract } from '@ikoma/kernel/contract'
import { Redis } from 'ioredis'
import pg from 'pg'
import { expect, test } from 'vitest'
import { Config, databaseAddress, redisAddress } from './index.ts'

const about = { en: 'x', fr: 'x' }
const text = { about }
const secret = { about, secret: true }
const variables = {
  ...{ DATABASE_URL: { ...secret, format: 'postgres-url' }, REDIS_URL: { ...secret, format: 'redis-url' } },
  ...{ POSTGRES_HOST: text, POSTGRES_USER: text, POSTGRES_PASSWORD: secret, POSTGRES_DB: text },
  ...{ REDIS_HOST: text, REDIS_PASSWORD: secret },
}

function configOf(env: Record<string, string>, names = Object.keys(variables)) {
  const contract = readContract({
    variables: Object.fromEntries(Object.entries(variables).filter(([name]) => names.includes(name))),
  })
  return new Config(contract, 'local', checkEnvironment(contract, 'local', env).values)
}

const passwords = ['p@ss/w:rd%41#?&=+', 'a b\'c"d\\e$(f)`g`', '!@#$/:%!@#$/:%!@#$/:%', 'é€ü-Ünïcode', '%2F%2f%%']

test.each(passwords)(
  'a password with characters that mean something in an address arrives as it is: %s',
  (password) => {
    const url = databaseAddress(
      configOf({ POSTGRES_HOST: 'postgres', POSTGRES_USER: 'us:er', POSTGRES_PASSWORD: password, POSTGRES_DB: 'wash' }),
    )
    expect(new pg.Client({ connectionString: url ?? '' })).toMatchObject({
      ...{ host: 'postgres', user: 'us:er', password, database: 'wash', port: 5432 },
    })
    const address = redisAddress(configOf({ REDIS_HOST: 'redis', REDIS_PASSWORD: password }))?.reveal()
    const redis = new Redis(address ?? '', { lazyConnect: true })
    expect(redis.options).toMatchObject({ host: 'redis', password, port: 6379 })
    redis.disconnect()
  },
)

test('an address that is given whole comes first, and parts that are not all there are none', () => {
  const parts = { POSTGRES_HOST: 'postgres', POSTGRES_USER: 'u', POSTGRES_PASSWORD: 'Vb3nQ8zLw1Xr6TyK0pJd' }
  expect(databaseAddress(configOf(parts))).toBeNull()
  const url = 'postgres://u:Vb3nQ8zLw1Xr6TyK0pJd@db/wash'
  expect(databaseAddress(configOf({ ...parts, POSTGRES_DB: 'wash', DATABASE_URL: url }))).toBe(url)
  expect(redisAddress(configOf({ REDIS_HOST: 'redis' }))).toBeNull()
})

test('a contract without the parts is asked for the whole alone', () => {
  const url = 'postgres://u:Vb3nQ8zLw1Xr6TyK0pJd@db/wash'
  expect(databaseAddress(configOf({ DATABASE_URL: url }, ['DATABASE_URL']))).toBe(url)
  expect(redisAddress(configOf({}, ['DATABASE_URL']))).toBeNull()
})

import { expect, test } from 'vitest'
import { createPasswordHasher, owaspParameters } from './password-hasher.ts'

const quick = { memoryCost: 8, timeCost: 1, parallelism: 1 }

test('a password is hashed with argon2id and the parameters of OWASP', async () => {
  const hasher = createPasswordHasher()
  const hashed = await hasher.hash('Vélo-rouge-42')
  expect(hashed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(owaspParameters).toEqual({ memoryCost: 19_456, timeCost: 2, parallelism: 1 })
  expect(await hasher.isPassword('Vélo-rouge-42', hashed)).toBe(true)
  expect(await hasher.isPassword('Vélo-rouge-43', hashed)).toBe(false)
})

test('the same characters from another keyboard are the same password', async () => {
  const hasher = createPasswordHasher({ parameters: quick })
  const hashed = await hasher.hash('Ve\u0301lo-rouge-42')
  expect(await hasher.isPassword('V\u00e9lo-rouge-42', hashed)).toBe(true)
})

test('whoever has no account has no password, not even the one that is compared with', async () => {
  const hasher = createPasswordHasher({ parameters: quick })
  expect(await hasher.isPassword('nobody has this password', null)).toBe(false)
})

test('a hash of other parameters is outdated', async () => {
  const old = await createPasswordHasher({ parameters: quick }).hash('Vélo-rouge-42')
  expect(createPasswordHasher({ parameters: quick }).isOutdated(old)).toBe(false)
  expect(createPasswordHasher().isOutdated(old)).toBe(true)
  expect(createPasswordHasher().isOutdated(old.replace('argon2id', 'argon2i'))).toBe(true)
})

test('more than may wait are told to come back, and those who wait all have their turn', async () => {
  const hasher = createPasswordHasher({ parameters: quick, concurrency: 1, waiting: 3 })
  const all = await Promise.allSettled(Array.from({ length: 6 }, () => hasher.hash('Vélo-rouge-42')))
  expect(all.map(({ status }) => status)).toEqual([...Array(4).fill('fulfilled'), ...Array(2).fill('rejected')])
  expect(all[5]).toMatchObject({ reason: { code: 'unavailable', reason: 'too_many_sign_ins', retryAfterSec: 2 } })
  expect(await hasher.hash('again')).toMatch(/^\$argon2id/)
})

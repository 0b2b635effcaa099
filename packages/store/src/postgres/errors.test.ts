import { expect, it } from 'vitest'
import { storeError } from './errors.ts'

const refused = (address: string) =>
  Object.assign(new Error(`connect ECONNREFUSED ${address}:5432`), {
    ...{ code: 'ECONNREFUSED', syscall: 'connect', address, port: 5432 },
  })

it.each([
  ['one address', refused('127.0.0.1'), 'no connection to 127.0.0.1:5432 (ECONNREFUSED)'],
  [
    'a name of several, as localhost is',
    new AggregateError([refused('::1'), refused('127.0.0.1')]),
    'no connection to ::1:5432 (ECONNREFUSED)',
  ],
  [
    'a name that nobody knows',
    Object.assign(new Error('x'), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'db.internal' }),
    'no connection to db.internal (ENOTFOUND)',
  ],
])('who is not there by %s did nothing for certain, and where it is stays in the log', (_, error, cause) => {
  const told = storeError(error)
  expect(told).toMatchObject({ code: 'unavailable', reason: 'store_unreachable', cause: { message: cause } })
  expect(told.message).toBe('The database does not answer; nothing was changed.')
})

import { expect, test } from 'vitest'
import { escapedForCompose, refuseUnknownServices, withGivenEnvironment } from './given-environment.ts'

const given = { PASSWORD: 'a$b', PORT: '80' }

test.each([
  [{ image: 'web' }, { image: 'web', environment: given }],
  [{ environment: { PORT: '1', HOST: 'x' } }, { environment: { HOST: 'x', ...given } }],
  [{ environment: ['PORT=1', 'HOST=x', 'PASSWORD'] }, { environment: ['HOST=x', 'PASSWORD=a$b', 'PORT=80'] }],
])('variables are laid over those of the file: %j', (service, wanted) => {
  expect(withGivenEnvironment(service, given)).toEqual(wanted)
  expect(withGivenEnvironment(service, undefined)).toBe(service)
})

test('a dollar sign stays one', () => {
  expect(escapedForCompose({ PASSWORD: '$a$$b' })).toEqual({ PASSWORD: '$$a$$$$b' })
})

test('variables for a service that is not there are refused by its name, without their values', () => {
  const refuse = () => refuseUnknownServices({ wep: given }, ['web', 'db'])
  expect(refuse).toThrow('environment/wep: the compose file has no such service. It has web, db.')
  expect(() => refuseUnknownServices({ web: given }, ['web'])).not.toThrow()
})

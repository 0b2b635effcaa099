import { userInfo } from 'node:os'
import { expect, test } from 'vitest'
import { SimulatedHost } from '../testing/simulated-host.ts'
import { readRedisInfo } from './redis.ts'

const authFile = '/etc/ikoma/redis'
const place = { host: '127.0.0.1', port: 6379, authFile }

function setup(access: { owner: string; mode: number }) {
  const machine = new SimulatedHost({ tools: { 'redis-cli': () => ({ stdout: 'redis_version:7.0.15\r\n' }) } })
  machine.put(authFile, 'sesame\n', { ...access, group: 'root' })
  return machine
}

test('the password is read from a file of our own account', async () => {
  const machine = setup({ owner: userInfo().username, mode: 0o600 })
  expect(await readRedisInfo(machine, place)).toEqual(new Map([['redis_version', '7.0.15']]))
})

test.each([
  ['that others can read', { owner: userInfo().username, mode: 0o640 }],
  ['of somebody else, who could put another password there', { owner: 'app', mode: 0o600 }],
])('no password is taken from a file %s', async (_, access) => {
  const machine = setup(access)
  await expect(readRedisInfo(machine, place)).rejects.toMatchObject({ reason: 'auth_file_refused' })
  expect(machine.ran).toEqual([])
})

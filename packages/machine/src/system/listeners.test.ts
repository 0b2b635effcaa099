import { expect, test } from 'vitest'
import { SimulatedHost } from '../testing/simulated-host.ts'
import { processOrigin } from './listeners.ts'

test('a process that ends while it is looked at comes from nowhere', async () => {
  const host = new SimulatedHost()
  host.read = async () => {
    throw Object.assign(new Error('ESRCH: no such process, read'), { code: 'ESRCH' })
  }
  expect(await processOrigin(host, 812)).toEqual({ unit: null, program: null })
})

test('that a process is closed to us is no answer', async () => {
  const host = new SimulatedHost()
  host.read = async () => {
    throw Object.assign(new Error('EACCES: permission denied, open'), { code: 'EACCES' })
  }
  await expect(processOrigin(host, 812)).rejects.toThrow('EACCES')
})

import { userInfo } from 'node:os'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'

const info = ['# Server', 'redis_version:7.0.15', 'role:master', 'used_memory:1000', 'db0:keys=3,expires=0', '']

export const redisCases: OrderTypeCase[] = [
  {
    type: 'redis.info',
    kind: 'look',
    payload: { authFile: '/etc/ikoma/redis' },
    bad: { payload: { host: '-h evil' }, field: 'host' },
    machine: () => {
      const machine = new SimulatedHost({
        tools: {
          'redis-cli': ({ env }) => ({
            stdout: env.REDISCLI_AUTH === 'sesame' ? info.join('\r\n') : 'NOAUTH Authentication required.\n',
          }),
        },
      })
      // Whoever runs the tests is whoever the runner would be.
      machine.put('/etc/ikoma/redis', 'sesame\n', { mode: 0o600, owner: userInfo().username, group: 'root' })
      return machine
    },
    needs: ['redis-cli'],
    expectDone(machine, result) {
      expect(result).toMatchObject({ output: { version: '7.0.15', keys: { db0: 3 } } })
      expect(machine.ran.flat()).not.toContain('sesame')
    },
  },
]

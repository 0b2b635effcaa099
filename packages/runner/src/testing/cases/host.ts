import { SimulatedHost } from '@ikoma/deploy/testing'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'
import { accountTools, hasUser } from './account-tools.ts'

const users = { root: { home: '/root', shell: '/bin/bash', groups: ['root'] } }

export const hostCases: OrderTypeCase[] = [
  {
    type: 'system.directory.apply',
    kind: 'change',
    payload: { path: '/srv/app', mode: '750' },
    bad: { payload: { path: '/srv/../etc' }, field: 'path' },
    machine: () => new SimulatedHost({ files: { '/srv/other': '' } }),
    needs: [],
    expectDone: async (machine) =>
      expect(await machine.look('/srv/app')).toEqual({ kind: 'directory', mode: 0o750, owner: 'root', group: 'root' }),
  },
  {
    type: 'system.user.apply',
    kind: 'change',
    payload: { name: 'app', home: '/var/lib/app', groups: ['docker'] },
    bad: { payload: { name: '-app', home: '/var/lib/app' }, field: 'name' },
    machine: () => new SimulatedHost({ state: { users }, tools: accountTools }),
    needs: ['getent', 'useradd'],
    expectDone: (machine) => expect(hasUser(machine, 'app')).toBe(true),
  },
]

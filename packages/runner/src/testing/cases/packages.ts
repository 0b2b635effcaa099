import { aptState, aptTools, versionOf } from '@ikoma/machine/testing/apt-tools'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'

const apt = {
  installed: { adduser: '3.134', nginx: '1.22.1-9' },
  offered: { curl: { version: '7.88.1-10', depends: ['libcurl4'] }, libcurl4: { version: '7.88.1-10' } },
}

const updates = {
  installed: { openssl: '3.0.1', nginx: '1.22.1-9', tzdata: '2024a' },
  offered: {
    openssl: { version: '3.0.2', security: true },
    nginx: { version: '1.22.1-10' },
    tzdata: { version: '2024a' },
  },
}

export const packagesCases: OrderTypeCase[] = [
  {
    type: 'system.packages.apply',
    kind: 'change',
    payload: { install: ['curl'], remove: ['nginx'] },
    bad: { payload: { install: ['curl', 'nginx-'] }, field: 'install.1' },
    machine: () => new SimulatedHost({ tools: aptTools(), state: aptState(apt) }),
    needs: ['dpkg-query', 'apt-cache', 'apt-get'],
    expectDone: (machine, result) => {
      expect(versionOf(machine, 'libcurl4')).toBe('7.88.1-10')
      expect(result.output?.packages).toEqual([
        { name: 'curl', before: null, after: '7.88.1-10' },
        { name: 'nginx', before: '1.22.1-9', after: null },
      ])
    },
  },
  {
    type: 'system.updates.apply',
    kind: 'change',
    payload: {},
    bad: { payload: { scope: 'everything' }, field: 'scope' },
    machine: () => new SimulatedHost({ tools: aptTools(), state: aptState(updates) }),
    needs: ['dpkg-query', 'apt-get'],
    expectDone: (machine, { output }) => {
      expect([versionOf(machine, 'openssl'), versionOf(machine, 'nginx')]).toEqual(['3.0.2', '1.22.1-9'])
      expect(output).toMatchObject({
        upgraded: [{ name: 'openssl', before: '3.0.1', after: '3.0.2', security: true }],
        rebootRequired: false,
      })
    },
  },
]

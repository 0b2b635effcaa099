import { SimulatedHost } from '@ikoma/deploy/testing'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'
import { aptState, aptTools, versionOf } from './apt-tools.ts'

const apt = {
  installed: { adduser: '3.134', nginx: '1.22.1-9' },
  offered: { curl: { version: '7.88.1-10', depends: ['libcurl4'] }, libcurl4: { version: '7.88.1-10' } },
}

export const packageCases: OrderTypeCase[] = [
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
]

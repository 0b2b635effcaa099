import { type AptSimulation, aptState, aptTools, versionOf } from '@ikoma/machine/testing/apt-tools'
import { curl, fileTools } from '@ikoma/machine/testing/file-tools'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'
import { nodesourceKey } from './nodesource-key.ts'

const nodesourceUrl = 'https://deb.nodesource.com/gpgkey/nodesource-repo.gpg.key'
const nodesourceFile = '/etc/apt/sources.list.d/ikoma-nodesource.sources'

/** A bare machine with this in its repositories; NodeSource's is there once its file is. */
export function platformMachine(apt: AptSimulation, files: Record<string, string> = {}): SimulatedHost {
  const upstream = (machine: SimulatedHost) =>
    machine.contentOf(nodesourceFile)?.includes('node_20.x') ? { nodejs: { version: '20.20.0-1nodesource1' } } : {}
  const tools = { ...fileTools, ...aptTools(upstream), curl: curl({ [nodesourceUrl]: nodesourceKey }) }
  const basics = { curl: { version: '7.88.1-10' }, 'ca-certificates': { version: '20230311' } }
  return new SimulatedHost({
    tools,
    files: { '/etc/apt/sources.list.d/debian.sources': 'Types: deb\n', '/etc/apt/preferences.d/README': '', ...files },
    state: aptState({ ...apt, offered: { ...basics, ...apt.offered } }),
  })
}

const aptPrograms = ['dpkg-query', 'apt-cache', 'apt-get']

export const platformCases: OrderTypeCase[] = [
  {
    type: 'platform.node.install',
    kind: 'change',
    payload: { major: 20, removeStale: true },
    bad: { payload: { major: 20, source: 'https://example.com' }, field: 'source' },
    machine: () => platformMachine({ installed: { nodejs: '12.22.9~dfsg-1', npm: '8.5.1' } }),
    needs: aptPrograms,
    expectDone: (machine, { output }) => {
      expect(versionOf(machine, 'nodejs')).toBe('20.20.0-1nodesource1')
      expect(versionOf(machine, 'npm')).toBeUndefined()
      expect(machine.contentOf('/etc/apt/preferences.d/ikoma-nodesource')).toContain('Pin: origin deb.nodesource.com')
      expect(output).toMatchObject({
        version: '20.20.0-1nodesource1',
        found: [
          { name: 'nodejs', version: '12.22.9~dfsg-1', stale: true },
          { name: 'npm', stale: true },
        ],
      })
    },
  },
  {
    type: 'platform.docker.install',
    kind: 'change',
    payload: {},
    bad: { payload: { source: 'snap' }, field: 'source' },
    machine: () =>
      platformMachine({ offered: { 'docker.io': { version: '20.10.24' }, 'docker-compose': { version: '1.29.2' } } }),
    needs: aptPrograms,
    expectDone: (machine, { output }) => {
      expect(versionOf(machine, 'docker-compose')).toBe('1.29.2')
      expect(output).toMatchObject({ version: '20.10.24', found: [] })
    },
  },
  {
    type: 'platform.caddy.install',
    kind: 'change',
    payload: { source: 'debian', minVersion: '2.6', removeStale: true },
    bad: { payload: { minVersion: '2.6; reboot' }, field: 'minVersion' },
    machine: () => platformMachine({ installed: { caddy: '2.4.5-1' }, offered: { caddy: { version: '2.6.2-5' } } }),
    needs: aptPrograms,
    expectDone: (machine) => expect(versionOf(machine, 'caddy')).toBe('2.6.2-5'),
  },
  {
    type: 'platform.nginx.install',
    kind: 'change',
    payload: {},
    bad: { payload: { source: 'nginx.org' }, field: 'source' },
    machine: () => platformMachine({ offered: { nginx: { version: '1.22.1-9' } } }),
    needs: aptPrograms,
    expectDone: (machine) => expect(versionOf(machine, 'nginx')).toBe('1.22.1-9'),
  },
]

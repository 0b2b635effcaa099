import { accountTools, hasUser } from '@ikoma/machine/testing/account-tools'
import { fileTools } from '@ikoma/machine/testing/file-tools'
import { SimulatedHost, type Tool } from '@ikoma/machine/testing/simulated-host'
import { swapsOf, swapTools } from '@ikoma/machine/testing/swap-tools'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'

/** hostnamectl(1) over `state.hostname`. */
const hostnameTools: Record<string, Tool> = {
  hostnamectl({ args, machine }) {
    if (args.includes('status')) return { stdout: `${machine.state.hostname}\n` }
    machine.state.hostname = args.at(-1)
    machine.put('/etc/hostname', `${args.at(-1)}\n`)
    return {}
  },
}

const users = {
  root: { home: '/root', shell: '/bin/bash', groups: ['root'] },
  partner: { comment: 'IKOMA', home: '/srv/partner', shell: '/usr/sbin/nologin', groups: ['partner'] },
}

export const systemCases: OrderTypeCase[] = [
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
    payload: { name: 'app', home: '/var/lib/app', groups: ['partner'] },
    bad: { payload: { name: '-app', home: '/var/lib/app' }, field: 'name' },
    machine: () => new SimulatedHost({ files: { '/var/lib/other': '' }, state: { users }, tools: accountTools }),
    needs: ['getent', 'useradd'],
    async expectDone(machine) {
      expect(hasUser(machine, 'app')).toBe(true)
      expect(await machine.look('/var/lib/app')).toMatchObject({ kind: 'directory', owner: 'app', group: 'app' })
    },
  },
  {
    type: 'system.timezone.apply',
    kind: 'change',
    payload: { zone: 'Europe/Paris' },
    bad: { payload: { zone: '../../etc/passwd' }, field: 'zone' },
    machine: () => {
      const files = { '/usr/share/zoneinfo/Europe/Paris': 'TZif2', '/etc/timezone': 'Etc/UTC\n' }
      const machine = new SimulatedHost({ files, tools: fileTools })
      machine.putLink('/etc/localtime', '/usr/share/zoneinfo/Etc/UTC')
      return machine
    },
    needs: ['readlink', 'ln'],
    expectDone: (machine) => {
      expect(machine.linkAt('/etc/localtime')).toBe('/usr/share/zoneinfo/Europe/Paris')
      expect(machine.contentOf('/etc/timezone')).toBe('Europe/Paris\n')
    },
  },
  {
    type: 'system.hostname.apply',
    kind: 'change',
    payload: { name: 'web-1.example.org' },
    bad: { payload: { name: 'Web_1' }, field: 'name' },
    machine: () => {
      const files = {
        '/etc/hostname': 'debian\n',
        '/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 debian\n::1 localhost\n',
      }
      const machine = new SimulatedHost({ files, state: { hostname: 'debian' }, tools: hostnameTools })
      machine.putDirectory('/etc/cloud/cloud.cfg.d')
      return machine
    },
    needs: ['hostnamectl'],
    expectDone: (machine) => {
      expect(machine.state.hostname).toBe('web-1.example.org')
      expect(machine.contentOf('/etc/hostname')).toBe('web-1.example.org\n')
      expect(machine.contentOf('/etc/hosts')).toBe(
        '127.0.0.1 localhost\n127.0.1.1\tweb-1.example.org web-1\n::1 localhost\n',
      )
      expect(machine.contentOf('/etc/cloud/cloud.cfg.d/99-ikoma-hostname.cfg')).toBe('preserve_hostname: true\n')
    },
  },
  {
    type: 'system.swap.apply',
    kind: 'change',
    payload: { sizeMib: 1024 },
    bad: { payload: { path: '/swap file', sizeMib: 1024 }, field: 'path' },
    machine: () =>
      new SimulatedHost({
        files: { '/etc/fstab': 'UUID=1-2 / ext4 defaults 0 1\n' },
        state: { swaps: [] },
        tools: { ...fileTools, ...swapTools },
      }),
    needs: ['swapon', 'df', 'dd', 'mkswap', 'mv'],
    expectDone: (machine) => {
      expect(swapsOf(machine)).toEqual(['/swapfile'])
      expect(machine.contentOf('/etc/fstab')).toContain('\n/swapfile none swap sw 0 0\n')
    },
  },
]

import { catalogue, type PayloadOf } from '@ikoma/api'
import { accountTools } from '@ikoma/machine/testing/account-tools'
import { fileTools } from '@ikoma/machine/testing/file-tools'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { swapsOf, swapTools } from '@ikoma/machine/testing/swap-tools'
import { describe, expect, test } from 'vitest'
import { policyOf } from '../order/policy.ts'
import { actionContext } from '../testing/action-context.ts'
import { parseOsRelease, system } from './system.ts'

describe('system.facts.collect', () => {
  test('gives what the catalogue promises', async () => {
    const result = await system['system.facts.collect']({}, actionContext())
    const facts = catalogue['system.facts.collect'].output.parse(result.output)
    expect(facts.cpus).toBeGreaterThan(0)
    expect(facts.disks.length).toBeGreaterThan(0)
  })

  test('reads the name of the operating system', () => {
    const text = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'
    expect(parseOsRelease(text)).toEqual({ id: 'debian', version: '12', name: 'Debian GNU/Linux 12 (bookworm)' })
    expect(parseOsRelease('')).toEqual({ id: 'unknown', version: '', name: 'unknown' })
  })
})

describe('system.directory.apply', () => {
  const path = '/home/admin'
  const ofAdmin = { mode: 0o750, owner: 'admin', group: 'admin' }

  function setup() {
    const machine = new SimulatedHost()
    machine.putDirectory('/home')
    machine.putDirectory(path, ofAdmin)
    const apply = (wanted: Partial<PayloadOf<'system.directory.apply'>>) => {
      const payload = { path, owner: 'admin', group: 'admin', mode: '750', ...wanted }
      return system['system.directory.apply'](payload, actionContext({ machine }))
    }
    return { machine, apply }
  }

  test.each([{ owner: 'app' }, { owner: 'root' }, { group: 'app', mode: '770' }, { mode: '777' }])(
    'what an account has is not opened to another: %j',
    async (wanted) => {
      const { machine, apply } = setup()
      await expect(apply(wanted)).rejects.toMatchObject({ reason: 'owned_by_another' })
      expect(await machine.look(path)).toMatchObject(ofAdmin)
    },
  )

  test.each([
    [{ owner: 'postgres' }, 'not_an_apps_account'],
    [{ owner: 'deploy' }, 'not_an_apps_account'],
    [{ group: 'www-data', mode: '770' }, 'not_an_apps_group'],
    [{ owner: 'root', group: 'deploy', mode: '775' }, 'not_an_apps_group'],
  ])('a new folder is given to nobody but apps: %j', async (wanted, reason) => {
    const users = {
      app: { comment: 'IKOMA', home: '/srv/app', shell: '', groups: ['app'] },
      deploy: { home: '/home/deploy', shell: '', groups: ['deploy'] },
    }
    const machine = new SimulatedHost({ files: { '/srv/other': '' }, state: { users }, tools: accountTools })
    const payload = { path: '/srv/new', owner: 'app', group: 'app', mode: '750', ...wanted }
    const apply = (more = {}) => system['system.directory.apply'](payload, actionContext({ machine, ...more }))
    await expect(apply()).rejects.toMatchObject({ reason })
    expect(await machine.look('/srv/new')).toBeNull()
    const policy = policyOf({ appAccounts: ['deploy', 'postgres'], appGroups: ['www-data'] })
    expect(await apply({ policy })).toMatchObject({ ok: true })
  })

  test('the group of a server may be let in to read', async () => {
    const users = { app: { comment: 'IKOMA', home: '/srv/app', shell: '', groups: ['app'] } }
    const machine = new SimulatedHost({ files: { '/srv/other': '' }, state: { users }, tools: accountTools })
    const payload = { path: '/srv/new', owner: 'app', group: 'www-data', mode: '750' }
    expect(await system['system.directory.apply'](payload, actionContext({ machine }))).toMatchObject({ ok: true })
  })

  test('what an account has may be closed, and asked for again', async () => {
    const { apply } = setup()
    expect(await apply({ mode: '700' })).toMatchObject({ output: { changed: true } })
    expect(await apply({ mode: '700' })).toMatchObject({ output: { changed: false } })
  })
})

describe('system.timezone.apply', () => {
  function setup() {
    const files = { '/usr/share/zoneinfo/Europe/Paris': 'TZif2', '/etc/timezone': 'Europe/Paris\n' }
    const machine = new SimulatedHost({ files, tools: fileTools })
    return { machine, apply: (zone: string) => system['system.timezone.apply']({ zone }, actionContext({ machine })) }
  }

  test.each(['Europe/Berlin', 'Europe'])('a zone that the machine has not, such as %s, is refused', async (zone) => {
    const { machine, apply } = setup()
    const before = machine.snapshot()
    await expect(apply(zone)).rejects.toMatchObject({ reason: 'unknown_zone' })
    expect(machine.snapshot()).toEqual(before)
  })

  test('the link as timedatectl writes it is the same zone', async () => {
    const { machine, apply } = setup()
    machine.putLink('/etc/localtime', '../usr/share/zoneinfo/Europe/Paris')
    expect(await apply('Europe/Paris')).toMatchObject({ output: { changed: false } })
  })

  test('rules that are a file are not thrown away', async () => {
    const { machine, apply } = setup()
    machine.put('/etc/localtime', 'TZif2 of its own')
    await expect(apply('Europe/Paris')).rejects.toMatchObject({ reason: 'not_a_link' })
  })
})

describe('system.swap.apply', () => {
  function setup(files: Record<string, string> = {}) {
    const tools = { ...fileTools, ...swapTools }
    const machine = new SimulatedHost({ files: { '/etc/fstab': '', ...files }, state: { swaps: [] }, tools })
    const apply = (payload: object) =>
      system['system.swap.apply'](catalogue['system.swap.apply'].payload.parse(payload), actionContext({ machine }))
    return { machine, apply }
  }

  /** As on a file system that swap cannot be on. */
  function refuseSwap(machine: SimulatedHost, sizeMib: number): void {
    machine.install('swapon', (call) => {
      const refused = machine.contentOf(call.args.at(-1) ?? '') === `swap ${sizeMib}`
      return refused ? { code: 255, stderr: 'swapon failed: Invalid argument' } : (swapTools.swapon?.(call) ?? {})
    })
  }

  test('another size replaces the file, and the old one serves until the new is whole', async () => {
    const { machine, apply } = setup()
    await apply({ sizeMib: 512 })
    machine.ran.length = 0
    const result = await apply({ sizeMib: 1024 })
    expect(result).toMatchObject({ ok: true, output: { changes: [{ diff: '-512 MiB\n+1024 MiB' }, { diff: null }] } })
    expect([machine.contentOf('/swapfile'), machine.contentOf('/swapfile.ikoma')]).toEqual(['swap 1024', null])
    const programs = machine.ran.map(([program]) => program)
    expect(programs.indexOf('swapoff')).toBeGreaterThan(programs.indexOf('mkswap'))
  })

  test('a swap file that is there and not in use is used', async () => {
    const { machine, apply } = setup({ '/swapfile': 'swap 512' })
    expect(await apply({ sizeMib: 512 })).toMatchObject({ ok: true, output: { changed: true } })
    expect(swapsOf(machine)).toEqual(['/swapfile'])
  })

  test('what the kernel does not take as swap is not left on the disk, and the former swap serves again', async () => {
    const { machine, apply } = setup()
    refuseSwap(machine, 1024)
    const before = machine.snapshot()
    await expect(apply({ sizeMib: 1024 })).rejects.toMatchObject({ reason: 'tool_failed' })
    expect(machine.snapshot()).toEqual(before)

    await apply({ sizeMib: 512 })
    const serving = machine.snapshot()
    await expect(apply({ sizeMib: 1024 })).rejects.toMatchObject({ reason: 'tool_failed' })
    expect(machine.snapshot()).toEqual(serving)
  })

  test('a file that is no swap file is never overwritten', async () => {
    const { machine, apply } = setup({ '/srv/data.db': 'precious' })
    await expect(apply({ path: '/srv/data.db', sizeMib: 64 })).rejects.toMatchObject({ reason: 'not_a_swap_file' })
    expect(machine.contentOf('/srv/data.db')).toBe('precious')
  })

  test('a disk that would be full afterwards is left alone', async () => {
    const { machine, apply } = setup()
    await expect(apply({ sizeMib: 3600 })).rejects.toMatchObject({ reason: 'no_space' })
    expect(machine.contentOf('/swapfile')).toBeNull()
  })

  test('a line that somebody wrote for the same file is not doubled', async () => {
    const { machine, apply } = setup({ '/etc/fstab': '/swapfile none swap defaults 0 0\n' })
    await apply({ sizeMib: 512 })
    expect(machine.contentOf('/etc/fstab')).toBe('/swapfile none swap sw 0 0\n')
  })

  test('a file that cannot be used as swap leaves nothing', async () => {
    const { machine, apply } = setup()
    const before = machine.snapshot()
    machine.install('swapon', (call) =>
      call.args.includes('--noheadings') ? (swapTools.swapon?.(call) ?? {}) : { code: 255, stderr: 'swapon failed' },
    )
    await expect(apply({ sizeMib: 512 })).rejects.toMatchObject({ reason: 'tool_failed' })
    expect(machine.snapshot()).toEqual(before)
  })
})

import { catalogue } from '@ikoma/api'
import { type AptSimulation, type AptState, aptState, aptTools, versionOf } from '@ikoma/machine/testing/apt-tools'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { describe, expect, test } from 'vitest'
import { policyOf } from '../order/policy.ts'
import { actionContext } from '../testing/action-context.ts'
import { packages } from './packages.ts'

describe('system.packages.apply', () => {
  const anyPackage = policyOf({ packages: ['*'] })
  const { payload: schema } = catalogue['system.packages.apply']

  function setup(apt: AptSimulation, upstream: AptSimulation['offered'] = {}) {
    const machine = new SimulatedHost({ tools: aptTools(() => upstream), state: aptState(apt) })
    const apply = (payload: object, more = {}) =>
      packages['system.packages.apply'](schema.parse(payload), actionContext({ machine, policy: anyPackage, ...more }))
    return { machine, apply }
  }

  test('what the policy does not name is refused before anything is asked', async () => {
    const { machine, apply } = setup({})
    const refusal = { ok: false, errors: [{ code: 'refused_policy', message: expect.stringContaining('netcat') }] }
    expect(await apply({ install: ['curl', 'netcat'] }, { policy: policyOf({}) })).toMatchObject(refusal)
    const strict = await apply({ install: ['netcat'] }, { policy: policyOf({ packages: ['curl'] }) })
    expect(strict.summary).toContain('/etc/ikoma/policy.json: "packages": ["curl", "netcat"]')
    expect(machine.ran).toEqual([])
  })

  test('the plan names everything that comes along, and its version', async () => {
    const { apply } = setup({ offered: { curl: { version: '7', depends: ['libcurl4'] }, libcurl4: { version: '8' } } })
    const result = await apply({ install: ['curl'] }, { dryRun: true })
    expect(result).toMatchObject({ output: { changes: [{ title: 'install curl', diff: '+curl 7\n+libcurl4 8' }] } })
  })

  test('on a machine that never fetched its lists, they are fetched before it is decided', async () => {
    const { machine, apply } = setup({}, { curl: { version: '7' } })
    const plan = { ok: true, output: { changes: [{ title: 'install curl', diff: null }] } }
    expect(await apply({ install: ['curl'] }, { dryRun: true })).toMatchObject(plan)
    expect(await apply({ install: ['curl'] })).toMatchObject({ ok: true })
    expect(versionOf(machine, 'curl')).toBe('7')
  })

  test('what is there is not upgraded', async () => {
    const { apply } = setup({ installed: { curl: '6' }, offered: { curl: { version: '7' } } })
    expect(await apply({ install: ['curl'] })).toMatchObject({ ok: true, output: { changed: false } })
  })

  test('a package that would bring others up to date is refused, unless that was asked for', async () => {
    const offered = { curl: { version: '7', depends: ['libc6'] }, libc6: { version: '2.37' } }
    const { machine, apply } = setup({ installed: { libc6: '2.36' }, offered })
    await expect(apply({ install: ['curl'] })).rejects.toMatchObject({
      reason: 'would_upgrade',
      message: expect.stringContaining('libc6 2.36 to 2.37'),
    })
    expect(versionOf(machine, 'curl')).toBeUndefined()
    expect(await apply({ install: ['curl'], upgradeDependencies: true })).toMatchObject({ ok: true })
    expect(versionOf(machine, 'libc6')).toBe('2.37')
  })

  test('a removal that would take others with it is refused, and names them', async () => {
    const apt = { installed: { nodejs: '12', npm: '8' }, offered: { npm: { version: '8', depends: ['nodejs'] } } }
    const { machine, apply } = setup(apt)
    await expect(apply({ remove: ['nodejs'] })).rejects.toMatchObject({
      reason: 'would_remove',
      message: expect.stringContaining('npm'),
    })
    expect(await apply({ remove: ['nodejs', 'npm'] })).toMatchObject({ ok: true })
    expect(versionOf(machine, 'npm')).toBeUndefined()
  })

  test('a package that was not even unpacked is installed once more', async () => {
    const { machine, apply } = setup({ installed: { nginx: '1' }, offered: { curl: { version: '7' } } })
    const { installed } = machine.state.apt as AptState
    installed.nginx = { version: '1', status: 'half-installed' }
    const changes = [{ title: 'finish the interrupted installation of nginx' }, { title: 'install curl' }]
    expect(await apply({ install: ['curl'] })).toMatchObject({ ok: true, output: { changes } })
    expect(installed.nginx?.status).toBe('installed')
  })

  test('what dpkg was writing down when it was killed is finished first', async () => {
    const { machine, apply } = setup({ offered: { curl: { version: '7' } } })
    machine.put('/var/lib/dpkg/updates/0001', '')
    const changes = [{ title: 'finish what dpkg began' }, { title: 'install curl' }]
    expect(await apply({ install: ['curl'] })).toMatchObject({ ok: true, output: { changes } })
    expect(await machine.list('/var/lib/dpkg/updates')).toEqual([])
  })

  test('an installation that was interrupted is finished first', async () => {
    const { machine, apply } = setup({ installed: { nginx: '1' }, offered: { curl: { version: '7' } } })
    const { installed } = machine.state.apt as AptState
    installed.nginx = { version: '1', status: 'half-configured' }
    expect(await apply({ install: ['curl'] })).toMatchObject({
      ok: true,
      output: { changes: [{ title: 'finish the interrupted installation of nginx' }, { title: 'install curl' }] },
    })
    expect(installed.nginx?.status).toBe('installed')
  })

  test('a package that no repository has is refused, and what was removed for it comes back', async () => {
    const { machine, apply } = setup({ installed: { nginx: '1' } })
    await expect(apply({ install: ['nosuch'], remove: ['nginx'] })).rejects.toMatchObject({
      reason: 'package_unavailable',
    })
    expect(versionOf(machine, 'nginx')).toBe('1')
  })
})

describe('system.updates.apply', () => {
  const outdated = { installed: { openssl: '3.0.1', nginx: '1.22.1-9' } }
  const fresh = { openssl: { version: '3.0.2', security: true }, nginx: { version: '1.22.1-10' } }

  function setup(files: Record<string, string> = {}, apt: AptSimulation = outdated) {
    const kernel = { uname: () => ({ stdout: '6.1.0-9-amd64\n' }) }
    const tools = { ...aptTools(() => fresh), ...kernel }
    const machine = new SimulatedHost({ files, tools, state: aptState(apt) })
    const apply = (payload: object, more = {}) =>
      packages['system.updates.apply'](
        catalogue['system.updates.apply'].payload.parse(payload),
        actionContext({ machine, ...more }),
      )
    return { machine, apply }
  }

  test('what is new since the lists were last fetched is planned, package by package', async () => {
    const { machine, apply } = setup()
    const result = await apply({ scope: 'all' }, { dryRun: true })
    expect(result).toMatchObject({
      ok: true,
      output: {
        changed: false,
        changes: [
          { title: 'upgrade 2 packages', diff: '-openssl 3.0.1\n+openssl 3.0.2\n-nginx 1.22.1-9\n+nginx 1.22.1-10' },
        ],
        upgraded: [{ security: true }, { security: false }],
      },
    })
    expect(versionOf(machine, 'openssl')).toBe('3.0.1')
  })

  test.each(['half-configured', 'half-installed'])('a package that is %s is finished first', async (status) => {
    const { machine, apply } = setup()
    Object.assign((machine.state.apt as AptState).installed.nginx ?? {}, { status })
    const first = { title: 'finish the interrupted installation of nginx', diff: null }
    expect(await apply({ scope: 'all' }, { dryRun: true })).toMatchObject({
      output: { changed: false, changes: [first], upgraded: [] },
    })
    const result = await apply({ scope: 'all' })
    expect(result).toMatchObject({ output: { changed: true, changes: [first, { title: 'upgrade 2 packages' }] } })
    expect(result.summary).toContain('Finished what dpkg had begun.')
    expect((machine.state.apt as AptState).installed).toMatchObject({
      nginx: { version: '1.22.1-10', status: 'installed' },
    })
    expect(await apply({ scope: 'all' })).toMatchObject({ output: { changed: false, changes: [] } })
  })

  test('all of it is everything, once', async () => {
    const { machine, apply } = setup()
    expect(await apply({ scope: 'all' })).toMatchObject({ ok: true, output: { changed: true } })
    expect(versionOf(machine, 'nginx')).toBe('1.22.1-10')
    expect(await apply({ scope: 'all' })).toMatchObject({ output: { changed: false, upgraded: [] } })
  })

  describe('a reboot', () => {
    test.each<[string, Record<string, string>, string[]]>([
      ['is named with the packages that want it', { '/run/reboot-required.pkgs': 'libc6\nlibc6\n' }, ['libc6']],
      ['is wanted by whoever says so', { '/run/reboot-required': '' }, ['another program says so']],
      [
        'is wanted for a kernel that waits',
        { '/boot/vmlinuz-6.1.0-9-amd64': '', '/boot/vmlinuz-6.1.0-10-amd64': '' },
        ['kernel 6.1.0-10-amd64'],
      ],
      [
        'is not wanted for an older kernel',
        { '/boot/vmlinuz-6.1.0-9-amd64': '', '/boot/vmlinuz-5.10.0-30-amd64': '' },
        [],
      ],
      ['is not wanted where the kernel is not ours, as in a container', { '/boot/vmlinuz-6.5.0-1-amd64': '' }, []],
    ])('%s', async (_, files, reasons) => {
      const { apply } = setup(files)
      const result = await apply({})
      expect(result.output).toMatchObject({ rebootRequired: reasons.length > 0, rebootReasons: reasons })
      if (reasons.length > 0) expect(result.summary).toContain('A reboot is required')
    })
  })
})

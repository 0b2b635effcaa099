import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../kit/until.ts'
import { onHost } from './bare-host.ts'
import { installedNode, newVps, type Vps } from './vps.ts'

/** Of 10, as `systemd-analyze security` counts: what the issue asks of the process that talks to the network. */
const mostExposureOfRunner = 2
/** It does what root does; its unit says of each right that it keeps what for. */
const mostExposureOfExecutor = 5.1

onHost('a host on which `ikoma runner install` was run', () => {
  let vps: Vps
  beforeAll(async () => {
    vps = await newVps({ scopes: ['system'] })
  })
  afterAll(() => vps?.close())

  test('is up as a whole, and its runner is online', async () => {
    const { host, controlPlane, runnerId } = vps
    expect(await host.see(['systemctl', 'is-system-running'])).toBe('running\n')
    expect(await controlPlane.client.getRunner(runnerId)).toMatchObject({ status: 'ONLINE', enrolled: true })
  })

  test('tells about itself', async () => {
    const facts = await vps.done('system.facts.collect')
    expect(facts).toMatchObject({ hostname: 'vps', initSystem: 'systemd', os: { id: 'debian', version: '12' } })
  })

  test('runs its runner as nobody, and its executor only while there is something to do', async () => {
    const { host } = vps
    const user = await host.see(['systemctl', 'show', '--property=User', '--value', 'ikoma-runner.service'])
    expect(user).toBe('ikoma\n')
    const roots = await host.see(['pgrep', '--uid', 'root', '--full', 'ikoma/dist']).catch(() => '')
    expect(roots).toBe('')
  })

  describe('has done as root by its executor', () => {
    test.each<[string, Record<string, unknown>, readonly [string, ...string[]], string]>([
      [
        'system.user.apply',
        { name: 'gateway', home: '/srv/gateway', shell: '/bin/bash' },
        ['getent', 'passwd', 'gateway'],
        ':/srv/gateway:/bin/bash',
      ],
      [
        'system.directory.apply',
        { path: '/srv/gateway-data', owner: 'gateway', group: 'gateway', mode: '750' },
        ['stat', '--format', '%F %U %G %a', '/srv/gateway-data'],
        'directory gateway gateway 750',
      ],
    ])('%s: shown first, then done, and nothing is left to do', async (type, payload, look, found) => {
      const plan = await vps.done(type, payload, { dryRun: true })
      expect(plan).toMatchObject({ changed: false, changes: expect.arrayContaining([expect.anything()]) })
      expect((await vps.host.look(look)).code).not.toBe(0)

      expect(await vps.done(type, payload)).toEqual({ ...plan, changed: true })
      expect(await vps.host.see(look)).toContain(found)
      expect(await vps.done(type, payload)).toEqual({ changed: false, changes: [] })
    })
  })

  test('is exposed no more than is asked of it, as systemd counts it', async () => {
    const exposure = async (unit: string) => {
      const said = await vps.host.see(['systemd-analyze', 'security', '--no-pager', unit])
      return Number(/exposure level for \S+: ([\d.]+)/.exec(said)?.[1])
    }
    expect(await exposure('ikoma-runner.service')).toBeLessThanOrEqual(mostExposureOfRunner)
    expect(await exposure('ikoma-executor@.service')).toBeLessThanOrEqual(mostExposureOfExecutor)
  })

  test('has a runner again after it was killed, and after a boot', async () => {
    const { host } = vps
    const pid = () => host.see(['systemctl', 'show', '--property=MainPID', '--value', 'ikoma-runner.service'])
    const before = await pid()
    await host.see(['systemctl', 'kill', '--signal=KILL', 'ikoma-runner.service'])
    await until('a new process of the runner', async () => !['0\n', before].includes(await pid()))
    await vps.done('runner.selftest')

    await host.reboot()
    await vps.done('system.directory.apply', { path: '/srv/after-boot' })
  })

  test('is as it was before, once it was installed again without a change and then uninstalled', async () => {
    const { host } = vps
    const ikoma = [installedNode, '/opt/ikoma/dist/index.cjs', '--json', 'runner'] as const
    expect(JSON.parse(await host.see([...ikoma, 'install']))).toEqual({ changed: false, changes: [], online: true })
    expect(JSON.parse(await host.see([...ikoma, 'uninstall', '--purge']))).toMatchObject({ changed: true })

    expect((await host.look(['id', 'ikoma'])).code).toBe(1)
    const places = ['/etc/ikoma', '/var/lib/ikoma', '/run/ikoma', '/etc/systemd/system']
    const left = await host.look(['find', ...places, '-name', '*ikoma*'])
    expect(left.stdout).toBe('')
    expect(await host.see(['systemctl', 'is-system-running'])).toBe('running\n')
  })
})

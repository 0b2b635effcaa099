import { afterAll, beforeAll, expect, test } from 'vitest'
import { onHost } from './bare-host.ts'
import type { Host } from './host.ts'
import { ownRepository } from './own-repository.ts'
import { newVps, type Vps } from './vps.ts'

const unchanged = expect.objectContaining({ changed: false, changes: [] })

onHost('the system of a host', () => {
  let vps: Vps
  beforeAll(async () => {
    vps = await newVps({ scopes: ['system'] })
  })
  afterAll(() => vps?.close())

  test('gets a package and loses it again, each shown first, and a second time nothing changes', async () => {
    const there = async () => (await vps.host.look(['which', 'jq'])).code === 0
    for (const [payload, before, after] of [
      [{ install: ['jq'] }, false, true],
      [{ remove: ['jq'] }, true, false],
    ] as const) {
      const order = () => vps.done('system.packages.apply', payload, { withinSec: 300 })
      const plan = await vps.done('system.packages.apply', payload, { dryRun: true })
      expect(plan).toMatchObject({ changed: false, changes: [expect.anything()] })
      expect(await there()).toBe(before)
      expect(await order()).toMatchObject({ changed: true, packages: [{ name: 'jq' }] })
      expect(await there()).toBe(after)
      expect(await order()).toEqual(unchanged)
    }
  })

  test('gets no package that its own policy does not name', async () => {
    expect(await vps.refused('system.packages.apply', { install: ['nmap'] })).toEqual(['refused_policy'])
  })

  test('gets its security updates, shown first, and a second time nothing changes', async () => {
    await plantUpdate(vps.host)
    const order = (more = {}) => vps.done('system.updates.apply', {}, { withinSec: 600, ...more })
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query replaces it
    const version = () => vps.host.see(['dpkg-query', '--show', '--showformat', '${Version}', 'planted'])
    const upgraded = expect.arrayContaining([{ name: 'planted', before: '1', after: '2', security: true }])
    expect(await order({ dryRun: true })).toMatchObject({ changed: false, upgraded })
    expect(await version()).toBe('1')
    expect(await order()).toMatchObject({ changed: true, upgraded, rebootRequired: false })
    expect(await version()).toBe('2')
    expect(await order()).toEqual(unchanged)
  })

  test('gets its time zone, and a second time nothing changes', async () => {
    const order = (zone: string) => vps.done('system.timezone.apply', { zone })
    expect(await order('Europe/Paris')).toMatchObject({ changed: true })
    expect(await vps.host.see(['date', '+%Z'])).toMatch(/^CES?T\n$/)
    expect(await order('Europe/Paris')).toEqual(unchanged)
    expect(await vps.refused('system.timezone.apply', { zone: 'Europe/Nowhere' })).toEqual(['unknown_zone'])
    expect(await vps.host.see(['cat', '/etc/timezone'])).toBe('Europe/Paris\n')
  })

  test('gets its name, finds itself under it, and a second time nothing changes', async () => {
    // Docker binds these two over the host's own, where nothing can take their place.
    await vps.host.see(['umount', '/etc/hostname', '/etc/hosts'])
    const order = (name: string) => vps.done('system.hostname.apply', { name })
    expect(await order('web-1.example.org')).toMatchObject({ changed: true })
    expect(await vps.host.see(['hostname'])).toBe('web-1.example.org\n')
    expect(await vps.host.see(['hostname', '--ip-address'])).toBe('127.0.1.1\n')
    expect(await order('web-1.example.org')).toEqual(unchanged)
  })

  /** On a disk it would swap for the whole machine that tests, so only the refusal is shown: a tmpfs takes no swap. */
  test('keeps no swap file that its kernel does not take', async () => {
    const fstab = () => vps.host.see(['cat', '/etc/fstab'])
    const before = await fstab()
    const payload = { path: '/run/swapfile', sizeMib: 64 }
    expect(await vps.done('system.swap.apply', payload, { dryRun: true })).toMatchObject({ changes: { length: 3 } })
    expect(await vps.refused('system.swap.apply', payload)).toEqual(['tool_failed'])
    expect((await vps.host.look(['find', '/run', '-name', 'swapfile*'])).stdout).toBe('')
    expect(await fstab()).toBe(before)
  })
})

/** A repository of security updates on the host itself, with a newer version of a package that is there. */
async function plantUpdate(host: Host): Promise<void> {
  const { build, offer } = ownRepository(host, '/srv/updates')
  await host.see(['dpkg', '--install', await build({ name: 'planted', version: '1' })])
  const origin = ['Origin: Debian', 'Label: Debian-Security', 'Suite: stable-security']
  await offer({ name: 'planted', version: '2' }, origin)
}

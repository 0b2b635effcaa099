import { hasUser } from '@ikoma/machine/testing/account-tools'
import { systemdOf } from '@ikoma/machine/testing/systemd-tools'
import { describe, expect, test } from 'vitest'
import { setup } from '../testing/bare-server.ts'
import { purged, removed } from './removed.ts'

describe('uninstall', () => {
  test('removes the units, keeps what cannot be made again, and install goes on from there', async () => {
    const { server, wanted, apply, plan, enrolments, running, tree } = setup()
    await apply(wanted({ allow: ['system'] }))
    const kept = tree().filter((line) => !line.startsWith('/etc/systemd/system/'))
    await apply(removed())
    expect(await plan(removed())).toEqual([])
    expect([running(), systemdOf(server).enabled]).toEqual([[], []])
    expect(tree()).toEqual(kept)
    await apply(wanted({ enrolling: null }))
    expect([running().length, enrolments()]).toEqual([2, 1])
  })

  test('with purge leaves the server as it was', async () => {
    const { server, wanted, apply, plan, tree } = setup()
    const before = tree()
    await apply(wanted())
    await apply(purged())
    expect([tree(), server.state.users]).toEqual([before, {}])
    expect(await plan(purged())).toEqual([])
  })

  test('with purge keeps the folders of apps, and the user who owns them', async () => {
    const { server, wanted, apply, plan, tree } = setup()
    await apply(wanted())
    server.putDirectory('/var/lib/ikoma/gateway', { owner: 'ikoma', group: 'ikoma', mode: 0o755 })
    await apply(purged())
    expect(tree().filter((line) => line.startsWith('/var/lib/ikoma'))).toEqual([
      '/var/lib/ikoma root:root 755',
      '/var/lib/ikoma/gateway ikoma:ikoma 755',
    ])
    expect(hasUser(server, 'ikoma')).toBe(true)
    expect(await plan(purged())).toEqual([])
  })

  test('of a server where nothing was installed has nothing to change', async () => {
    const { plan } = setup()
    expect([await plan(removed()), await plan(purged())]).toEqual([[], []])
  })
})

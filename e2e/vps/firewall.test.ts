import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../kit/until.ts'
import { onHost } from './bare-host.ts'
import { installedNode, newVps, type Vps } from './vps.ts'

const listening = 'require("node:net").createServer((socket) => socket.end()).listen(9090)'

onHost('the firewall of a host', () => {
  let vps: Vps
  beforeAll(async () => {
    vps = await newVps({ scopes: ['firewall'] })
    await vps.host.see(['systemd-run', '--unit=listener', installedNode, '--eval', listening])
    await until('the listener', () => reaches(9090))
  })
  afterAll(() => vps?.close())

  /** Whether this machine, which is outside, gets through. */
  function reaches(port: number): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ host: vps.host.address, port, timeout: 2_000 })
      const answer = (reached: boolean) => {
        socket.destroy()
        resolve(reached)
      }
      socket.once('connect', () => answer(true))
      socket.once('timeout', () => answer(false))
      socket.once('error', () => answer(false))
    })
  }
  const open = (...ports: number[]) => ({ rules: ports.map((port) => ({ port })) })
  const status = () => vps.done('firewall.ufw.status')

  test('is not set by rules that would shut SSH out', async () => {
    expect(await status()).toMatchObject({ active: false, sshPorts: [22] })
    expect(await vps.refused('firewall.ufw.apply', open(80, 443))).toEqual(['would_lock_out'])
    expect(await status()).toMatchObject({ active: false, awaitsConfirmation: false })
  })

  test('is put back by itself when nobody says that it is good', async () => {
    const order = { ...open(22), confirmWithinSec: 30 }
    expect(await vps.done('firewall.ufw.apply', order)).toMatchObject({ changed: true, awaitsConfirmation: true })
    expect([await reaches(22), await reaches(9090)]).toEqual([true, false])

    await until('the firewall to be put back', () => reaches(9090), 90_000)
    expect(await status()).toMatchObject({ active: false, rolledBack: true })
  })

  test('stays once it was confirmed, also over a boot, and a second time nothing changes', async () => {
    await vps.done('firewall.ufw.apply', open(22, 80, 443))
    expect(await vps.done('firewall.ufw.confirm')).toMatchObject({ changed: true })
    expect(await vps.done('firewall.ufw.apply', open(22, 80, 443))).toMatchObject({ changed: false, changes: [] })

    await vps.host.reboot()
    expect(await status()).toMatchObject({ active: true, enabled: true, incoming: 'deny', awaitsConfirmation: false })
    expect(await reaches(22)).toBe(true)
  })
})

import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { firewallFiles, firewallState, firewallTools, isActive } from '@ikoma/machine/testing/ufw-tools'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'

export function firewallMachine(peers: readonly string[] = []): SimulatedHost {
  return new SimulatedHost({ files: firewallFiles, state: firewallState(), tools: firewallTools(peers) })
}

const rules = [{ port: 22, comment: 'SSH' }, { port: 443 }, { port: 5432, from: '10.0.0.0/8' }]
const timer = 'ikoma-firewall-rollback.timer'
const timerFile = `/etc/systemd/system/${timer}`

export const firewallCases: OrderTypeCase[] = [
  {
    type: 'firewall.ufw.apply',
    kind: 'change',
    payload: { rules },
    bad: { payload: { rules: [{ port: 22, from: '10.0.0.0/8; reboot' }] }, field: 'rules.0.from' },
    machine: firewallMachine,
    needs: ['ufw', 'systemctl', 'ss'],
    expectDone: (machine, { output }) => {
      expect(isActive(machine)).toBe(true)
      expect(output).toMatchObject({ awaitsConfirmation: true })
    },
  },
  {
    type: 'firewall.ufw.confirm',
    kind: 'change',
    payload: {},
    bad: { payload: { really: true }, field: '' },
    machine: () => {
      const machine = firewallMachine()
      machine.put(timerFile, '')
      machine.put('/etc/systemd/system/ikoma-firewall-rollback.service', '')
      for (const name of ['complete', 'etc-ufw-ufw.conf']) machine.put(`/etc/ufw/ikoma/before/${name}`, '')
      machine.state.firewall = { active: true, enabledUnits: [timer], activeUnits: [timer] }
      return machine
    },
    needs: ['systemctl'],
    staysAfterStop: 'the firewall is confirmed at once or not at all',
    expectDone: async (machine) => {
      expect(machine.contentOf(timerFile)).toBeNull()
      expect(machine.state.firewall).toEqual({ active: true, enabledUnits: [], activeUnits: [] })
      expect(await machine.list('/etc/ufw')).not.toContain('ikoma')
    },
  },
  {
    type: 'firewall.ufw.status',
    kind: 'look',
    payload: {},
    bad: { payload: { all: true }, field: '' },
    machine: firewallMachine,
    needs: ['ufw', 'ss'],
    expectDone: (_, { output }) =>
      expect(output).toEqual({
        active: false,
        enabled: false,
        incoming: 'deny',
        outgoing: 'allow',
        ipv6: true,
        rules: [],
        sshPorts: [22],
        awaitsConfirmation: false,
        rolledBack: false,
      }),
  },
]

import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'

/** A gateway that restarts for ever, because Apache took its port; of all tools only systemd's and ss are there. */
export const diagnoseCases: OrderTypeCase[] = [
  {
    type: 'diagnose.run',
    kind: 'look',
    payload: { unit: 'gateway', port: 8080, sqlitePath: '/var/lib/app/app.db' },
    bad: { payload: { unit: '-gateway' }, field: 'unit' },
    machine: () =>
      new SimulatedHost({
        files: { '/proc/4242/cgroup': '0::/system.slice/apache2.service\n', '/var/lib/app/app.db': '' },
        tools: {
          systemctl: () => ({
            stdout: 'LoadState=loaded\nActiveState=activating\nSubState=auto-restart\nNRestarts=9\n',
          }),
          ss: () => ({ stdout: 'LISTEN 0 511 *:8080 *:* users:(("apache2",pid=4242,fd=4))\n' }),
        },
      }),
    // What is absent is not looked at, and said.
    needs: [],
    expectDone: (_machine, { output }) =>
      expect(output).toMatchObject({
        findings: [
          { rule: 'port_taken', cause: { en: 'Port 8080 is held by apache2.service (apache2, pid 4242).' } },
          { rule: 'restart_loop', consequenceOf: 'port_taken' },
        ],
        notLookedAt: expect.arrayContaining([
          { what: 'log of gateway.service, kernel log', why: 'journalctl is not installed on this server.' },
        ]),
      }),
  },
]
